package references

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// form is a way to write a port. Before has to match what is left of the number
// on its line and reach up to it, After what is right of it.
type form struct {
	name string
	// needs are texts of which one is left of the number, in lower case, between
	// bars; it says at little cost that before can't match. "" for any.
	needs  string
	before *left
	after  *regexp.Regexp
	// above, if not nil, has to match one of the few lines above.
	above *regexp.Regexp
	// ownOnly forms say so little that they count in the owner's folder only.
	ownOnly bool
	// outside forms name the port as the host sees it, never one in a container.
	outside bool
}

// Parts of the patterns below.
const (
	// A word that ends in port, such as PORT, server_port or listenPort; but
	// not report, support or import.
	portWord = `(?:(?:^|[^A-Za-z])(?i:[ds]?ports?|portnum(?:ber)?|port_?no|port_open|open_port)|[a-z0-9]P(?:orts?|ORTS?))`
	// What may close a key or a flag.
	closing = "[\"'`*_\\]\\)}>]*"
	// What may open a value.
	opening = "[\"'`*_\\(\\[{<]*"
	// Words and signs between a port's name and its number.
	between = `(?:\s*(?::\s*[\w.\[\], |]{1,24}?\s*=|[:=!?]=+|:-|:=|=>|->|→|\|\||\?\?|\?:|[:=,|-]|` +
		`\)?(?:\.\w+)+\(|(?i:is|are|to|on|of|at|or|be|in|the|its|this|use|service|number|default(?:s|_value)?|uses?|tcp|udp|http|int|str|string|u16|uint16|uint|parseInt|Number|Final|equals?|eq|set|currently|always)\b)\s*` + opening + `)*`
	// Other numbers of the same list.
	listed = "(?:\\s*[\"'`*]*\\d{2,5}(?:/tcp|/udp)?[\"'`*]*\\s*(?:,|/|&|\\+|(?i:and|or)\\b)\\s*(?i:and\\b|or\\b)?\\s*[\"'`*]*)*"

	localHost = `(?i:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|::1|\*|host\.docker\.internal)`
	anyHost   = `(?i:` + localHost + `|\d+\.\d+\.\d+\.\d+|[\w.-]+\.(?:local|lan|internal|home|test|example(?:\.\w+)?)|<[^<>]+>|\$\{?\w+\}?|\$\(\w+\)|\{\{?[\w. ]+\}?\}|%s)`
)

