package table

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/source"
)

// Service is what a table says of a service: its ports on the host, and what it is.
type Service struct {
	Name string
	// Category is "" for a service that is in none.
	Category string
	Ports    []Port // none for a service that gets no row
}

// Port is a host port, or a range, and the container port that it leads to.
type Port struct{ Host, Container string }

// ErrUnmarked is why a document is left as it is.
var ErrUnmarked = errors.New("has a table of ports that no markers are around, and is left as it is")

// Write makes a document say what services have. Between markers, the rows that are
// right keep their bytes, and all rows their other columns; ports and categories are
// corrected, rows about something else go, and the last table gets what is missing. A
// document without a table gets one at its end. The error is [ErrUnmarked], or about
// markers without a table that can be read between them.
func Write(src []byte, services []Service) ([]byte, error) {
	w := writer{src: src, newline: "\n", services: lists.By(services, func(s Service) string { return s.Name }), rights: map[[2]string]Right{}, listed: map[[2]string]bool{}}
	if bytes.Contains(src, []byte("\r\n")) {
		w.newline = "\r\n"
	}
	tables := Find(src)
	for _, t := range tables {
		if !t.Marked() {
			return nil, ErrUnmarked
		}
		if err := w.read(t); err != nil {
			return nil, err
		}
	}
	w.correct()
	missing := w.missing(services)
	switch {
	case len(missing) == 0:
	case len(tables) == 0:
		start := strings.Repeat(w.newline, min(len(src), 1))
		if len(src) > 0 && src[len(src)-1] != '\n' {
			start += w.newline
		}
		w.edit(source.Span{Start: len(src), End: len(src)}, start+Start+w.newline+w.whole(missing)+End+w.newline)
	case w.last.columns == nil:
		start := w.newline
		if src[w.end.Start-1] == '\n' {
			start = ""
		}
		w.edit(w.end, start+w.whole(missing))
	default:
		w.edit(w.end, w.lines(w.last, missing))
	}
	return w.applied(), nil
}

// writer is a document that is written.
type writer struct {
	src      []byte
	newline  string
	services map[string]Service
	rows     []writtenRow
	rights   map[[2]string]Right // by service and container port
	listed   map[[2]string]bool  // by service and host port
	edits    []edit
	last     header      // of the last table; without columns where nothing is between its markers
	end      source.Span // where that gets new rows
}

type writtenRow struct {
	Row

	header header
	name   string // of the service
	part   bool   // it is about a part of the service, which has a category of its own
}

type edit struct {
	source.Span

	text string
}

func (w *writer) edit(at source.Span, text string) { w.edits = append(w.edits, edit{at, text}) }

// read reads a table; of rows about no service it makes nothing.
func (w *writer) read(t Table) error {
	rows, ok := Read(w.src, t)
	h, has := headerOf(w.src, t)
	w.last, w.end = h, source.Span{Start: t.Text.End, End: t.Text.End}
	switch {
	case !bytes.HasPrefix(w.src[t.Text.End:], []byte(End)):
		return fmt.Errorf("has a table that does not end with %s", End)
	case !has:
		return nil
	case !ok:
		return errors.New("has a table between markers without the columns Service and Port")
	}
	behind := h.line.End
	for line := range bytes.Lines(w.src[behind:t.Text.End]) {
		if !bytes.Contains(line, []byte("|")) || line[len(line)-1] != '\n' {
			break
		}
		behind += len(line)
	}
	w.end = source.Span{Start: behind, End: behind}
	for _, r := range rows {
		name := Named(r, w.services)
		part := name == ""
		if service := PartOf(r, w.services); part && service != "" {
			if wrong, _ := r.compare(w.src, w.hosts(service, r.Container)); len(wrong) == 0 {
				name = service
			}
		}
		if name == "" {
			w.edit(r.line.Span, "")
			continue
		}
		w.rows = append(w.rows, writtenRow{r, h, name, part})
	}
	return nil
}

// hosts are the host ports that a service has for a container port, "" for any.
func (w *writer) hosts(service, container string) Right {
	right, done := w.rights[[2]string{service, container}]
	if done {
		return right
	}
	for _, p := range w.services[service].Ports {
		if container == "" || container == p.Container {
			right.Add(p.Host)
		}
	}
	right.None()
	w.rights[[2]string{service, container}] = right
	return right
}

