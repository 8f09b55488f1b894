package commands

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/pattern"
)

// shell reads a text as sh does, from command to command, as far as that can be known
// without running it.
type shell struct {
	src, unit string
	at        int
	in        string   // the working folder
	outer     []string // those around the parentheses that are open
	depth     int      // of what is run on a condition, several times or when called
	chained   bool     // what is read now runs only if something else went well, or badly
	piped     bool     // … went badly
	entered   bool     // the last command has changed the folder
	moved     bool     // one has that ran only if something else went well
	vars      map[string]string
	exported  map[string]string
	count     map[string]int // how often a variable is set
	budget    int            // bytes that variables may still hold where they are read
	found     []Command
}

func newShell(src, unit string) *shell {
	s := &shell{src: src, unit: unit, vars: map[string]string{}, exported: map[string]string{}, count: map[string]int{}, budget: 8*len(src) + maxText}
	for _, m := range setting().FindAllStringSubmatch(src, -1) {
		s.count[m[1]]++
	}
	for _, m := range touching().FindAllStringSubmatch(src, -1) {
		for name := range strings.FieldsSeq(m[1]) {
			s.count[name] += 2
		}
	}
	for _, m := range adding().FindAllStringSubmatch(src, -1) {
		s.count[m[1]] += 2
	}
	return s
}

const dirname = `dirname\s+(?:--\s+)?"?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})"?`

var (
	setting  = pattern.Lazy(`(?:^|[\s;&|({])([A-Za-z_]\w*)=`)
	adding   = pattern.Lazy(`\b([A-Za-z_]\w*)\+=`)
	touching = pattern.Lazy(`(?:^|[\s;&|({])(?:read|for|unset|mapfile|readarray|getopts)((?:[ \t]+-?\w+)+)`)
	assigned = pattern.Lazy(`^([A-Za-z_]\w*)=`)
	// The folder of a script, as scripts find it.
	own    = pattern.Lazy(`^\s*` + dirname + `\s*$`)
	ownPwd = pattern.Lazy(`^\s*cd\s+(?:--\s+)?"?\$\(` + dirname + `\)(/[\w./-]+)?"?(?:\s*>\s*/dev/null(?:\s+2>&1)?)?\s*(?:&&|;)\s*pwd(?:\s+-P)?\s*$`)
	top    = pattern.Lazy(`^\s*git\s+rev-parse\s+--show-toplevel\s*$`)
	marked = pattern.Lazy(`^<<-?[ \t]*\\?(?:"([^"\n]+)"|'([^'\n]+)'|([A-Za-z_][\w]*))`)
)

// run reads all of it.
func (s *shell) run() {
	var words []string
	start, heredocs := 0, []string(nil)
	end := func() {
		if len(words) > 0 {
			s.command(words, start)
		}
		words = nil
	}
	for s.at < len(s.src) && len(s.found) < maxCommands {
		switch c := s.src[s.at]; {
		case c == '\n':
			end()
			s.separate(c)
			for _, mark := range heredocs {
				s.skipTo(mark)
			}
			heredocs = nil
		case c == ' ' || c == '\t' || c == '\r':
			s.at++
		case c == '\\' && s.at+1 < len(s.src) && (s.src[s.at+1] == '\n' || strings.HasPrefix(s.src[s.at+1:], "\r\n")):
			s.at += 2 + strings.IndexByte(s.src[s.at+1:], '\n')
		case c == '#':
			s.at += lineLength(s.src[s.at:])
		case c == ';' || c == '&' || c == '|':
			end()
			s.separate(c)
		case c == '(':
			if n := len(words); n > 0 && strings.HasSuffix(words[n-1], "=") {
				words[n-1] += unsure // a list
			}
			end()
			s.outer = append(s.outer, s.in)
			s.at++
		case c == ')':
			end()
			if n := len(s.outer); n > 0 {
				s.in, s.outer = s.outer[n-1], s.outer[:n-1]
			}
			s.at++
		case c == '<' || c == '>':
			words = s.unnumbered(words)
			if mark := s.redirected(); mark != "" {
				heredocs = append(heredocs, mark)
			}
		default:
			if words == nil {
				start = s.at
			}
			if more := s.word(); len(words) < maxWords {
				words = append(words, more...)
			} else {
				words[0] = unsure
			}
		}
	}
	end()
}

// separate passes over what ends a command, which may be doubled.
func (s *shell) separate(c byte) {
	double := c != '\n' && s.at+1 < len(s.src) && s.src[s.at+1] == c
	ends := c == ';' || c == '\n'
	if !double && (ends && s.moved || !ends && s.entered) {
		s.in = unsure // it may not have come to that, or only another process has gone there
	}
	s.moved = s.moved && double
	s.chained, s.piped, s.entered = !ends && double, c == '|' && double, false
	s.at++
	if double {
		s.at++
	}
}

