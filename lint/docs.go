package lint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/table"
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
Service and Port, and Container if it has one; of several ports in a cell each is judged. --fix corrects the
number if only one mapping can be meant.`,
	Check: func(p *Pass) {
		for _, doc := range p.Facts.Docs[p.Project] {
			if users := p.run.docUsers()[doc]; users[0] == p.Project && !slices.ContainsFunc(users, partial) {
				p.compareTable(doc, documented(users))
			}
		}
	},
}

// usersOfDocs are the projects whose ports each document may list.
func usersOfDocs(projects []*compose.Project, docs map[*compose.Project][]*source.File) map[*source.File][]*compose.Project {
	users := map[*source.File][]*compose.Project{}
	for _, p := range projects {
		for _, f := range docs[p] {
			users[f] = append(users[f], p)
		}
	}
	for f, all := range users {
		users[f] = compose.Main(all)
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
	return cmp.Or(m.HostPort.DefaultPorts, m.HostPort.Ports)
}

func (p *Pass) compareTable(doc *source.File, services map[string][]compose.Mapping) {
	tables := table.Find(doc.Src)
	if len(tables) == 0 {
		return
	}
	whole := true // every table could be read
	listed, rights := map[string]bool{}, map[[2]string]expected{}
	for _, at := range tables {
		rows, ok := table.Read(doc.Src, at)
		if !ok {
			p.Report(Finding{File: doc, Span: at.Marker, Message: "no table with the columns Service and Port follows, or the table does not end with " + table.End})
			whole = false
			continue
		}
		for _, r := range rows {
			listed[r.Service] = true
			key := [2]string{r.Service, r.Container}
			right, done := rights[key]
			if !done {
				right = expectedOf(services[r.Service], r.Container)
				rights[key] = right
			}
			_, known := services[r.Service]
			p.compareRow(doc, r, known, right)
		}
	}
	if !whole {
		return // what seems to be missing may be in the other one
	}
	marker := tables[0].Marker
	for _, name := range slices.Sorted(maps.Keys(services)) {
		if len(services[name]) > 0 && !listed[name] {
			m := services[name][0]
			p.Report(Finding{
				File: doc, Span: marker, Service: name,
				Message: fmt.Sprintf("the table lacks service %s, which publishes %s", quote(name), named(defaultPorts(m), m.Protocol)),
				Hint:    "add a row for it",
				Related: []Related{relatedTo(&m, "it is published here")},
			})
		}
	}
}

// expected is what a row about a service, and a container port of it, should say.
type expected struct {
	ports   []string // each once
	has     map[string]bool
	related []Related
}

func expectedOf(mappings []compose.Mapping, container string) expected {
	e := expected{has: map[string]bool{}}
	for _, m := range mappings {
		if port := defaultPorts(m).String(); (container == "" || m.Key.Container == container) && !e.has[port] {
			e.has[port] = true
			e.ports = append(e.ports, port)
			e.related = append(e.related, relatedTo(&m, "it is published here"))
		}
	}
	return e
}

// compareRow judges each part of a row's list of ports.
func (p *Pass) compareRow(doc *source.File, r table.Row, known bool, right expected) {
	text := func(s source.Span) string { return string(doc.Src[s.Start:s.End]) }
	if !known {
		p.reportf(Finding{File: doc, Span: r.Ports[0][0], Service: r.Service}, "remove the row, or correct the name", "the table lists service %s, which no compose file has", quote(r.Service))
		return
	}
	var wrong []source.Span
	listed := map[string]bool{} // what is right
	for _, part := range r.Ports {
		if i := slices.IndexFunc(part, func(s source.Span) bool { return right.has[text(s)] }); i < 0 {
			wrong = append(wrong, part[0])
		} else {
			listed[text(part[i])] = true
		}
	}
	missing := slices.DeleteFunc(slices.Clone(right.ports), func(port string) bool { return listed[port] })
	for _, span := range wrong {
		f := Finding{File: doc, Span: span, Service: r.Service, Related: right.related[:min(len(right.related), maxRelated)]}
		if len(missing) == 1 && len(wrong) == 1 && !slices.ContainsFunc(r.Ports, func(part []source.Span) bool { return len(part) > 1 }) {
			f.Fix = []rewrite.Edit{{Span: span, New: missing[0]}}
		}
		f.Message, f.Hint = wrongPort(quote(r.Service), text(span), missing, len(right.ports) > 0)
		p.Report(f)
	}
}

// wrongPort says that a table gives a service a port that it does not have, beside
// those which the table lacks.
func wrongPort(service, port string, missing []string, publishes bool) (message, hint string) {
	gives := fmt.Sprintf("the table gives service %s the port %s, but ", service, port)
	switch n := len(missing); {
	case !publishes:
		return gives + "it publishes none", "remove the row, or publish the port"
	case n == 0:
		return gives + "it has only the others", "remove it"
	case n == 1:
		return gives + "it is " + missing[0], "write " + missing[0]
	default:
		some := slices.Clone(missing[:min(n, maxRelated)])
		if n > maxRelated {
			some = append(some, fmt.Sprintf("%d more", n-maxRelated))
		}
		return gives + "they are " + strings.Join(some, " and "), "add a column Container to tell them apart"
	}
}