// forms are tried from the top; the first that matches says what the text is.
var forms = sync.OnceValue(func() []form { // at first use: they take milliseconds to compile
	return []form{
		{needs: "://", name: "URL", outside: true, before: at(`[A-Za-z][A-Za-z0-9+.-]*://[^\s/"'<>` + "`" + `]*(?:<[^<>\s]*>|\{[^{}\s]*\})?[^\s/"'<>` + "`" + `]*:`)},
		{needs: ":", name: "address", outside: true, before: at(`(?:^|[^\w.])` + anyHost + `:`)},
		{needs: ",", name: "address", outside: true, before: at(`(?:["']` + anyHost + `?["']|\b\w*(?:HOST|[Hh]ost)\w*)\s*,\s*["']?`)},
		{needs: "-p", name: "port option", outside: true, before: at(`(?:^|[\s"'\[,])-[pP](?:["']\s*,)?\s*["']?`), after: regexp.MustCompile(`^(?::\d|["'\s\\]|$)`)},
		{needs: "-l|-r", name: "forwarded port", outside: true, before: at(`(?:^|\s)-[LR]\s*(?:[\w.*]+:)?`)},
		{needs: "port", name: "port", before: atFar(portWord + `(?:\s*\([^()]*\))?` + closing + between + `\s*` + opening + listed)},
		{needs: "default", name: "default of a port", before: atFar(portWord + `\b.{0,100}\b[Dd]efault\w*["']?\s*(?::\s*\w+\s*)?[=:(,]*\s*["']?`)},
		{needs: "default", name: "default of a port", before: at(`^\s*(?i:default\w*)["']?\s*[=:(,]+\s*["']?`), above: regexp.MustCompile(portWord + `\b`)},
		{needs: "${", name: "default in a shell", before: at(`\$\{(?:\w*(?i:port)\w*|\d):?[-=]["']?`)},
		{name: "port with protocol", after: regexp.MustCompile(`^/(?:tcp|udp|sctp)\b`)},
		{needs: "expose", name: "EXPOSE", before: at(`^\s*(?i:EXPOSE)\s+(?:[\d/a-z]+\s+)*`)},
		{needs: ":", name: "bare port", outside: true, before: at(`(?:^|[\s"'` + "`" + `(=,]|\s-\w+):`), after: regexp.MustCompile(`^(?:[^\w.:]|$|\.\s|\.$)`)},
		{name: "network tool", outside: true, before: atFar(`\b(?:lsof|ss|netstat|fuser|nc|ncat|telnet|nmap|ufw|iptables|nft|firewall-cmd|socat|kill-port|sockstat|wait-for-it)\b.*[\s:=,"'(]`)},
		{name: "listener", before: at(`\b(?i:listen(?:s|ing|er|stream)?|bind)\b["'` + "`" + `]?\)?\s*(?:[:=(]|(?i:on|at|to)\b)*\s*(?i:tcp|localhost)?\s*` + opening), after: notCounted()},
		{name: "listener", before: at(`\b(?i:bound|binds|serve(?:s|d)?|serving|runs?|running|reachable|available|answers?)\s+(?i:on|at|to)\s+` + opening), after: notCounted()},
		{name: "listener", before: at("\\b(?i:on|wait(?:s|ing)? for|talks? to|connect(?:s|ing)? to|drops?|blocks?|opens?)\\s+[\"'`*]*"), after: notCounted()},
		{needs: "(", name: "connection", before: at(`\b(?:is_open|isOpen|connect|probe|reach|reachable)\(\s*`)},
		{name: "port", after: regexp.MustCompile("^[\"'`*]*\\s+(?i:ports?)\\b")},
		{name: "published port", outside: true, before: at(`(?:^|[\s"'\[])`), after: regexp.MustCompile(`^:\d{1,5}(?:/(?:tcp|udp|sctp))?(?:["'\s,\]]|$)`)},
		{name: "list of ports", before: at(`^\s*-?\s*["']?`), after: regexp.MustCompile(`^["']?\s*,?\s*(?:#.*|//.*)?$`), above: regexp.MustCompile(portWord + `["']?\s*[:=]\s*[\[(]?\s*$`)},
		{needs: "print|puts|log|info|echo", name: "printed port", ownOnly: true, before: at(`\b(?:print|puts|println!?|log|info|echo)\b\s*\(?\s*f?["']?`)},
		{needs: "grep", name: "search for a port", ownOnly: true, before: atFar(`\bgrep\b.*[\s:"']`)},
	}
})

// notCounted is what may follow a number that a sentence has for a port: no noun
// in the plural, of which it would be how many.
var notCounted = lazy("^[\"'`*]*(?:$|[^\\s]|\\s+(?:[^a-z]|[a-z]*[^a-z]|[a-z]*[a-rt-z]\\b|(?:[a-z]*ss|is|as|was|has|this|its|always|does|us|unless|perhaps|sometimes|afterwards|besides|yes|les)\\b))")

// left is a pattern that reaches up to the number. One that is far may begin
// anywhere on the line; others are looked for in a few characters, which is
// several times as fast.
type left struct {
	*regexp.Regexp

	far bool
}

func at(pattern string) *left    { return &left{regexp.MustCompile(`(?:` + pattern + `)$`), false} }
func atFar(pattern string) *left { return &left{regexp.MustCompile(`(?:` + pattern + `)$`), true} }

// lazy is a pattern that is compiled at first use: all of them together would delay
// every other command by milliseconds.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

func containsAny(text, needs string) bool {
	for need := range strings.SplitSeq(needs, "|") {
		if strings.Contains(text, need) {
			return true
		}
	}
	return false
}

// match is where in what is left of the number a pattern begins, -1 for nowhere.
func (c context) match(l *left) int {
	text := c.near
	if l.far {
		text = c.before
	}
	loc := l.FindStringIndex(text)
	if loc == nil {
		return -1
	}
	return max(0, loc[0]+len(c.before)-len(text))
}

// spelling is a number with the form it has.
type spelling struct {
	form
	text string // one line, with the number
	at   int    // where the number is in text
	host string // what stands before the colon of a URL or an address
}