// unnumbered are the words of a command without the number of what is redirected.
func (s *shell) unnumbered(words []string) []string {
	n := len(words)
	if n > 0 && words[n-1] != "" && strings.Trim(words[n-1], "0123456789") == "" && strings.HasSuffix(s.src[:s.at], words[n-1]) {
		return words[:n-1]
	}
	return words
}

// redirected passes over where a command writes to or reads from. Mark ends the text that
// it reads from the next lines, "" for none.
func (s *shell) redirected() (mark string) {
	if strings.HasPrefix(s.src[s.at:], "<<") && !strings.HasPrefix(s.src[s.at:], "<<<") {
		line := s.src[s.at : s.at+lineLength(s.src[s.at:])]
		if m := marked().FindStringSubmatch(line); m != nil {
			s.at += len(m[0])
			return m[1] + m[2] + m[3]
		}
	}
	for s.at < len(s.src) && strings.IndexByte("<>&| ", s.src[s.at]) >= 0 {
		s.at++
	}
	s.word()
	return ""
}

func lineLength(text string) int {
	if n := strings.IndexByte(text, '\n'); n >= 0 {
		return n
	}
	return len(text)
}

// skipTo passes over the lines of a text up to the one that ends it.
func (s *shell) skipTo(mark string) {
	for s.at < len(s.src) {
		line := s.src[s.at : s.at+lineLength(s.src[s.at:])]
		s.at = min(s.at+len(line)+1, len(s.src))
		if strings.TrimSpace(line) == mark {
			return
		}
	}
}

// word reads one word, which may be several by what its variables hold, or none.
func (s *shell) word() []string {
	var p pieces
	quote, quoted := byte(0), false
	for s.at < len(s.src) {
		c := s.src[s.at]
		switch {
		case quote == '\'' && c != '\'':
			p.add(s.src[s.at:s.at+1], false)
		case c == quote && quote != 0:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, quoted = c, true
		case quote == 0 && strings.IndexByte(" \t\r\n;&|()<>", c) >= 0:
			return p.words(quoted)
		case c == '\\' && s.at+1 < len(s.src):
			s.at++
			if s.src[s.at] != '\n' {
				p.add(s.src[s.at:s.at+1], false)
			}
		case c == '`':
			p.add(unsure, false)
			if n := strings.IndexByte(s.src[s.at+1:], '`'); n >= 0 {
				s.at += n + 1
			} else {
				s.at = len(s.src) - 1
			}
		case c == '$':
			value := s.dollar()
			p.add(value, quote == 0)
			continue
		case quote == 0 && (c == '*' || c == '?' || c == '{' && s.at+1 < len(s.src) && strings.IndexByte(" \t\r\n", s.src[s.at+1]) < 0):
			p.add(unsure, false) // names of files that are there
		default:
			p.add(s.src[s.at:s.at+1], false)
		}
		s.at++
	}
	return p.words(quoted)
}

// pieces are what words are made of.
type pieces struct {
	done []string
	last strings.Builder
}

// add adds to the last word; with split, blanks in the text end it.
func (p *pieces) add(text string, split bool) {
	if p.last.Len()+len(text) > maxText {
		text = unsure
	}
	if !split || !strings.ContainsAny(text, " \t\n") {
		p.last.WriteString(text)
		return
	}
	for i, field := range strings.Fields(text) {
		if i > 0 || strings.IndexByte(" \t\n", text[0]) >= 0 {
			p.done = p.words(false)
			p.last.Reset()
		}
		p.last.WriteString(field)
	}
}

// words are those that are done, with the last, which may be empty where it is quoted.
func (p *pieces) words(quoted bool) []string {
	if p.last.Len() > 0 || quoted {
		return append(p.done, p.last.String())
	}
	return p.done
}

