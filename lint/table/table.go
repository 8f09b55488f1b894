// Package table reads the tables of ports that documents have between two markers.
//
//	for _, marker := range table.Markers(src) {
//		rows, ok := table.Read(src, marker.End)
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

// Markers finds the markers that tables start with, but for those in fenced code.
func Markers(src []byte) (markers []source.Span) {
	at, fenced := 0, false
	for line := range bytes.Lines(src) {
		if trimmed := bytes.TrimSpace(line); bytes.HasPrefix(trimmed, []byte("```")) || bytes.HasPrefix(trimmed, []byte("~~~")) {
			fenced = !fenced
		}
		if i := bytes.Index(line, []byte(Start)); i >= 0 && !fenced {
			markers = append(markers, source.Span{Start: at + i, End: at + i + len(Start)})
		}
		at += len(line)
	}
	return markers
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

// Read reads the rows of the first table behind a place. It reports false
// when there is none with the two columns, or when nothing ends it.
func Read(src []byte, from int) (rows []Row, ok bool) {
	end := bytes.Index(src[from:], []byte(End))
	if end < 0 {
		return nil, false
	}
	columns := map[string]int{}
	at := from
	for line := range bytes.Lines(src[from : from+end]) {
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