// correct gives the rows that are wrong the ports that no other row has.
func (w *writer) correct() {
	var wrong []writtenRow
	for _, r := range w.rows {
		right := w.hosts(r.name, r.Container)
		bad, missing := r.compare(w.src, right)
		for _, port := range right.ports {
			if !slices.Contains(missing, port) {
				w.listed[[2]string{r.name, port}] = true
			}
		}
		if len(bad) > 0 {
			wrong = append(wrong, r)
		} else {
			w.categorize(r)
		}
	}
	for _, r := range wrong {
		right := w.hosts(r.name, r.Container)
		bad, missing := r.compare(w.src, right)
		missing = slices.DeleteFunc(missing, func(port string) bool { return w.listed[[2]string{r.name, port}] })
		has := lists.Only(right.ports, func(port string) bool { return !slices.Contains(missing, port) && r.lists(w.src, port) })
		switch all := slices.Concat(has, missing); {
		case len(all) == 0:
			w.edit(r.line.Span, "")
			continue
		case len(bad) == 1 && len(missing) == 1:
			w.edit(bad[0], missing[0])
		default:
			w.replace(r.cell, strings.Join(all, ", "))
		}
		for _, port := range missing {
			w.listed[[2]string{r.name, port}] = true
		}
		w.categorize(r)
	}
}

// lists reports a row that has a port.
func (r Row) lists(src []byte, port string) bool {
	return slices.ContainsFunc(r.Ports, func(part []source.Span) bool {
		return slices.ContainsFunc(part, func(s source.Span) bool { return string(src[s.Start:s.End]) == port })
	})
}

// categorize writes the category of a row's service, where there is a column for it.
func (w *writer) categorize(r writtenRow) {
	category := inCell(w.services[r.name].Category)
	if c, ok := r.header.cell(r.line, categoryColumns); ok && !r.part && category != "" && plainText(c.text) != plainText(category) {
		start := r.line.Start + c.start
		w.replace(source.Span{Start: start, End: start + len(c.text)}, category)
	}
}

// replace writes a cell, as wide as it was where that is enough.
func (w *writer) replace(at source.Span, text string) {
	old := string(w.src[at.Start:at.End])
	w.edit(at, " "+text+strings.Repeat(" ", max(1, utf8.RuneCountInString(old)-1-utf8.RuneCountInString(text))))
}

// missing are the services that have ports which no row has, with those.
func (w *writer) missing(services []Service) (missing []Service) {
	for _, s := range services {
		s.Ports = lists.Only(s.Ports, func(p Port) bool { return !w.listed[[2]string{s.Name, p.Host}] })
		if len(s.Ports) > 0 {
			missing = append(missing, s)
		}
	}
	return missing
}

// whole is a table with its header. A column for categories is there where one service
// has one.
func (w *writer) whole(services []Service) string {
	h := header{columns: map[string]int{"service": 1, "default port": 2}, cells: 2}
	names := []string{"Service", "Default Port"}
	if slices.ContainsFunc(services, func(s Service) bool { return s.Category != "" }) {
		h.columns["category"], h.cells, names = 3, 3, append(names, "Category")
	}
	return w.row(names) + "|" + strings.Repeat("---|", h.cells) + w.newline + w.lines(h, services)
}

// lines are new rows below a header.
func (w *writer) lines(h header, services []Service) (text string) {
	for _, s := range services {
		parts := [][]Port{s.Ports}
		if h.has(containerColumns...) {
			parts = lists.Group(s.Ports, func(p Port) string { return p.Container })
		}
		for _, part := range parts {
			cells := make([]string, h.cells)
			put := func(names []string, text string) {
				if i := slices.IndexFunc(names, func(n string) bool { return h.columns[n] > 0 }); i >= 0 {
					cells[h.columns[names[i]]-1] = text
				}
			}
			put(containerColumns, part[0].Container)
			put(categoryColumns, inCell(s.Category))
			put(portColumns, strings.Join(lists.Union(nil, lists.Map(part, func(p Port) string { return p.Host })...), ", "))
			put(serviceColumns, inCell(s.Name))
			text += w.row(cells)
		}
	}
	return text
}

func (w *writer) row(cells []string) string {
	return "| " + strings.Join(cells, " | ") + " |" + w.newline
}

// inCell is a text as it stands in a cell, of which it ends neither that nor the table.
func inCell(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(strings.Join(strings.Fields(text), " "))
}

// applied is the document with all edits, which do not overlap.
func (w *writer) applied() []byte {
	slices.SortStableFunc(w.edits, func(a, b edit) int { return a.Start - b.Start })
	var out []byte
	at := 0
	for _, e := range w.edits {
		out = append(append(out, w.src[at:e.Start]...), e.text...)
		at = e.End
	}
	return append(out, w.src[at:]...)
}
