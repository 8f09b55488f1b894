package source

import (
	"bytes"
	"slices"
	"sort"

	"go.yaml.in/yaml/v4"
)

// layout is where the text of a file's scalars and its comments stand, in order.
type layout struct {
	scalars, comments []Span
	blocks            map[int]int // from where a block scalar starts to where it ends
}

// Comment reports whether a byte stands in a comment. In a file that is not
// YAML, such as an env file, a line's text behind a # that follows a blank counts.
func (f *File) Comment(offset int) bool {
	l := f.layout()
	i := sort.Search(len(l.comments), func(i int) bool { return l.comments[i].Start > offset })
	return i > 0 && offset < l.comments[i-1].End
}

// Comments are where the file's comments stand, in order, each with the end of its
// line.
func (f *File) Comments() []Span { return f.layout().comments }

// Whole is the span of a scalar with all of its text, where Span has only the
// first character of a block scalar.
func (f *File) Whole(span Span) Span {
	if end, block := f.layout().blocks[span.Start]; block && span.End == span.Start+1 {
		span.End = end
	}
	return span
}

func (f *File) layout() *layout {
	f.layoutOnce.Do(func() {
		f.laidOut.blocks = map[int]int{}
		for _, doc := range f.Docs {
			f.layOut(doc)
		}
		slices.SortFunc(f.laidOut.scalars, func(a, b Span) int { return a.Start - b.Start })
		f.findComments()
	})
	return &f.laidOut
}

func (f *File) layOut(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		span := f.Span(n)
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			var text Span
			span, text = f.block(n, span.Start)
			f.laidOut.blocks[span.Start] = max(span.End, text.End)
			f.laidOut.scalars = append(f.laidOut.scalars, text)
		}
		f.laidOut.scalars = append(f.laidOut.scalars, span)
	}
	for _, c := range n.Content {
		f.layOut(c)
	}
}

// findComments looks at each line once. A comment ends with its line.
func (f *File) findComments() {
	lines, scalars := f.lines, f.laidOut.scalars
	if lines == nil {
		lines = lineStarts(f.Src, false)
	}
	for i, start := range lines {
		end := len(f.Src)
		if i+1 < len(lines) {
			end = lines[i+1]
		}
		for at := start; at < end; at++ {
			next := bytes.IndexByte(f.Src[at:end], '#')
			if next < 0 {
				break
			}
			at += next
			for len(scalars) > 0 && scalars[0].End <= at {
				scalars = scalars[1:]
			}
			if len(scalars) > 0 && scalars[0].Start <= at {
				at = scalars[0].End - 1
			} else if at == start || f.Src[at-1] == ' ' || f.Src[at-1] == '\t' {
				f.laidOut.comments = append(f.laidOut.comments, Span{at, end})
				break
			}
		}
	}
}

// block is where a block scalar's header and its text stand; the text is empty
// where the header says all. The library does not say how far the text is
// indented: the first line that is not blank has it, less what the value keeps.
func (f *File) block(n *yaml.Node, start int) (header, text Span) {
	at := start + 1
	for at < len(f.Src) && bytes.IndexByte([]byte("+-0123456789"), f.Src[at]) >= 0 {
		at++
	}
	header, text = Span{start, min(at, len(f.Src))}, Span{at, at}
	first := blanks(n.Value)
	if first == len(n.Value) {
		return header, text
	}
	indent := -1
	for i := sort.SearchInts(f.lines, start+1); i < len(f.lines); i++ {
		line := f.Src[f.lines[i]:]
		if i+1 < len(f.lines) {
			line = line[:f.lines[i+1]-f.lines[i]]
		}
		if blanks(line) == len(line) {
			continue
		}
		deep := spaces(line)
		if indent < 0 {
			indent = deep - spaces(n.Value[lastLine(n.Value[:first]):])
			text.Start = f.lines[i]
		}
		if deep < indent {
			break
		}
		text.End = f.lines[i] + len(line) - breakLen(line)
	}
	return header, text
}

// breakLen is the length of the line break that a line ends with.
func breakLen(line []byte) int {
	for n := min(3, len(line)); n > 0; n-- {
		if lineBreak(line[len(line)-n:]) == n {
			return n
		}
	}
	return 0
}

func spaces[T []byte | string](text T) (n int) {
	for n < len(text) && text[n] == ' ' {
		n++
	}
	return n
}

// lastLine is where the last line of text begins.
func lastLine(text string) (start int) {
	for i := range len(text) {
		if n := lineBreak(text[i:]); n > 0 {
			start = i + n
		}
	}
	return start
}
