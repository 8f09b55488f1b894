// Package table reads the tables of ports that documents have between two markers.
//
//	for _, t := range table.Find(src) {
//		rows, ok := table.Read(src, t)
//	}
package table

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/source"
)

// The markers around a table.
const (
	Start = "<!-- portmoor:ports -->"
	End   = "<!-- /portmoor:ports -->"
)

// Table is a marker that a table starts with, and the text from there to the next
// end; the text is empty where nothing ends it.
type Table struct{ Marker, Text source.Span }

// Find finds the tables of a document, but for those in code: fenced, or in a line. Of
// several markers before one end, the last has the text.
func Find(src []byte) (all []Table) {
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
	runs := backticks.FindAllIndex(text, -1)
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

var backticks = regexp.MustCompile("`+")

// Row is a line of a table: the text of its cells, and where ports stand in the document.
type Row struct {
	// Service is never empty; Container is, where the table does not say it.
	Service, Container string
	// Ports are where ports stand, one entry for each part of the list in the cell, at
	// least one; numbers that nothing of a list keeps apart are one part.
	Ports [][]source.Span
}

var (
	separatorRow = regexp.MustCompile(`^[\s|:-]+$`)
	portInCell   = regexp.MustCompile(`\d+(-\d+)?`)
	nextPort     = regexp.MustCompile(`(?i)[,;/&+]|<br|\b(?:and|or)\b`)
	portOfHost   = regexp.MustCompile(`[A-Za-z0-9\]]:(\d{1,5})\b`)
	markup       = strings.NewReplacer("`", "", "*", "", "_", "\x00") // underscores belong to names
	link         = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// portsIn finds the ports of a cell, part by part: behind the host of addresses and
// URLs, or where there are none, the numbers that stand alone.
func portsIn(text string) (parts [][]source.Span) {
	for _, at := range portOfHost.FindAllStringSubmatchIndex(text, -1) {
		parts = append(parts, []source.Span{{Start: at[2], End: at[3]}})
	}
	if parts != nil {
		return parts
	}
	behind := 0
	for _, at := range portInCell.FindAllStringIndex(text, -1) {
		before := strings.TrimRight(text[:at[0]], "`*_ ([\t")
		if strings.HasSuffix(before, ".") {
			continue
		}
		if len(parts) == 0 || nextPort.MatchString(text[behind:at[0]]) {
			parts = append(parts, nil)
		}
		behind = at[1]
		parts[len(parts)-1] = append(parts[len(parts)-1], source.Span{Start: at[0], End: at[1]})
	}
	return parts
}

// Read reads the rows of a table. It reports false when it has not the two columns, as
// when nothing ends it.
func Read(src []byte, in Table) (rows []Row, ok bool) {
	columns := map[string]int{}
	at := in.Text.Start
	for line := range bytes.Lines(src[in.Text.Start:in.Text.End]) {
		start := at
		at += len(line)
		if !bytes.Contains(line, []byte("|")) || separatorRow.Match(line) {
			continue
		}
		cells := split(string(line))
		if len(columns) == 0 {
			for i, c := range cells {
				columns[strings.ToLower(plainText(c.text))] = i + 1
			}
			continue
		}
		cell := func(names ...string) cell {
			for _, n := range names {
				if i := columns[n]; i > 0 && i <= len(cells) {
					return cells[i-1]
				}
			}
			return cell{}
		}
		port := cell("port", "host port")
		service := plainText(cell("service").text)
		r := Row{Service: service, Container: portInCell.FindString(cell("container", "container port").text)}
		for _, part := range portsIn(port.text) {
			offset := start + port.start
			r.Ports = append(r.Ports, lists.Map(part, func(s source.Span) source.Span {
				return source.Span{Start: offset + s.Start, End: offset + s.End}
			}))
		}
		if len(r.Ports) > 0 && service != "" {
			rows = append(rows, r)
		}
	}
	return rows, columns["service"] > 0 && (columns["port"] > 0 || columns["host port"] > 0)
}

type cell struct {
	start int // in the line
	text  string
}

// split takes a line of a table apart; \| is no border.
func split(line string) (cells []cell) {
	start := 0
	for i := 0; i <= len(line); i++ {
		if i < len(line) && (line[i] != '|' || i > 0 && line[i-1] == '\\') {
			continue
		}
		if start > 0 || strings.TrimSpace(line[:i]) != "" {
			cells = append(cells, cell{start, line[start:i]})
		}
		start = i + 1
	}
	return cells
}

// plainText is a cell without its markup.
func plainText(text string) string {
	text = link.ReplaceAllString(text, "$1")
	return strings.TrimSpace(strings.ReplaceAll(markup.Replace(text), "\x00", "_"))
}
