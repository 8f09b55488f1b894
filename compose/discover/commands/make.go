package commands

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/pattern"
)

// makefile is a Makefile as far as its variables go.
type makefile struct {
	values   map[string]string // as they are written
	count    map[string]int
	known    map[string]string // expanded
	shared   bool              // it has what others say
	all      bool              // every variable is exported
	exports  map[string]bool
	budget   int // bytes that may still be made of variables
	inside   int // conditions that are open
	defining bool
}

// maxNesting bounds how deep variables are made of others.
const maxNesting = 20

var (
	define    = pattern.Lazy(`^(?:override[ \t]+)?(export[ \t]+)?(?:override[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(\+=|\?=|:::?=|:=|=|!=)[ \t]*(.*)$`)
	rule      = pattern.Lazy(`^[^\t#=][^#=]*?::?(?:[^=]|$)`)
	specific  = pattern.Lazy(`^[^\t#=:]+:[ \t]*(?:export[ \t]+|override[ \t]+)*([A-Za-z_][\w.-]*)[ \t]*(?:\+=|\?=|:?:?:=|=)`)
	condition = pattern.Lazy(`^ifn?(?:eq|def)\b`)
	oneShell  = pattern.Lazy(`(?m)^[ ]*\.(?:ONESHELL|RECIPEPREFIX)\b`)
	includes  = pattern.Lazy(`^[ \t]*[-s]?include\b`)
)

// logical is a line of a Makefile with those that continue it.
type logical struct {
	text             string
	at               int
	inside, defining bool // a condition, the text of a variable
}

// readMake are the calls of a Makefile's recipes. A part of one may be included from
// anywhere.
func readMake(path string, text []byte) (found []Command) {
	src, part := string(text), filepath.Ext(path) == ".mk"
	m := &makefile{values: map[string]string{}, count: map[string]int{}, known: map[string]string{}, exports: map[string]bool{}, budget: 4*len(src) + 1<<20, shared: part}
	if oneShell().MatchString(src) {
		return nil
	}
	lines := continued(src)
	for i := range lines {
		m.note(lines[i].text)
		lines[i].inside, lines[i].defining = m.inside > 0, m.defining
	}
	env := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(m.values)) {
		if strings.HasPrefix(name, "COMPOSE_") && (m.all || m.exports[name]) {
			env[name] = m.expand("$("+name+")", 0)
		}
	}
	unit := ""
	for _, l := range lines {
		switch {
		case l.defining:
		case len(found) > maxCommands || m.budget <= 0:
			return found
		case rule().MatchString(l.text):
			unit = l.text
			if _, recipe, has := strings.Cut(l.text, ";"); has {
				found = append(found, m.recipe(recipe, unit, l, part, env)...)
			}
		case strings.HasPrefix(l.text, "\t") && unit != "":
			found = append(found, m.recipe(l.text, unit, l, part, env)...)
		}
	}
	return found
}

// recipe are the calls of one line of a rule, which is a script by itself.
func (m *makefile) recipe(text, unit string, l logical, part bool, env map[string]string) (found []Command) {
	if !strings.Contains(text, "$") && !strings.Contains(text, "compose") {
		return nil
	}
	text = m.expand(strings.TrimLeft(text, "\t @+-"), 0)
	if !strings.Contains(text, "compose") {
		return nil
	}
	in := Here
	if part {
		in = ""
	}
	for _, c := range within(text, unit, in, env) {
		c.At, c.Starts = l.at, c.Starts && !l.inside
		found = append(found, c)
	}
	return found
}

// continued are the lines of a text, those that end with a backslash with the next.
func continued(src string) (lines []logical) {
	var b strings.Builder
	at, start := 0, 0
	for line := range strings.Lines(src) {
		text := strings.TrimRight(line, "\r\n")
		if b.Len() == 0 {
			start = at
		}
		at += len(line)
		if before, more := strings.CutSuffix(text, "\\"); more {
			b.WriteString(before + " ")
			continue
		}
		lines = append(lines, logical{text: b.String() + text, at: start})
		b.Reset()
	}
	return lines
}

// note reads what a line says of variables.
func (m *makefile) note(line string) {
	text := strings.TrimSpace(line)
	word, rest, _ := strings.Cut(text, " ")
	switch {
	case m.defining:
		m.defining = word != "endef"
		return
	case strings.HasPrefix(line, "\t"):
		if strings.HasPrefix(text, "$(eval") {
			m.shared = true
		}
		return
	case word == "define":
		m.defining = true
		m.count[strings.Trim(rest, " =:")] += 2
		return
	case condition().MatchString(text):
		m.inside++
		return
	case word == "endif":
		m.inside = max(m.inside-1, 0)
		return
	case includes().MatchString(line), strings.HasPrefix(text, "$(eval"):
		m.shared = true
		return
	case text == "export":
		m.all = true
		return
	}
	if s := specific().FindStringSubmatch(text); s != nil {
		m.count[s[1]] += 2
		return
	}
	if d := define().FindStringSubmatch(text); d != nil {
		m.define(d)
	} else if word == "export" {
		for name := range strings.FieldsSeq(rest) {
			m.exports[name] = true
		}
	}
}

// define reads the definition of a variable, in the groups of the expression define.
func (m *makefile) define(d []string) {
	name, value := d[2], d[4]
	if i := strings.Index(value, " #"); i >= 0 {
		value = strings.TrimRight(value[:i], " \t")
	}
	m.exports[name] = m.exports[name] || d[1] != ""
	switch before, set := m.values[name]; {
	case m.inside > 0 || d[3] == "!=":
		m.count[name] += 2
	case d[3] == "+=":
		if len(before)+len(value) > maxText {
			m.count[name] += 2
		}
		m.values[name] = strings.TrimLeft(before+" "+value, " ")
	case d[3] == "?=" && set:
	default:
		m.count[name]++
		m.values[name] = value
	}
}

// expand puts the values of variables into a text.
func (m *makefile) expand(text string, nesting int) string {
	if !strings.Contains(text, "$") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '$' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		end, named := byte(0), text[i:i+1]
		switch text[i] {
		case '$':
			b.WriteByte('$')
			continue
		case '(':
			end = ')'
		case '{':
			end = '}'
		}
		if end != 0 {
			depth, from := 0, i+1
			for ; i < len(text); i++ {
				switch text[i] {
				case text[from-1]:
					depth++
				case end:
					depth--
				}
				if depth == 0 {
					break
				}
			}
			named = text[from:min(i, len(text))]
		}
		value := m.value(named, nesting)
		if m.budget -= len(value); m.budget <= 0 {
			return unsure
		}
		b.WriteString(value)
	}
	return b.String()
}

// value is what a variable holds.
func (m *makefile) value(name string, nesting int) string {
	if known, is := m.known[name]; is {
		return known
	}
	written, set := m.values[name]
	value := unsure
	switch {
	case name == "CURDIR" || name == "PWD":
		value = "."
	case name == "MAKE":
		value = "make"
	case nesting > maxNesting || m.count[name] > 1 || !plainName().MatchString(name):
	case set:
		if value = m.expand(written, nesting+1); len(value) > maxText {
			value = unsure
		}
	case !m.shared:
		value = ""
	}
	m.known[name] = value
	return value
}

var plainName = pattern.Lazy(`^[A-Za-z_][\w.-]*$`)