// shape finds the form of a number; one that follows a rival's name is a port,
// and so is one alone in a cell of a column of ports.
func (c context) shape(names []name, known map[int]bool) spelling {
	lower := strings.ToLower(c.before)
	for _, f := range forms() {
		if !containsAny(lower, f.needs) {
			continue
		}
		from := len(c.before)
		if f.before != nil {
			if from = c.match(f.before); from < 0 {
				continue
			}
		}
		if f.after != nil && !f.after.MatchString(c.after) {
			continue
		}
		if f.above != nil && !slices.ContainsFunc(c.above(), f.above.MatchString) {
			continue
		}
		return c.spell(f, from)
	}
	if c.cell() {
		return c.spell(form{name: "table cell"}, len(c.before))
	}
	if c.listedWith(known) {
		return c.spell(form{name: amongPorts}, len(c.before))
	}
	if from := afterName(c.before, names); from >= 0 {
		return c.spell(form{name: "port of a service"}, from)
	}
	return spelling{}
}

var (
	listBefore = lazy(`(\d{2,5})(?:[\s,;|]|and|or)+$`)
	listAfter  = lazy(`^(?:[\s,;|]|and|or)+(\d{2,5})\b`)
)

const amongPorts = "among ports"

// listedWith reports a number beside another one that is a port.
func (c context) listedWith(known map[int]bool) bool {
	for _, m := range [][]string{listBefore().FindStringSubmatch(c.before), listAfter().FindStringSubmatch(c.after)} {
		if m == nil || m[1] == c.number {
			continue
		}
		if n, err := strconv.Atoi(m[1]); err == nil && known[n] {
			return true
		}
	}
	return false
}

// spell is the number with what makes it a port, as far as it is good to read.
// There is no other number in the text that may be a port.
func (c context) spell(f form, from int) spelling {
	for from > 0 && from < len(c.before) && (wordByte(c.before[from-1]) && wordByte(c.before[from]) || strings.HasPrefix(c.before[from-1:], "${")) {
		from-- // the whole of the word that ends in port
	}
	if from > 0 && strings.ContainsRune("\"'", rune(c.before[from-1])) && strings.Count(c.before[from:], c.before[from-1:from])%2 == 1 {
		from-- // the quote that is closed before the number
	}
	start := c.before[from:]
	if others := longNumber().FindAllStringIndex(start, -1); len(others) > 0 {
		start = start[others[len(others)-1][1]:]
	}
	whole := start
	start = strings.TrimLeftFunc(start, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_$<{:%\"'", r)
	})
	for n := len(whole) - len(start); n > 0 && whole[n-1] == '-' && start != ""; n-- {
		start = whole[n-1:] // a flag
	}
	if quote := strings.IndexAny(start, "\"'"); quote == 0 && strings.Count(start, start[:1]) == 1 {
		start = start[1:] // what it quotes is not shown
	}
	end := c.closings(start)
	if f.name == "URL" || f.name == "address" || f.name == "port with protocol" {
		end = cmp.Or(strings.TrimRight(pathText().FindString(c.after), "."), end)
	}
	if len(start)+len(end) > 72 || !plain(start+end) {
		start, end = "", ""
	}
	s := spelling{form: f, text: start + c.number + end, at: len(start)}
	if host, is := strings.CutSuffix(start, ":"); is && (f.name == "URL" || f.name == "address" || f.name == "port of a service") {
		s.host = strings.TrimLeft(host[strings.LastIndexAny(host, "/@\"' ")+1:], "-")
	}
	if m := hostArgument().FindStringSubmatch(c.near); m != nil {
		s.host = m[1]
	}
	return s
}

// closings are the brackets and quotes behind the number that end what a text
// opens.
func (c context) closings(start string) string {
	open := ""
	for _, b := range start {
		switch at := strings.IndexRune("([{\"'", b); {
		case (b == '"' || b == '\'') && strings.HasSuffix(open, string(b)), open != "" && (b == ')' || b == ']' || b == '}'):
			open = open[:len(open)-1]
		case at >= 0:
			open += string(")]}\"'"[at])
		}
	}
	n := 0
	for n < len(c.after) && n < len(open) && c.after[n] == open[len(open)-1-n] {
		n++
	}
	return c.after[:n]
}

func wordByte(b byte) bool {
	return b == '_' || b == '-' || b == '.' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}

var hostArgument = lazy(`["']([^"'\s]+)["']\s*,\s*["']?$`)

var (
	longNumber = lazy(`\d{4,}`)
	pathText   = lazy(`^(?:/[A-Za-z_{}.-]*(?:\d{1,3}\b)?)+`)
)

// plain reports text that a plan can show as it is.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '`' || r == '\ufffd' })
}
