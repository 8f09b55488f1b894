package config

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/source"
)

// splicer collects edits of a file that Parse accepts, so that no node in it
// has an anchor or a tag and no scalar is a block.
type splicer struct {
	src   []byte
	file  *source.File
	root  *yaml.Node // nil when the file says nothing
	eol   string
	unit  int // blanks by which the file indents
	edits []edit
}

// edit puts text in place of src[start:end].
type edit struct {
	start, end int
	text       string
}

var (
	bom = []byte("\uFEFF")
	// breaks are those of YAML 1.1, more than editors count.
	breaks = pattern.Lazy(`\r\n|[\n\r\x{85}\x{2028}\x{2029}]`)
	// between is what may stand after the last value of a flow collection.
	between = pattern.Lazy(`^(?:[\s,\x{85}\x{2028}\x{2029}]|#[^\n\r\x{85}\x{2028}\x{2029}]*)*`)
	colon   = pattern.Lazy(`^[ \t]*:`)
	docEnd  = pattern.Lazy(`(?:^|[\n\r\x{85}\x{2028}\x{2029}])(\.\.\.)(?:\s|$)`)
	// plain is what needs no quotes, whoever reads it, but for the words.
	plain = pattern.Lazy(`^[A-Za-z0-9_./][A-Za-z0-9_./-]*$`)
	words = []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
)

func newSplicer(src []byte) *splicer {
	s := &splicer{src: src, eol: "\n", unit: 2}
	s.file, s.root = new(decoder).document(src)
	if at := bytes.IndexAny(src, "\r\n"); at >= 0 && src[at] == '\r' {
		s.eol = "\r"
		if bytes.HasPrefix(src[at:], []byte("\r\n")) {
			s.eol = "\r\n"
		}
	}
	if s.root == nil {
		return s
	}
	for _, n := range s.root.Content {
		if n.Kind == yaml.MappingNode && !s.flow(n) && n.Column > s.root.Column {
			s.unit = n.Column - s.root.Column
			break
		}
	}
	return s
}

// set is the file with the entry set.
func (s *splicer) set(e entry) ([]byte, error) {
	switch {
	case s.root != nil && (s.flow(s.root) || lookup(s.root, e.key) != nil):
		s.merge(s.root, []entry{e})
	case s.root != nil:
		s.append(s.block([]entry{e}, s.root.Column-1))
	case len(bytes.TrimPrefix(s.src, bom)) == 0:
		s.append(append([]string{header}, s.block([]entry{e}, 0)...))
	default:
		s.append(s.block([]entry{e}, 0))
	}
	return s.splice()
}

// merge sets the entries of a mapping.
func (s *splicer) merge(n *yaml.Node, want []entry) {
	var missing []entry
	for _, e := range want {
		key, value := pair(n, e.key)
		switch {
		case key == nil:
			missing = append(missing, e)
		case empty(value):
			s.fill(n, key, e)
		case e.sub != nil:
			s.merge(value, e.sub)
		case value.Value != e.value:
			s.put(s.offset(value), s.end(value), quote(e.value, value.Style))
		}
	}
	if missing != nil {
		s.add(n, missing)
	}
}

// fill gives a key of n that stands alone its entries.
func (s *splicer) fill(n, key *yaml.Node, e entry) {
	at := s.keyEnd(key)
	switch {
	case !s.flow(n):
		s.putLines(at, s.block(e.sub, n.Column-1+s.unit))
	case s.src[at-1] == ':':
		s.put(at, at, " {"+flow(e.sub)+"}")
	default:
		s.put(at, at, ": {"+flow(e.sub)+"}")
	}
}

// add puts entries at the end of a mapping.
func (s *splicer) add(n *yaml.Node, all []entry) {
	switch {
	case !s.flow(n):
		s.putLines(s.lastEnd(n), s.block(all, n.Column-1))
	case len(n.Content) == 0:
		at := s.offset(n) + 1
		s.put(at, at, flow(all))
	default:
		at := s.lastEnd(n)
		s.put(at, at, ", "+flow(all))
	}
}

