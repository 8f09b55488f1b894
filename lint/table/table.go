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

// Find finds the tables of a document, but for those in fenced code. Of several markers
// before one end, the last has the text.
func Find(src []byte) (all []Table) {
	at, fenced := 0, false
	end := func(line []byte, from int) {
		last := &all[len(all)-1]
		if i := bytes.Index(line[from:], []byte(End)); i >= 0 && last.Text.Empty() {
			last.Text.End = at + from + i
		}
	}
	for line := range bytes.Lines(src) {
		if trimmed := bytes.TrimSpace(line); bytes.HasPrefix(trimmed, []byte("```")) || bytes.HasPrefix(trimmed, []byte("~~~")) {
			fenced = !fenced
		}
		if len(all) > 0 {
			end(line, 0)
		}
		if i := bytes.Index(line, []byte(Start)); i >= 0 && !fenced {
			behind := i + len(Start)
			all = append(all, Table{source.Span{Start: at + i, End: at + behind}, source.Span{Start: at + behind, End: at + behind}})
			end(line, behind)
		}
		at += len(line)
	}
	return all
}

// Row is a line of a table: the text of its cells, and where ports stand in the document.
type Row struct {
	// Service is never empty; Container is, where the table does not say it.
	Service, Container string
	Ports              []source.Span // at least one
}

var (
	separatorRow = regexp.MustCompile(`^[\s|:-]+$`)
	portInCell   = regexp.MustCompile(`\d+(-\d+)?`)
	portOfHost   = regexp.MustCompile(`[A-Za-z0-9\]]:(\d{1,5})\b`)
	markup       = strings.NewReplacer("`", "", "*", "", "_", "\x00") // underscores belong to names
	link         = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// portsIn finds the ports of a cell: behind the host of addresses and URLs, or
// where there are none, the numbers that stand alone.
func portsIn(text string) (found [][]int) {
	for _, at := range portOfHost.FindAllStringSubmatchIndex(text, -1) {
		found = append(found, at[2:4])
	}
	if found == nil {
		for _, at := range portInCell.FindAllStringIndex(text, -1) {
			if before := strings.TrimRight(text[:at[0]], "`*_ ([\t"); !strings.HasSuffix(before, ".") {
				found = append(found, at)
			}
		}
	}
	return found
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
		for _, digits := range portsIn(port.text) {
			offset := start + port.start
			r.Ports = append(r.Ports, source.Span{Start: offset + digits[0], End: offset + digits[1]})
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
