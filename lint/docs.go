package lint

import (
	"fmt"
	"maps"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/around"
	"github.com/portmoor/portmoor/lint/table"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
)

var docsDrift = Rule{
	Name:     "docs-drift",
	Title:    "A table of ports disagrees with compose files",
	Severity: Warning,
	Doc: `A table of ports in README.md, or in a document listed under docs in the configuration, disagrees with the
compose files. A table is known by its columns Service or Name, and Host Port, Default Port or Port; Container tells
container ports apart. Of its rows those count whose name, in lower case and with - for blanks, is a service that
publishes a port. Where a document has <!-- portmoor:ports --> and <!-- /portmoor:ports -->, only the tables between
them are read, and each service and row is compared. Of several ports in a cell each is judged. --fix corrects the number
if only one mapping can be meant, and portmoor docs --write makes such a table.`,
	Check: func(p *Pass) {
		for _, doc := range p.Facts.Docs[p.Project] {
			if users := p.run.docUsers()[doc]; users[0] == p.Project && !slices.ContainsFunc(users, partial) {
				p.compareTable(doc, around.Documented(users))
			}
		}
	},
}

// compareTable holds the tables of a document against what services publish.
func (p *Pass) compareTable(doc *source.File, services map[string][]compose.Mapping) {
	tables := table.Find(doc.Src)
	if len(tables) == 0 {
		return
	}
	whole := true // every table could be read
	listed, right := map[string]bool{}, map[string]int{}
	d := documentRead{doc, services, map[rowKey]expected{}, tables[0].Marked()}
	found := make([][]Finding, len(tables))
	for i, at := range tables {
		rows, ok := table.Read(doc.Src, at)
		if !ok {
			p.Report(Finding{File: doc, Span: at.Marker, Message: "no table with the columns Service and Port follows, or the table does not end with " + table.End})
			whole, rows = false, nil
		}
		for _, r := range rows {
			name, wrong := d.row(r)
			if listed[name] = true; len(wrong) == 0 {
				right[name] = i
			}
			found[i] = append(found[i], wrong...)
		}
	}
	for i, wrong := range found {
		for _, f := range wrong { // another table without markers may be about another place where the service runs
			if j, known := right[f.Service]; d.marked || !known || i == j {
				p.Report(f)
			}
		}
	}
	if !whole || !d.marked {
		return // what seems to be missing may be in the other one
	}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		if len(services[name]) > 0 && !listed[name] {
			m := services[name][0]
			p.Report(Finding{
				File: doc, Span: tables[0].Marker, Service: name,
				Message: fmt.Sprintf("the table lacks service %s, which publishes %s", quote(name), around.DefaultPorts(m).Named(m.Protocol)),
				Hint:    "add a row for it",
				Related: []Related{relatedTo(&m, "it is published here")},
			})
		}
	}
}

// documentRead is a document whose tables are compared.
type documentRead struct {
	doc      *source.File
	services map[string][]compose.Mapping
	rights   map[rowKey]expected
	marked   bool
}

// rowKey is what rows are about that have one judgement.
type rowKey struct {
	service, container string
	loose              bool // only the name of the column tells that it is about ports
}

// expected is what a row about a service, and a container port of it, should say.
type expected struct {
	table.Right
	related []Related
}

// right is what a row about a service should say. A loose row may also say what the service
// listens on, and what it has with the env files of today.
func (d documentRead) right(r table.Row, service string) expected {
	key := rowKey{service, r.Container, !d.marked && !r.Host}
	e, done := d.rights[key]
	if done {
		return e
	}
	for _, m := range d.services[service] {
		if r.Container != "" && m.Key.Container != r.Container {
			continue
		}
		if e.Add(around.DefaultPorts(m).String()) {
			e.related = append(e.related, relatedTo(&m, "it is published here"))
		}
		if key.loose {
			e.Allow(m.Key.Container)
			e.Allow(m.HostPort.Ports.String())
		}
	}
	e.None()
	d.rights[key] = e
	return e
}

// row judges a row, and says which service it is about, "" for none.
func (d documentRead) row(r table.Row) (name string, all []Finding) {
	if name = table.Named(r, d.services); name == "" && d.marked {
		if part := table.PartOf(r, d.services); part != "" && len(r.Wrong(d.doc.Src, "", d.right(r, part).Right)) == 0 {
			return part, nil
		}
		return name, []Finding{{File: d.doc, Span: r.Ports[0][0], Service: r.Service, Message: fmt.Sprintf("the table lists service %s, which no compose file has", quote(r.Service)), Hint: "remove the row, or correct the name"}}
	}
	right := d.right(r, name)
	if !d.marked && len(right.related) == 0 {
		return "", nil
	}
	for _, w := range r.Wrong(d.doc.Src, quote(name), right.Right) {
		f := Finding{File: d.doc, Span: w.Span, Service: name, Message: w.Message, Hint: w.Hint, Related: right.related[:min(len(right.related), maxRelated)]}
		if w.Fix != "" {
			f.Fix = []rewrite.Edit{{Span: w.Span, New: w.Fix}}
		}
		all = append(all, f)
	}
	return name, all
}