// append puts lines at the end of the document, and ends the last of them as
// the file ends its own.
func (s *splicer) append(lines []string) {
	at, text := len(s.src), strings.Join(lines, s.eol)
	begins := 0
	if s.root != nil {
		begins = s.offset(s.root)
	}
	if end := docEnd().FindSubmatchIndex(s.src[begins:]); end != nil {
		at = begins + end[2]
	}
	before := bytes.TrimPrefix(s.src[:at], bom)
	if len(before) > 0 && !bytes.ContainsAny(before[len(before)-1:], "\r\n") {
		s.put(at, at, s.eol+text)
		return
	}
	s.put(at, at, text+s.eol)
}

// putLines puts lines below the line that at is in.
func (s *splicer) putLines(at int, lines []string) {
	if next := breaks().FindIndex(s.src[at:]); next != nil {
		at += next[0]
	} else {
		at = len(s.src)
	}
	s.put(at, at, s.eol+strings.Join(lines, s.eol))
}

func (s *splicer) put(start, end int, text string) {
	s.edits = append(s.edits, edit{start, end, text})
}

// splice applies the edits. Of those at one place the first put comes first:
// that is the inner mapping's, whose end is the outer one's too.
func (s *splicer) splice() ([]byte, error) {
	slices.SortStableFunc(s.edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var out []byte
	at := 0
	for _, e := range s.edits {
		if e.start < at || e.end < e.start {
			return nil, errors.New("defaults can't be added: the edits overlap")
		}
		out = append(append(out, s.src[at:e.start]...), e.text...)
		at = e.end
	}
	return append(out, s.src[at:]...), nil
}

// offset is where a node starts.
func (s *splicer) offset(n *yaml.Node) int { return s.file.Span(n).Start }

// flow reports whether a collection stands in brackets.
func (s *splicer) flow(n *yaml.Node) bool {
	at := s.offset(n)
	return at < len(s.src) && (s.src[at] == '{' || s.src[at] == '[')
}

// end is where a node's text ends, which the library doesn't say.
func (s *splicer) end(n *yaml.Node) int {
	at := s.offset(n)
	switch {
	case n.Kind != yaml.ScalarNode && !s.flow(n):
		return s.lastEnd(n)
	case n.Kind != yaml.ScalarNode:
		if len(n.Content) == 0 {
			at++
		} else {
			at = s.lastEnd(n)
		}
		at += len(between().Find(s.src[at:]))
		return min(at+1, len(s.src))
	}
	return s.file.Span(n).End
}

// lastEnd is where the last value in a collection ends.
func (s *splicer) lastEnd(n *yaml.Node) int {
	last := n.Content[len(n.Content)-1]
	if n.Kind == yaml.MappingNode && empty(last) {
		return s.keyEnd(n.Content[len(n.Content)-2])
	}
	return s.end(last)
}

// keyEnd is where a key ends, with the colon that belongs to it. The library
// puts a value that is not written anywhere from there to the next line.
func (s *splicer) keyEnd(key *yaml.Node) int {
	at := s.end(key)
	return at + len(colon().Find(s.src[at:]))
}

// block is the lines of a block mapping, indented by so many blanks.
func (s *splicer) block(all []entry, indent int) []string {
	var lines []string
	for _, e := range all {
		line := strings.Repeat(" ", indent) + quote(e.key, 0) + ":"
		if e.sub == nil {
			lines = append(lines, line+" "+quote(e.value, 0))
			continue
		}
		lines = append(append(lines, line), s.block(e.sub, indent+s.unit)...)
	}
	return lines
}

// flow is the inside of a flow mapping.
func flow(all []entry) string {
	var parts []string
	for _, e := range all {
		value := quote(e.value, 0)
		if e.sub != nil {
			value = "{" + flow(e.sub) + "}"
		}
		parts = append(parts, quote(e.key, 0)+": "+value)
	}
	return strings.Join(parts, ", ")
}

// quote is a scalar that reads back as text, in the style given if that can
// hold it. The escapes of Go's strings are among YAML's.
func quote(text string, style yaml.Style) string {
	switch {
	case style&yaml.SingleQuotedStyle != 0:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case style&yaml.DoubleQuotedStyle == 0 && plain().MatchString(text) && !slices.Contains(words, strings.ToLower(text)):
		return text
	default:
		return strconv.Quote(text)
	}
}
