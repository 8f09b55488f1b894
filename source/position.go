package source

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

var bom = []byte("\xef\xbb\xbf")

// Position is the 1-based line and column of a byte offset, as an editor shows
// them: lines end at LF, CRLF or a lone CR, columns count characters, and a
// byte order mark is none. An offset beyond the file is its end.
func (f *File) Position(offset int) (line, column int) {
	offset = min(max(offset, 0), len(f.Src))
	f.readLines()
	line = sort.SearchInts(f.editorLines, offset+1)
	start := f.editorLines[line-1]
	if line == 1 && bytes.HasPrefix(f.Src, bom) {
		start = min(len(bom), offset)
	}
	return line, f.editorRunes.before(f.Src, offset) - f.editorRunes.before(f.Src, start) + 1
}

func (f *File) readLines() {
	f.editorOnce.Do(func() {
		f.editorLines = lineStarts(f.Src, false)
		f.editorRunes = countRunes(f.Src)
	})
}

// Line is where a line of the file stands, with its end; lines count from 1 as in
// [File.Position]. It is empty for a line that the file does not have.
func (f *File) Line(line int) Span {
	f.readLines()
	switch {
	case line < 1 || line > len(f.editorLines):
		return Span{len(f.Src), len(f.Src)}
	case line == len(f.editorLines):
		return Span{f.editorLines[line-1], len(f.Src)}
	}
	return Span{f.editorLines[line-1], f.editorLines[line]}
}

// runeIndex counts the runes before every 1,024th byte, so that a column in a
// line of a megabyte is found without reading all of the line.
type runeIndex []int

const runeBlock = 1024

func countRunes(src []byte) runeIndex {
	index := runeIndex{0}
	for at := 0; at+runeBlock <= len(src); at += runeBlock {
		index = append(index, index[len(index)-1]+runeStarts(src[at:at+runeBlock]))
	}
	return index
}

// runeStarts counts the bytes that do not continue a rune.
func runeStarts(b []byte) (n int) {
	for _, c := range b {
		if utf8.RuneStart(c) {
			n++
		}
	}
	return n
}

// before is the number of runes that start before an offset.
func (x runeIndex) before(src []byte, offset int) int {
	block := offset / runeBlock
	return x[block] + runeStarts(src[block*runeBlock:offset])
}

// forward is the offset of the rune that is n runes behind another, at most
// the end of the file.
func (x runeIndex) forward(src []byte, from, n int) int {
	at, left := from, n
	if n > runeBlock {
		target := x.before(src, from) + n
		block := max(sort.SearchInts(x, target+1)-1, 0)
		at, left = block*runeBlock, target-x[block]
	}
	for ; at < len(src); at++ {
		if !utf8.RuneStart(src[at]) {
			continue
		}
		if left == 0 {
			break
		}
		left--
	}
	return at
}

// lineStarts lists the offset of each line's first byte. YAML counts more
// breaks than editors do.
func lineStarts(src []byte, yamlBreaks bool) []int {
	starts := []int{0}
	for i := 0; i < len(src); i++ {
		if src[i] >= ' ' && src[i] < utf8.RuneSelf || src[i] >= utf8.RuneSelf && !yamlBreaks {
			continue
		}
		if n := lineBreak(src[i:]); n > 0 {
			i += n - 1
			starts = append(starts, i+1)
		}
	}
	return starts
}

// offset turns a node's line and column, counted in runes from 1 as the YAML
// library does, into a byte offset. The library does not count a BOM that
// opens the file, but does count one that opens a later document.
func (f *File) offset(line, column int) int {
	if line < 1 || line > len(f.lines) {
		return len(f.Src)
	}
	at := f.lines[line-1]
	if line == 1 && bytes.HasPrefix(f.Src, bom) {
		at += len(bom)
	}
	return f.runes.forward(f.Src, at, max(column-1, 0))
}

// Span is where a node's own text stands, without its anchor and tag. Of a
// collection, and of a block scalar, it is the first character only; a value
// that is not written has an empty span.
func (f *File) Span(n *yaml.Node) Span {
	start := f.offset(n.Line, n.Column)
	if n.Kind != yaml.AliasNode {
		start = f.skipProperties(start, n)
	}
	return Span{start, f.end(start, n)}
}

// skipProperties moves from a node's anchor and tag, which the library counts
// as the node's start, to its content: of a value that is not written, to behind
// them, since what follows belongs to somebody else.
func (f *File) skipProperties(at int, n *yaml.Node) int {
	anchor, tag := n.Anchor != "", true // the library does not remember the tag "!"
	behind := at
	for at < len(f.Src) {
		switch {
		case anchor && f.Src[at] == '&':
			anchor = false
			at += 1 + len(n.Anchor)
		case tag && f.Src[at] == '!' && (behind == at || n.Style&yaml.TaggedStyle != 0 || !unwritten(n)):
			tag = false
			at = f.skipTag(at)
		case unwritten(n):
			return behind
		default:
			return at
		}
		behind = min(at, len(f.Src))
		at = skipBlank(f.Src, behind)
	}
	if unwritten(n) {
		return behind
	}
	return len(f.Src)
}

