package lint

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
)

var docsDrift = Rule{
	Name:     "docs-drift",
	Title:    "A table of ports disagrees with compose files",
	Severity: Warning,
	Doc: `A table of ports in README.md, or in a document listed under docs in the configuration, disagrees with the
compose files. Only a table between <!-- portmoor:ports --> and <!-- /portmoor:ports --> is read, by its columns
Service and Port, and Container if it has one. --fix corrects the number if only one mapping can be meant.`,
	Bad: `-- README.md --
<!-- portmoor:ports -->
| Service | Port |
|---------|------|
| web     | 8000 |
<!-- /portmoor:ports -->
-- compose.yaml --
services:
  web:
    image: example/web
    ports: ["${WEB_HOST_PORT:-8080}:80"]
`,
	Good: `-- README.md --
<!-- portmoor:ports -->
| Service | Port |
|---------|------|
| web     | 8080 |
<!-- /portmoor:ports -->
-- compose.yaml --
services:
  web:
    image: example/web
    ports: ["${WEB_HOST_PORT:-8080}:80"]
`,
	Check: func(p *Pass) {
		for _, doc := range p.Facts.Docs[p.Project] {
			if users := p.run.docUsers()[doc]; users[0] == p.Project {
				p.compareTable(doc, documented(users))
			}
		}
	},
}

const (
	tableStart = "<!-- portmoor:ports -->"
	tableEnd   = "<!-- /portmoor:ports -->"
)

// tablesOf finds the markers of tables, but for those in fenced code.
func tablesOf(src []byte) (markers []source.Span) {
	at, fenced := 0, false
	for line := range bytes.Lines(src) {
		if trimmed := bytes.TrimSpace(line); bytes.HasPrefix(trimmed, []byte("```")) || bytes.HasPrefix(trimmed, []byte("~~~")) {
			fenced = !fenced
		}
		if i := bytes.Index(line, []byte(tableStart)); i >= 0 && !fenced {
			markers = append(markers, source.Span{Start: at + i, End: at + i + len(tableStart)})
		}
		at += len(line)
	}
	return markers
}

// usersOfDocs are the projects whose ports each document may list.
func usersOfDocs(projects []*compose.Project, docs map[*compose.Project][]*source.File) map[*source.File][]*compose.Project {
	users := map[*source.File][]*compose.Project{}
	for _, p := range projects {
		for _, f := range docs[p] {
			users[f] = append(users[f], p)
		}
	}
	return users
}

// documented are the published mappings of projects, by service; a service
// without any has an empty list.
func documented(projects []*compose.Project) map[string][]compose.Mapping {
	services := map[string][]compose.Mapping{}
	for _, p := range projects {
		for _, s := range p.Services {
			services[s.Name] = append(services[s.Name], nil...)
		}
		for _, m := range p.Mappings {
			if m.Dropped == compose.Published && m.Invalid == "" && !defaultPorts(m).Zero() {
				services[m.Service] = append(services[m.Service], m)
			}
		}
	}
	return services
}

// defaultPorts is what a document says of a mapping: what it is where nobody
// has set a variable.
func defaultPorts(m compose.Mapping) ports.Range {
	if m.HostPort.DefaultPorts.Zero() {
		return m.HostPort.Ports
	}
	return m.HostPort.DefaultPorts
}

// row is a line of a table: the text of its cells, and where ports stand.
type row struct {
	service, container string
	ports              []source.Span // at least one
}

func (p *Pass) compareTable(doc *source.File, services map[string][]compose.Mapping) {
	markers := tablesOf(doc.Src)
	if len(markers) == 0 {
		return
	}
	listed := map[string]bool{}
	for _, marker := range markers {
		rows, ok := table(doc.Src, marker.End)
		if !ok {
			p.Report(Finding{File: doc, Span: marker, Message: "no table with the columns Service and Port follows, or the table does not end with " + tableEnd})
			return
		}
		for _, r := range rows {
			listed[r.service] = true
			p.compareRow(doc, r, services)
		}
	}
	marker := markers[0]
	for _, name := range slices.Sorted(maps.Keys(services)) {
		if len(services[name]) > 0 && !listed[name] {
			m := services[name][0]
			p.Report(Finding{
				File: doc, Span: marker, Service: name,
				Message: fmt.Sprintf("the table lacks service %s, which publishes %s", quote(name), named(defaultPorts(m), m.Protocol)),
				Hint:    "add a row for it",
				Related: []Related{relatedTo(m, "it is published here")},
			})
		}
	}
}

func (p *Pass) compareRow(doc *source.File, r row, services map[string][]compose.Mapping) {
	span := r.ports[0]
	text := string(doc.Src[span.Start:span.End])
	f := Finding{File: doc, Span: span, Service: r.service}
	mappings, known := services[r.service]
	if !known {
		f.Message = fmt.Sprintf("the table lists service %s, which no compose file has", quote(r.service))
		f.Hint = "remove the row, or correct the name"
		p.Report(f)
		return
	}
	mappings = slices.DeleteFunc(slices.Clone(mappings), func(m compose.Mapping) bool {
		return r.container != "" && m.Key.Container != r.container
	})
	if slices.ContainsFunc(r.ports, func(s source.Span) bool {
		return slices.ContainsFunc(mappings, func(m compose.Mapping) bool { return defaultPorts(m).String() == string(doc.Src[s.Start:s.End]) })
	}) {
		return
	}
	var right []string
	for _, m := range mappings {
		if port := defaultPorts(m).String(); !slices.Contains(right, port) {
			right = append(right, port)
			f.Related = append(f.Related, relatedTo(m, "it is published here"))
		}
	}
	switch len(right) {
	case 0:
		f.Message = fmt.Sprintf("the table gives service %s the port %s, but it publishes none", quote(r.service), text)
		f.Hint = "remove the row, or publish the port"
	case 1:
		f.Message = fmt.Sprintf("the table gives service %s the port %s, but it is %s", quote(r.service), text, right[0])
		f.Hint = "write " + right[0]
		if len(r.ports) == 1 {
			f.Fix = []rewrite.Edit{{Span: span, New: right[0]}}
		}
	default:
		f.Message = fmt.Sprintf("the table gives service %s the port %s, but they are %s", quote(r.service), text, strings.Join(right, " and "))
		f.Hint = "add a column Container to tell them apart"
	}
	p.Report(f)
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

// table reads the rows of the first table behind a place. It reports false
// when there is none with the two columns, or when nothing ends it.
func table(src []byte, from int) (rows []row, ok bool) {
	end := bytes.Index(src[from:], []byte(tableEnd))
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
		r := row{service: service, container: portInCell.FindString(cell("container", "container port").text)}
		for _, digits := range portsIn(port.text) {
			offset := start + port.start
			r.ports = append(r.ports, source.Span{Start: offset + digits[0], End: offset + digits[1]})
		}
		if len(r.ports) > 0 && service != "" {
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
