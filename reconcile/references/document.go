package references

import (
	"bytes"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/source"
)

// document is a file with numbers in it, as lines.
type document struct {
	file       *source.File
	starts     []int  // of the lines, in bytes
	prose      bool   // headings are marked, and indentation says nothing
	fenced     []bool // of prose: lines of code, in which # opens a comment
	dockerfile bool
	changelog  bool
	stack      *stack // of a compose file, else nil
}

var proseName = lazy(`(?i)\.(?:md|markdown|mdx|rst|adoc|txt|org)$`)

func newDocument(path string, src []byte) *document {
	base := filepath.Base(path)
	d := &document{
		file: &source.File{Path: path, Src: src}, starts: []int{0},
		prose:      proseName().MatchString(base),
		dockerfile: strings.HasPrefix(base, "Dockerfile") || strings.HasSuffix(base, ".Dockerfile") || strings.HasPrefix(base, "Containerfile"),
		changelog:  isChangelog(path),
	}
	for i, b := range src {
		if b == '\n' {
			d.starts = append(d.starts, i+1)
		}
	}
	d.stack = stackOf(path, src)
	if d.prose {
		d.fenced = d.fences()
	}
	return d
}

func (d *document) fences() []bool {
	fenced := make([]bool, len(d.starts))
	inside := false
	for i := range d.starts {
		text := strings.TrimSpace(d.text(i))
		mark := strings.HasPrefix(text, "```") || strings.HasPrefix(text, "~~~")
		fenced[i] = inside || mark
		inside = inside != mark
	}
	return fenced
}

// line is the line that a byte is on, from 0.
func (d *document) line(offset int) int {
	i, found := slices.BinarySearch(d.starts, offset)
	if !found {
		i--
	}
	return i
}

// end is where a line ends, behind its line break.
func (d *document) end(line int) int {
	if line+1 < len(d.starts) {
		return d.starts[line+1]
	}
	return len(d.file.Src)
}

// text is a line without its end, of a very long one the beginning: nobody has
// written that by hand.
func (d *document) text(line int) string {
	const veryLong = 2000
	start := d.starts[line]
	return string(bytes.TrimRight(d.file.Src[start:min(d.end(line), start+veryLong)], "\r\n"))
}

// longest is how much of a line is looked at on each side of a number, and
// nearby how much left of it for most patterns; in bytes.
const longest, nearby = 240, 64

// context is a number with what stands around it.
type context struct {
	doc           *document
	line          int
	number        string
	before, after string // on its line
	near          string // the end of before
}

func (d *document) context(h hit) context {
	line, src := d.line(h.span.Start), d.file.Src
	c := context{
		doc: d, line: line, number: strconv.Itoa(h.port),
		before: string(src[max(d.starts[line], h.span.Start-longest):h.span.Start]),
		after:  strings.TrimRight(string(src[h.span.End:min(d.end(line), h.span.End+longest)]), "\r\n"),
	}
	if c.near = c.before; len(c.near) > nearby {
		c.near = "x" + c.near[len(c.near)-nearby:] // no line, and no word, begins there
	}
	return c
}

// above are the lines of the same statement or list above, the nearest first.
func (c context) above() (lines []string) {
	for i := c.line - 1; i >= 0 && i >= c.line-6; i-- {
		text := c.doc.text(i)
		if strings.TrimSpace(text) == "" {
			break
		}
		lines = append(lines, text)
	}
	return lines
}

// commented reports a number in a comment.
func (c context) commented() bool {
	before := strings.TrimLeft(c.before, " \t")
	return strings.HasPrefix(before, "#") || strings.HasPrefix(before, "//") || strings.Contains(before, " #") || strings.Contains(before, " //")
}

var (
	heading   = lazy(`^(#{1,6}|={1,6})\s`)
	underline = lazy(`^(?:={3,}|-{3,}|~{3,}|\^{3,})\s*$`)
	section   = lazy(`^\s*\[{1,2}[^\[\],]+\]{1,2}\s*(?:#.*)?$`)
)

// headingLevel is how deep a line of prose is as a heading, 0 for none.
func (d *document) headingLevel(line int) int {
	if d.fenced[line] {
		return 0
	}
	text := d.text(line)
	if m := heading().FindStringSubmatch(text); m != nil {
		return len(m[1])
	}
	if line+1 < len(d.starts) && strings.TrimSpace(text) != "" {
		if next := d.text(line + 1); underline().MatchString(next) && !strings.ContainsAny(text, "|") {
			return 1 + strings.IndexByte("=-~^", next[0])
		}
	}
	return 0
}

// enclosing are the lines that say what a line belongs to, the nearest first:
// headings above it, or lines with less indentation.
func (d *document) enclosing(line int) (lines []int) {
	if d.prose {
		level := 100
		for i := line; i >= 0 && level > 1; i-- {
			if l := d.headingLevel(i); l > 0 && l < level {
				lines, level = append(lines, i), l
			}
		}
		return lines
	}
	indent, inSection := indentation(d.text(line)), false
	for i := line - 1; i >= 0 && i > line-400; i-- {
		text := d.text(i)
		switch in := indentation(text); {
		case strings.TrimSpace(text) == "":
		case section().MatchString(text) && in <= indent && !inSection:
			lines, indent, inSection = append(lines, i), in, true
		case in < indent && !closes(text):
			lines, indent = append(lines, i), in
		}
	}
	return lines
}

// closes reports a line that only ends something.
func closes(text string) bool { return strings.Trim(text, " \t)]};,") == "" }

func indentation(text string) (n int) {
	for _, r := range text {
		switch r {
		case ' ':
			n++
		case '\t':
			n += 8
		default:
			return n
		}
	}
	return n
}

var listItem = lazy(`^\s*(?:[-*+•]|\d+[.)])\s`)

// block are the lines around a line up to the next empty one, those above it
// with the nearest first. Elsewhere than in prose they have its indentation; in
// prose an item of a list is by itself, below the line that opens the list.
func (d *document) block(line int) (above, below []int) {
	const far = 8
	indent := indentation(d.text(line))
	list := d.prose && !d.fenced[line]
	belongs := func(i int) bool {
		text := d.text(i)
		return strings.TrimSpace(text) != "" && (d.prose && d.headingLevel(i) == 0 || !d.prose && indentation(text) == indent && !section().MatchString(text))
	}
	item := list && listItem().MatchString(d.text(line))
	for i := line - 1; i >= 0 && i >= line-far && belongs(i); i-- {
		is := list && listItem().MatchString(d.text(i))
		if !item || !is && !strings.HasPrefix(d.text(i), " ") {
			above = append(above, i)
		}
		item = item || is
	}
	for i := line + 1; i < len(d.starts) && i <= line+far && belongs(i); i++ {
		if list && listItem().MatchString(d.text(i)) {
			break
		}
		below = append(below, i)
	}
	return above, below
}

// opener is the line that opens the brackets in which a line of code stands, -1
// if there is none.
func (d *document) opener(line int) int {
	if d.prose {
		return -1
	}
	indent := indentation(d.text(line))
	for i := line - 1; i >= 0 && i > line-20; i-- {
		text := strings.TrimRight(d.text(i), " \t")
		if text != "" && indentation(text) < indent {
			if strings.HasSuffix(text, "(") {
				return i
			}
			return -1
		}
	}
	return -1
}