// dollar reads what stands for something else.
func (s *shell) dollar() string {
	rest := s.src[s.at+1:]
	switch {
	case strings.HasPrefix(rest, "("):
		inner := rest[1:]
		depth := 1
		for i := range len(inner) {
			switch inner[i] {
			case '(':
				depth++
			case ')':
				depth--
			}
			if depth == 0 {
				s.at += i + 3
				return substituted(inner[:i])
			}
		}
		s.at = len(s.src)
		return unsure
	case strings.HasPrefix(rest, "{"):
		n := strings.IndexByte(rest, '}')
		if n < 0 {
			s.at = len(s.src)
			return unsure
		}
		s.at += n + 2
		name, fallback, has := strings.Cut(rest[1:n], ":-")
		if !has {
			name, fallback, has = strings.Cut(rest[1:n], "-")
		}
		return s.value(name, fallback, has && !strings.ContainsAny(fallback, "${`\"'"))
	}
	n := 0
	for n < len(rest) && (rest[n] == '_' || rest[n] >= '0' && rest[n] <= '9' || rest[n] >= 'A' && rest[n] <= 'Z' || rest[n] >= 'a' && rest[n] <= 'z') {
		n++
	}
	if n == 0 && rest != "" && strings.IndexByte("@*#?$!-", rest[0]) >= 0 {
		s.at += 2
		if rest[0] == '@' || rest[0] == '*' {
			return passedOn
		}
		return unsure
	}
	s.at += n + 1
	return s.value(rest[:n], "", false)
}

// passedOn stands for what a script or a function was called with.
const passedOn = "\x03"

// value is what a variable holds where it is read.
func (s *shell) value(name, fallback string, has bool) string {
	switch v, set := s.vars[name]; {
	case name != "@" && name != "*" && !plainName().MatchString(name):
		return unsure
	case name == "@" || name == "*":
		return passedOn
	case name == "PWD":
		return cmp.Or(s.in, ".")
	case set && len(v) > s.budget:
		return unsure
	case set:
		s.budget -= len(v)
		return v
	case s.count[name] == 0 && s.exported[name] != "":
		return s.exported[name]
	case s.count[name] == 0 && has:
		return fallback
	}
	return unsure
}

// substituted is what a program in $( ) says, where that is known.
func substituted(text string) string {
	switch m := ownPwd().FindStringSubmatch(text); {
	case m != nil:
		return Here + m[1]
	case own().MatchString(text):
		return Here
	case top().MatchString(text):
		return Top
	case strings.TrimSpace(text) == "pwd":
		return "."
	}
	return unsure
}

// command is one simple command: what it changes for those behind it, and what it starts.
func (s *shell) command(words []string, start int) {
	words = s.structure(words)
	env, own := map[string]string{}, false
	for len(words) > 0 {
		if m := assigned().FindStringSubmatch(words[0]); m != nil {
			env[m[1]], words = words[0][len(m[0]):], words[1:]
			continue
		}
		switch words[0] {
		case "sudo", "exec", "time", "nohup", "command", "env":
			words = words[1:]
			continue
		case "export", "declare", "readonly", "local", "typeset":
			own = own || words[0] == "export"
			if words = words[1:]; len(words) > 0 && words[0] == "-x" {
				own, words = true, words[1:]
			}
			for _, name := range words {
				if v, set := s.vars[name]; set && own {
					s.exported[name] = v
				}
			}
			continue
		}
		break
	}
	switch {
	case len(words) == 0 || own:
		for name, value := range env {
			if s.count[name] > 1 || s.depth > 0 || s.chained {
				value = unsure
			}
			s.vars[name] = value
			if _, already := s.exported[name]; own || already {
				s.exported[name] = value
			}
		}
	case words[0] == "cd" || words[0] == "pushd":
		s.enter(words[1:])
	case words[0] == "popd":
		s.in = unsure
	default:
		s.call(words, env, start)
	}
}

// structure takes the words of the shell itself off the beginning of a command.
func (s *shell) structure(words []string) []string {
	for len(words) > 0 {
		switch words[0] {
		case "if", "while", "until", "{":
			s.depth++
		case "for", "case", "select":
			s.depth++
			return nil
		case "fi", "done", "esac", "}":
			s.depth = max(s.depth-1, 0)
		case "then", "else", "elif", "do", "!":
		case "function":
			return nil
		default:
			return words
		}
		words = words[1:]
	}
	return nil
}

// enter changes the working folder.
func (s *shell) enter(words []string) {
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	s.entered, s.moved = true, s.moved || s.chained
	switch {
	case s.piped, len(words) != 1 || strings.ContainsAny(words[0], unsure+passedOn+"~") || words[0] == "-" || s.depth > 0 && len(s.outer) == 0:
		s.in = unsure
	default:
		s.in = join(s.in, words[0])
	}
}

// join is a path as it is seen from a folder.
func join(dir, file string) string {
	switch {
	case dir == "" || strings.HasPrefix(file, "/") || strings.HasPrefix(file, Here) || strings.HasPrefix(file, Top):
		return file
	case len(dir)+len(file) > maxText:
		return unsure
	}
	return dir + "/" + file
}

