package source

import (
	"bytes"
	"slices"

	"go.yaml.in/yaml/v4"
)

// Comment reports whether a byte stands in a comment. In a file that is not
// YAML, such as an env file, a line's text behind a # that follows a blank counts.
func (f *File) Comment(offset int) bool {
	f.scalarsOnce.Do(func() {
		for _, doc := range f.Docs {
			f.collectScalars(doc)
		}
		slices.SortFunc(f.scalars, func(a, b Span) int { return a.Start - b.Start })
	})
	for i := bytes.LastIndexAny(f.Src[:offset], "\n\r") + 1; i <= offset && i < len(f.Src); i++ {
		if f.Src[i] == '#' && (i == 0 || bytes.IndexByte([]byte(" \t\n\r"), f.Src[i-1]) >= 0) && !f.inScalar(i) {
			return true
		}
	}
	return false
}

func (f *File) inScalar(offset int) bool {
	i, found := slices.BinarySearchFunc(f.scalars, offset, func(s Span, at int) int { return s.Start - at })
	return found || i > 0 && offset < f.scalars[i-1].End
}

func (f *File) collectScalars(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		span := f.Span(n)
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			span.End = f.blockEnd(span.Start)
		}
		f.scalars = append(f.scalars, span)
	}
	for _, c := range n.Content {
		f.collectScalars(c)
	}
}

// Whole is the span of a scalar with all of its text, where Span has only the
// first character of a block scalar.
func (f *File) Whole(span Span) Span {
	if span.Start < len(f.Src) && span.End == span.Start+1 && (f.Src[span.Start] == '|' || f.Src[span.Start] == '>') {
		span.End = f.blockEnd(span.Start)
	}
	return span
}

// blockEnd is where a block scalar ends: before the first line that is neither
// blank nor indented deeper than the line in which it begins.
func (f *File) blockEnd(start int) int {
	indent := func(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }
	lineStart := bytes.LastIndexByte(f.Src[:start], '\n') + 1
	outer := indent(f.Src[lineStart:])
	end := start
	for at := start; ; {
		next := bytes.IndexByte(f.Src[at:], '\n')
		if next < 0 {
			return len(f.Src)
		}
		at += next + 1
		line, _, _ := bytes.Cut(f.Src[at:], []byte("\n"))
		if blank := len(bytes.TrimSpace(line)) == 0; !blank && indent(line) <= outer {
			return end
		}
		end = at + len(line)
		if end >= len(f.Src) {
			return len(f.Src)
		}
	}
}
