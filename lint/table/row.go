package table

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/source"
)

// Row is a line of a table: the text of its cells, and where ports stand in the document.
type Row struct {
	// Service is never empty; Container is, where the table does not say it.
	Service, Container string
	// Host reports a column that is about host ports for sure.
	Host bool
	// Ports are where ports stand, one entry for each part of the list in the cell, at
	// least one; numbers that nothing of a list keeps apart are one part.
	Ports [][]source.Span

	line line
	cell source.Span // of the ports
}

// Named is the name by which services have that of the row, "" for none: as it is
// written, or in lower case with - for each blank.
func Named[T any](r Row, services map[string]T) string {
	for _, name := range []string{r.Service, r.slug()} {
		if _, known := services[name]; known {
			return name
		}
	}
	return ""
}

func (r Row) slug() string { return strings.Join(strings.Fields(strings.ToLower(r.Service)), "-") }

// PartOf is the service whose name that of the row begins with, as that of Agent Zero UI
// begins with agent-zero, "" for none. Such a row is about the service where it is right.
func PartOf[T any](r Row, services map[string]T) string {
	name := r.slug()
	for i := strings.LastIndexByte(name, '-'); i > 0; i = strings.LastIndexByte(name, '-') {
		name = name[:i]
		if _, known := services[name]; known {
			return name
		}
	}
	return ""
}

// The names of columns, the first that a table has counts.
var (
	serviceColumns   = []string{"service", "name"}
	portColumns      = []string{hostPort, "default port", "port"}
	containerColumns = []string{"container", "container port"}
	categoryColumns  = []string{"category"}
)

const hostPort = "host port"

var (
	separatorRow = pattern.Lazy(`^[\s|:-]+$`)
	portInCell   = pattern.Lazy(`\d+(-\d+)?`)
	firstPort    = pattern.Lazy(`^\d+(-\d+)?\b`)
	nextPort     = pattern.Lazy(`(?i)[,;/&+]|<br|\b(?:and|or)\b`)
	portOfHost   = pattern.Lazy(`[A-Za-z0-9\]]:(\d{1,5})\b`)
	hostOfPair   = pattern.Lazy(`(?:^|[\s\x60(,;])(\d{1,5}):\d{1,5}\b`)
	markup       = strings.NewReplacer("`", "", "*", "", "_", "\x00") // underscores belong to names
	link         = pattern.Lazy(`\[([^\]]*)\]\([^)]*\)`)
)

// portsIn finds the ports of a cell, part by part: before those of containers, behind
// the host of addresses and URLs, or where there are none, the numbers that stand alone.
func portsIn(text string) (parts [][]source.Span) {
	for _, form := range []*regexp.Regexp{hostOfPair(), portOfHost()} {
		for _, at := range form.FindAllStringSubmatchIndex(text, -1) {
			parts = append(parts, []source.Span{{Start: at[2], End: at[3]}})
		}
		if parts != nil {
			return parts
		}
	}
	behind := 0
	for _, at := range portInCell().FindAllStringIndex(text, -1) {
		before := strings.TrimRight(text[:at[0]], "`*_ ([\t")
		if strings.HasSuffix(before, ".") {
			continue
		}
		if len(parts) == 0 || nextPort().MatchString(text[behind:at[0]]) {
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
	h, _ := headerOf(src, in)
	for _, l := range h.lines {
		port, _ := h.cell(l, portColumns)
		named, _ := h.cell(l, serviceColumns)
		container, _ := h.cell(l, containerColumns)
		r := Row{
			Service: plainText(named.text), Container: firstPort().FindString(plainText(container.text)), Host: h.has(hostPort), line: l,
			cell: source.Span{Start: l.Start + port.start, End: l.Start + port.start + len(port.text)},
		}
		for _, part := range portsIn(port.text) {
			r.Ports = append(r.Ports, lists.Map(part, func(s source.Span) source.Span {
				return source.Span{Start: r.cell.Start + s.Start, End: r.cell.Start + s.End}
			}))
		}
		if len(r.Ports) > 0 && r.Service != "" {
			rows = append(rows, r)
		}
	}
	return rows, h.ofPorts()
}

// header is the first line of a table, and the lines below it that are rows.
type header struct {
	columns map[string]int // by their names in lower case, from 1
	cells   int            // how many columns there are
	line    line
	lines   []line
}

// line is a row of a table, with the end of the line.
type line struct {
	source.Span

	cells []cell
}

// headerOf reports false for a text without a line that could be a header.
func headerOf(src []byte, in Table) (h header, ok bool) {
	at := in.Text.Start
	for text := range bytes.Lines(src[in.Text.Start:in.Text.End]) {
		l := line{Span: source.Span{Start: at, End: at + len(text)}}
		at = l.End
		if !bytes.Contains(text, []byte("|")) || separatorRow().Match(text) {
			continue
		}
		l.cells = split(string(text))
		if h.columns != nil {
			h.lines = append(h.lines, l)
			continue
		}
		h.columns, h.line, h.cells = map[string]int{}, l, len(l.cells)
		for i, c := range l.cells {
			h.columns[strings.ToLower(plainText(c.text))] = i + 1
		}
	}
	return h, h.columns != nil
}

func (h header) has(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return h.columns[n] > 0 })
}

// ofPorts reports the header of a table of ports.
func (h header) ofPorts() bool { return h.has(serviceColumns...) && h.has(portColumns...) }

// cell is what a line has in the column with the first of some names, false where it
// ends before it or no column has one.
func (h header) cell(l line, names []string) (c cell, ok bool) {
	for _, n := range names {
		if i := h.columns[n]; i > 0 {
			if i > len(l.cells) {
				return c, false
			}
			return l.cells[i-1], true
		}
	}
	return c, false
}

// unmarked are the tables of ports in a paragraph: a header, a line below it that parts
// it from its rows, and the lines up to one that is no row.
func unmarked(src []byte, in source.Span) (all []Table) {
	var before, current source.Span // the line above, and the text of the table at hand
	at := in.Start
	for text := range bytes.Lines(src[in.Start:in.End]) {
		l := source.Span{Start: at, End: at + len(text)}
		at = l.End
		row := bytes.Contains(text, []byte("|"))
		switch {
		case !row:
			current = source.Span{}
		case !current.Empty():
			current.End = l.End
			all[len(all)-1].Text = current
		case separatorRow().Match(text) && bytes.Contains(text, []byte("-")) && !before.Empty():
			if h, ok := headerOf(src, Table{Text: before}); ok && h.ofPorts() {
				current = source.Span{Start: before.Start, End: l.End}
				all = append(all, Table{Text: current})
			}
		}
		before = l
	}
	return all
}

type cell struct {
	start int // in the line
	text  string
}

// split takes a line of a table apart, whose outer borders may be left out; \| is none.
func split(line string) (cells []cell) {
	start := 0
	for i := 0; i <= len(line); i++ {
		if i < len(line) && (line[i] != '|' || i > 0 && line[i-1] == '\\') {
			continue
		}
		first := start == 0 && strings.TrimSpace(line[:i]) == ""
		if last := i == len(line) && strings.TrimSpace(line[start:]) == ""; !first && !last {
			cells = append(cells, cell{start, line[start:i]})
		}
		start = i + 1
	}
	return cells
}

// plainText is a cell without its markup.
func plainText(text string) string {
	text = link().ReplaceAllString(text, "$1")
	return strings.TrimSpace(strings.ReplaceAll(markup.Replace(text), "\x00", "_"))
}