// The options of docker compose, and of docker before that, which have a value and say
// nothing of files, and those which have none.
var (
	valued = []string{"--ansi", "--parallel", "--progress", "--log-level", "-H", "--host", "-c", "--context", "-l", "--config", "--tlscacert", "--tlscert", "--tlskey"}
	bare   = []string{"--compatibility", "--dry-run", "--all-resources", "--verbose", "--no-ansi", "-D", "--debug", "--tls", "--tlsverify", "--skip-hostname-check"}
	starts = []string{"up", "start", "restart"}
	stops  = []string{"down", "stop", "kill", "rm", "pause"}
)

// upValued are the options of up that have a value and leave what it starts as it is.
var upValued = []string{"--attach", "--exit-code-from", "--no-attach", "--pull", "-t", "--timeout", "--wait-timeout"}

// named are the services that the arguments of a starting command name, none for all; false
// where that is not certain.
func named(args []string) (services []string, ok bool) {
	for i := 0; i < len(args); i++ {
		option, _, inline := strings.Cut(args[i], "=")
		switch {
		case strings.ContainsAny(args[i], unsure+passedOn), option == "--scale", option == "--no-start":
			return nil, false
		case !strings.HasPrefix(option, "-"):
			services = append(services, option)
		case !inline && slices.Contains(upValued, option):
			i++
		}
	}
	return services, true
}

// start notes what a starting command starts.
func (c *Command) start(words []string) {
	c.Services, c.Starts = named(words[1:])
	c.Waits = words[0] == "up" && !slices.ContainsFunc(words, detaches)
}

// detaches reports an option of up by which it comes back while the services run.
func detaches(option string) bool {
	short := strings.HasPrefix(option, "-") && !strings.HasPrefix(option, "--") && strings.Contains(option, "d")
	return short || option == "--detach" || option == "--wait"
}

// call notes a call of docker compose.
func (s *shell) call(words []string, env map[string]string, start int) {
	c := Command{In: s.in, Unit: s.unit, At: start}
	docker := path.Base(words[0])
	compose := docker == "docker-compose" || docker == "podman-compose"
	if !compose && docker != "docker" && docker != "podman" || s.in == unsure || strings.Contains(s.in, unsure) {
		return
	}
	for words = words[1:]; ; words = words[1:] {
		if len(words) == 0 || strings.Contains(words[0], unsure) {
			return
		}
		option, value, inline := strings.Cut(words[0], "=")
		switch {
		case words[0] == "compose" && !compose:
			compose = true
			continue
		case words[0] == passedOn, compose && !strings.HasPrefix(option, "-"):
			if slices.Contains(starts, words[0]) && s.depth == 0 && !s.piped {
				c.start(words)
			}
			c.Stops = slices.Contains(stops, words[0])
			s.finish(c, env)
			return
		case slices.Contains(bare, option):
			continue
		case !strings.HasPrefix(option, "-"):
			return
		}
		if !inline {
			if len(option) > 2 && option[1] != '-' && strings.IndexByte("fp", option[1]) >= 0 {
				option, value = option[:2], option[2:]
			} else if len(words) < 2 {
				return
			} else {
				value, words = words[1], words[1:]
			}
		}
		if strings.ContainsAny(value, unsure+passedOn) && option != "--profile" {
			return
		}
		switch option {
		case "-f", "--file":
			c.Files = append(c.Files, value)
		case "-p", "--project-name":
			c.Name = value
		case "--project-directory":
			c.Dir = value
		case "--env-file":
			c.EnvFiles = append(c.EnvFiles, value)
		case "--profile":
			if !strings.ContainsAny(value, unsure+passedOn) {
				c.Profiles = append(c.Profiles, value)
			}
		default:
			if !slices.Contains(valued, option) {
				return
			}
		}
	}
}

// finish adds what the environment says to a call.
func (s *shell) finish(c Command, env map[string]string) {
	get := func(name string) string {
		if v, set := env[name]; set {
			return v
		}
		return s.exported[name]
	}
	if list := get("COMPOSE_FILE"); len(c.Files) == 0 && list != "" {
		c.Files = strings.Split(list, cmp.Or(get("COMPOSE_PATH_SEPARATOR"), ":"))
	}
	c.Name = cmp.Or(c.Name, get("COMPOSE_PROJECT_NAME"))
	if list := get("COMPOSE_PROFILES"); len(c.Profiles) == 0 && list != "" && !strings.ContainsAny(list, unsure+passedOn) {
		c.Profiles = strings.Split(list, ",")
	}
	for _, text := range slices.Concat(c.Files, c.EnvFiles, []string{c.Name, c.Dir}) {
		if strings.ContainsAny(text, unsure+passedOn) {
			return
		}
	}
	if slices.Contains(c.Files, "") || slices.Contains(c.Files, "-") {
		return
	}
	s.found = append(s.found, c)
}