// unwritten reports a value that only has an anchor or a tag, or nothing at all.
func unwritten(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&^yaml.TaggedStyle == 0
}

func (f *File) skipTag(at int) int {
	if bytes.HasPrefix(f.Src[at:], []byte("!<")) {
		return at + max(bytes.IndexByte(f.Src[at:], '>'), 0) + 1
	}
	for at < len(f.Src) && !strings.ContainsRune(" \t,]}", rune(f.Src[at])) && lineBreak(f.Src[at:]) == 0 {
		at++
	}
	return at
}

// lineBreak is the length of the line break that opens text, 0 for none, as YAML
// knows them: NEL, LS and PS end a line too (YAML 1.1, and measured).
func lineBreak[T []byte | string](text T) int {
	switch {
	case len(text) == 0:
		return 0
	case text[0] == '\n':
		return 1
	case text[0] == '\r' && len(text) > 1 && text[1] == '\n':
		return 2
	case text[0] == '\r':
		return 1
	case len(text) > 1 && text[0] == 0xc2 && text[1] == 0x85:
		return 2
	case len(text) > 2 && text[0] == 0xe2 && text[1] == 0x80 && (text[2] == 0xa8 || text[2] == 0xa9):
		return 3
	}
	return 0
}

// skipBlank moves over blanks, line breaks and comments.
func skipBlank(src []byte, at int) int {
	for at < len(src) {
		switch n := lineBreak(src[at:]); {
		case n > 0:
			at += n
		case src[at] == ' ' || src[at] == '\t':
			at++
		case src[at] == '#':
			for at < len(src) && lineBreak(src[at:]) == 0 {
				at++
			}
		default:
			return at
		}
	}
	return at
}

// end finds where a node's text ends, which the library does not say.
func (f *File) end(start int, n *yaml.Node) int {
	rest := f.Src[start:]
	switch {
	case n.Kind == yaml.AliasNode:
		return min(start+1+len(n.Value), len(f.Src))
	case len(rest) == 0 || n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "":
		return start
	case n.Kind != yaml.ScalarNode || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return start + 1
	case n.Style&yaml.SingleQuotedStyle != 0:
		return start + quotedLen(rest, '\'')
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return start + quotedLen(rest, '"')
	case bytes.HasPrefix(rest, []byte(n.Value)):
		return start + len(n.Value)
	default:
		return start + foldedLen(rest, n.Value)
	}
}

// quotedLen is the length of the quoted scalar that opens text.
func quotedLen(text []byte, quote byte) int {
	for i := 1; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return len(text)
}

// foldedLen is the length of a plain scalar over several lines: value with
// each run of blanks and breaks in it standing for any such run in text.
func foldedLen(text []byte, value string) int {
	at := 0
	for i := 0; i < len(value) && at < len(text); {
		if n := blanks(value[i:]); n > 0 {
			i += n
			at += blanks(text[at:])
			continue
		}
		if text[at] != value[i] {
			return at
		}
		at, i = at+1, i+1
	}
	return at
}

// blanks is the length of the run of blanks and line breaks that opens text.
func blanks[T []byte | string](text T) (n int) {
	for n < len(text) {
		switch more := lineBreak(text[n:]); {
		case more > 0:
			n += more
		case text[n] == ' ' || text[n] == '\t':
			n++
		default:
			return n
		}
	}
	return n
}

// Inner is a scalar's text without its quotes, and whether the node's value
// stands there letter by letter. Only then is index i of the value byte i of
// the source; escapes, folding and block scalars are never rewritten.
func (f *File) Inner(n *yaml.Node, outer Span) (Span, bool) {
	in := outer
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		in = Span{outer.Start + 1, max(outer.End-1, outer.Start+1)}
	}
	if in.End > len(f.Src) || !f.separated(n) {
		return in, false
	}
	return in, string(f.Src[in.Start:in.End]) == n.Value
}

// separated reports whether a blank stands between a node's anchor or tag and
// its content. A value glued to its anchor reads as one or the other
// depending on who reads it, so it is left alone.
func (f *File) separated(n *yaml.Node) bool {
	if n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 {
		return true
	}
	at := f.Span(n).Start
	if at == 0 {
		return false
	}
	_, size := utf8.DecodeLastRune(f.Src[:at])
	return blanks(f.Src[at-size:at]) > 0
}
