package report

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

const (
	bom      = "\ufeff"
	ellipsis = "…"
	tab      = "    " // a real one would put the marks wherever the terminal's stops are
)

// cell is one character as a reader sees it: a grapheme cluster, or what is
// shown in its place.
type cell struct {
	text       string
	width      int // in columns
	start, end int // offsets of the bytes it stands for
}

// frame is a line of code with a part of it to be marked.
type frame struct {
	code   string
	indent int // columns before the marked part
	marked int // columns of it, at least 1
}

// newFrame cuts the line that span starts on to at most room columns. A span
// that goes on after its line is marked to the end of the line.
func newFrame(src []byte, span source.Span, room int) frame {
	start := min(max(span.Start, 0), len(src))
	line := around(src, start, 4*room)
	cells := line.cells(start)
	first := sort.Search(len(cells), func(i int) bool { return cells[i].end > start })
	behind := sort.Search(len(cells), func(i int) bool { return cells[i].start >= span.End })
	behind = max(behind, first)

	from, to := 0, len(cells)
	if line.cutLeft || line.cutRight || width(cells) > room {
		from, to = window(cells, first, behind, room-2*uniseg.StringWidth(ellipsis))
	}
	f := frame{
		indent: width(cells[from:first]),
		marked: max(1, width(cells[first:max(first, min(behind, to))])),
	}
	var code strings.Builder
	if line.cutLeft || from > 0 {
		code.WriteString(ellipsis)
		f.indent += uniseg.StringWidth(ellipsis)
	}
	for _, c := range cells[from:to] {
		code.WriteString(c.text)
	}
	if line.cutRight || to < len(cells) {
		code.WriteString(ellipsis)
	}
	f.code = strings.ReplaceAll(strings.TrimRight(code.String(), " "), "##[", "#·[") // a command of GitHub, in the same room
	return f
}

// window chooses which cells to show when they do not all fit into room: all
// that are marked if possible, with up to a third of the room before them, and
// more than that when the line ends soon after.
func window(cells []cell, first, behind, room int) (from, to int) {
	lead := max(room-width(cells[first:]), min(room/3, room-width(cells[first:behind])), 0)
	from = first
	for from > 0 && cells[from-1].width <= lead {
		from--
		lead -= cells[from].width
	}
	room -= width(cells[from:first])
	to = first
	for to < len(cells) && cells[to].width <= room {
		room -= cells[to].width
		to++
	}
	return from, to
}

func width(cells []cell) int {
	sum := 0
	for _, c := range cells {
		sum += c.width
	}
	return sum
}

// excerpt is a line, or a part of it when it is long.
type excerpt struct {
	text              string
	offset            int // of text in the source
	cutLeft, cutRight bool
}

// around is what the line of offset at holds within reach bytes on both sides.
// Nothing further away is looked at: minified JSON is one line of any length.
func around(src []byte, at, reach int) excerpt {
	from, to := max(at-reach, 0), min(at+reach, len(src))
	e := excerpt{cutLeft: from > 0, cutRight: to < len(src)}
	if i := bytes.LastIndexAny(src[from:at], "\r\n"); i >= 0 {
		from += i + 1
		e.cutLeft = false
	}
	if i := bytes.IndexAny(src[at:to], "\r\n"); i >= 0 {
		to = at + i
		e.cutRight = false
	}
	for e.cutLeft && from < at && !utf8.RuneStart(src[from]) {
		from++
	}
	for e.cutRight && to > at && !utf8.RuneStart(src[to]) {
		to--
	}
	e.text, e.offset = string(src[from:to]), from
	if rest, found := strings.CutPrefix(e.text, bom); found && from == 0 {
		e.text, e.offset = rest, len(bom)
	}
	return e
}

// cells splits the excerpt. The first cell of a cut line is left out when it
// ends before offset start, since it may be the second half of a cluster.
func (e excerpt) cells(start int) []cell {
	cells := make([]cell, 0, len(e.text))
	offset := e.offset
	add := func(text string, width, size int) {
		cells = append(cells, cell{text, width, offset, offset + size})
		offset += size
	}
	for rest, state := e.text, -1; rest != ""; {
		if plain(rest) {
			add(rest[:1], 1, 1)
			rest, state = rest[1:], -1
			continue
		}
		var cluster string
		var columns int
		cluster, rest, columns, state = uniseg.FirstGraphemeClusterInString(rest, state)
		switch {
		case cluster == "\t":
			add(tab, len(tab), 1)
		case say.Visible(cluster) == cluster:
			add(cluster, columns, len(cluster))
		default:
			for cluster != "" {
				size := pieceLen(cluster)
				text := say.Visible(cluster[:size])
				add(text, uniseg.StringWidth(text), size)
				cluster = cluster[size:]
			}
		}
	}
	if e.cutLeft && len(cells) > 0 && cells[0].end <= start {
		cells = cells[1:]
	}
	return cells
}

// pieceLen is the length of the hidden character that s starts with, or of all
// that comes before the first one.
func pieceLen(s string) int {
	switch i := strings.IndexFunc(s, say.Hidden); i {
	case -1:
		return len(s)
	case 0:
		_, size := utf8.DecodeRuneInString(s)
		return size
	default:
		return i
	}
}

// plain reports whether s starts with a visible ASCII character to which
// nothing is joined. Most of a compose file is that, and segmentation is slow.
func plain(s string) bool {
	return s[0] >= ' ' && s[0] < 0x7f && (len(s) == 1 || s[1] < utf8.RuneSelf)
}
