// Package table reads the tables of ports that documents have, judges their rows, and
// makes such tables.
//
// The model: where a document has markers, they say which its tables are; where it has
// none, a table is known by the columns of its header.
//
//	for _, t := range table.Find(src) {
//		rows, ok := table.Read(src, t)
//	}
package table

import (
	"bytes"
	"strings"

	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/source"
)

// The markers around a table.
const (
	Start = "<!-- portmoor:ports -->"
	End   = "<!-- /portmoor:ports -->"
)

// Table is a marker that a table starts with, and the text from there to the next
// end; the text is empty where nothing ends it.
type Table struct {
	// Marker is empty for a table that is known by its header.
	Marker, Text source.Span
}

// Marked reports a table between markers, which is about ports for sure.
func (t Table) Marked() bool { return !t.Marker.Empty() }

// Find finds the tables of a document, but for those in code: fenced, or in a line. Of
// several markers before one end, the last has the text.
func Find(src []byte) (all []Table) {
	if all = marked(src); all != nil {
		return all
	}
	for _, p := range paragraphs(src) {
		all = append(all, unmarked(src, p)...)
	}
	return all
}

// marked are the tables that markers tell.
func marked(src []byte) (all []Table) {
	if !bytes.Contains(src, []byte(Start)) {
		return nil
	}
	for _, p := range paragraphs(src) {
		hidden := codeIn(src[p.Start:p.End])
		for at := p.Start; at < p.End; at++ {
			if len(hidden) > 0 && at == p.Start+hidden[0].Start {
				at, hidden = p.Start+hidden[0].End-1, hidden[1:]
				continue
			}
			switch rest := src[at:p.End]; {
			case bytes.HasPrefix(rest, []byte(Start)):
				behind := at + len(Start)
				all = append(all, Table{source.Span{Start: at, End: behind}, source.Span{Start: behind, End: behind}})
			case bytes.HasPrefix(rest, []byte(End)) && len(all) > 0 && all[len(all)-1].Text.Empty():
				all[len(all)-1].Text.End = at
			}
		}
	}
	return all
}

// paragraphs are the parts of a document that blank lines and fenced code keep apart.
func paragraphs(src []byte) (all []source.Span) {
	at, fence := 0, ""
	open := false // the last one goes on
	for line := range bytes.Lines(src) {
		start := at
		at += len(line)
		text := strings.TrimSpace(string(line))
		run := fenceOf(text)
		switch {
		case fence != "":
			if strings.HasPrefix(run, fence) && run == text {
				fence = ""
			}
		case run != "":
			fence, open = run, false
		case text == "":
			open = false
		case open:
			all[len(all)-1].End = at
		default:
			all, open = append(all, source.Span{Start: start, End: at}), true
		}
	}
	return all
}

// fenceOf is the run of characters that opens or closes fenced code in a line, "" for
// another line.
func fenceOf(text string) string {
	for _, c := range []string{"`", "~"} {
		run := text[:len(text)-len(strings.TrimLeft(text, c))]
		if len(run) >= 3 && (c == "~" || !strings.Contains(text[len(run):], c)) {
			return run
		}
	}
	return ""
}

// codeIn are the pieces of code in a paragraph: between two runs of equally many
// backticks.
func codeIn(text []byte) (all []source.Span) {
	last := map[int]int{} // where the last run of a length begins
	runs := backticks().FindAllIndex(text, -1)
	for _, r := range runs {
		last[r[1]-r[0]] = r[0]
	}
	behind := 0
	for i, r := range runs {
		if r[0] < behind || last[r[1]-r[0]] == r[0] {
			continue
		}
		for _, o := range runs[i+1:] {
			if o[1]-o[0] == r[1]-r[0] {
				all, behind = append(all, source.Span{Start: r[0], End: o[1]}), o[1]
				break
			}
		}
	}
	return all
}

var backticks = pattern.Lazy("`+")
