package variable

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"unicode"

	godotenv "github.com/compose-spec/compose-go/v2/dotenv"

	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// File is one env file that variables are resolved from.
type File struct {
	File *source.File // bytes and path; never parsed as YAML
	Vars map[string]string

	lines func() map[string]source.Span
}

// Unread is an env file that belongs to a project, by what the repository says, and is
// not read.
type Unread struct {
	File File
	// Names are what it sets of the variables of host ports and the strategy, sorted, at
	// least one.
	Names []string
}

// Message says what is not read.
func (u Unread) Message() string {
	return "sets " + say.And(u.Names) + ", but is not read"
}

// Hint is how it would be read.
func (u Unread) Hint() string {
	return "list it under env_files in .portmoor.yaml, or pass it with --env-file"
}

// portLine is a line of an env file that sets a port or a range.
var portLine = pattern.Lazy(`^([A-Za-z_][A-Za-z0-9_]*)=[0-9]+(-[0-9]+)?$`)

// OnlyPorts reports the text of an env file that gives ports to some variables, by name,
// and says nothing else; also one that says nothing.
func OnlyPorts(src []byte, known map[string]bool) bool {
	for line := range bytes.Lines(src) {
		line = bytes.TrimSpace(line)
		if set := portLine().FindSubmatch(line); len(line) > 0 && (set == nil || !known[string(set[1])]) {
			return false
		}
	}
	return true
}

// Line is the span of the line that sets a variable, empty when it does not.
func (f File) Line(name string) source.Span {
	if f.lines == nil {
		return source.Span{}
	}
	return f.lines()[name]
}

// linesOf are the lines that set variables, by name; the last one wins.
func linesOf(src []byte) map[string]source.Span {
	lines, at := map[string]source.Span{}, 0
	for line := range bytes.Lines(src) {
		text := bytes.TrimLeft(line, " \t")
		start := at + len(line) - len(text)
		at += len(line)
		if i := bytes.IndexAny(text, "\r\n"); i >= 0 {
			text = text[:i]
		}
		if rest, exported := bytes.CutPrefix(text, []byte("export")); exported && len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
			if name, ok := nameOf(bytes.TrimLeft(rest, " \t")); ok {
				lines[name] = source.Span{Start: start, End: start + len(text)}
			}
		}
		if name, ok := nameOf(text); ok {
			lines[name] = source.Span{Start: start, End: start + len(text)}
		}
	}
	return lines
}

// nameOf is the name that a line of an env file sets.
func nameOf(line []byte) (name string, ok bool) {
	i := bytes.IndexAny(line, "=:")
	return string(bytes.TrimRight(line[:max(i, 0)], " \t")), i >= 0
}

// ParseFile reads the text of an env file, which is plain when it asks for no variable
// of others, and so means the same for every project. The block that Portmoor keeps
// there says nothing.
func ParseFile(path string, src []byte, outer Lookup) (e File, plain bool, problem *source.Problem) {
	plain = true
	lookup := func(name string) (string, bool) {
		plain = false
		return outer(name)
	}
	f := &source.File{Path: path, Src: src, Private: true}
	src = dotenv.Blank(src)
	if excess := explodes(string(src), lookup); excess != "" {
		return e, false, &source.Problem{File: f, Message: excess, Hint: "shorten it"}
	}
	vars, err := godotenv.ParseWithLookup(bytes.NewReader(src), lookup)
	if err != nil {
		return e, false, &source.Problem{
			File: f, Message: strings.TrimSuffix("not a valid env file: "+inLine(err), ": "),
			Hint: "docker compose refuses it: write NAME=value lines",
		}
	}
	return File{File: f, Vars: vars, lines: sync.OnceValue(func() map[string]source.Span { return linesOf(src) })}, plain, nil
}

// Kept are the variables that Portmoor keeps in an env file for docker compose: in its
// block, or in all of a file that is its own.
func Kept(src []byte, own bool) map[string]string {
	if !own {
		src = dotenv.Inside(src)
	}
	vars, err := godotenv.ParseWithLookup(bytes.NewReader(src), Unset)
	if err != nil {
		return nil
	}
	return vars
}

// maxReplaced bounds the variables in the values of an env file.
const maxReplaced = 200_000

// explodes says what of an env file is out of all bounds, as when each line has the
// value of the one before twice; "" for nothing. Statements are told apart as the
// parser does.
func explodes(src string, outer Lookup) (excess string) {
	if !strings.Contains(src, "$") && !strings.Contains(src, `\0`) {
		return ""
	}
	if strings.Count(src, "$") > maxReplaced {
		return fmt.Sprintf("more than %d variables in values", maxReplaced)
	}
	excess = fmt.Sprintf("its values together are longer than %d MiB", maxGrown>>20)
	sizes, total := map[string]int{}, 0
	for src = strings.TrimSpace(src); src != ""; src = strings.TrimSpace(src) {
		if src[0] == '#' {
			_, src, _ = strings.Cut(src, "\n")
			continue
		}
		i := strings.IndexAny(src, "=:\n")
		if i < 0 {
			return ""
		}
		name := strings.TrimSpace(src[:i])
		if rest, exported := strings.CutPrefix(name, "export"); exported && strings.TrimLeftFunc(rest, unicode.IsSpace) != rest {
			name = strings.TrimSpace(rest)
		}
		if src[i] == '\n' {
			src = src[i:]
			continue
		}
		var value string
		value, src = cutValue(strings.TrimLeft(src[i+1:], "\t\v\f\r \u0085\u00a0"))
		size := len(value)
		for _, v := range source.Variables(strings.ReplaceAll(value, `\0044`, "$")) {
			if text, set := outer(v); set {
				size += len(text)
			} else {
				size += sizes[v]
			}
			if size > maxGrown {
				return excess
			}
		}
		sizes[name] = size
		if total += size; total > maxGrown {
			return excess
		}
	}
	return ""
}

// cutValue takes the value that opens text from the rest.
func cutValue(text string) (value, rest string) {
	if text == "" || text[0] != '"' && text[0] != '\'' {
		value, rest, _ = strings.Cut(text, "\n")
		return value, rest
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			if text[0] == '\'' {
				return "", text[i+1:] // nothing in it is replaced
			}
			return text[1:i], text[i+1:]
		}
	}
	return text, ""
}

// inLine is the line that an error of the library names; the rest of the error repeats
// the text.
func inLine(err error) string { return errorLine().FindString(err.Error()) }

var errorLine = pattern.Lazy(`^line \d+`)
