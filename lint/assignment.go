package lint

import (
	"fmt"
	"maps"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/source"
)

var assignmentDrift = Rule{
	Name:     "assignment-drift",
	Title:    "An assignment does not fit the compose files",
	Severity: Warning,
	Doc: `The assignments in data/ports.json no longer fit the compose files: an entry names no mapping, or names a
mapping whose host port is a literal that nothing can move, or two entries have the same port. portmoor detect
updates the file.`,
	Bad: `-- data/ports.json --
{"web": 8080, "api": 9000}
-- compose.yaml --
services:
  web:
    image: example/web
    ports: ["${WEB_HOST_PORT:-8080}:80"]
`,
	Good: `-- data/ports.json --
{"web": 10001}
-- compose.yaml --
services:
  web:
    image: example/web
    ports: ["${WEB_HOST_PORT:-8080}:80"]
`,
	Check: func(p *Pass) {
		f := p.Facts.Assignments[p.Project]
		if f == nil || len(f.Docs) == 0 || p.Project.Partial {
			return
		}
		assigned, _ := f.Values()[0].(map[string]any)
		mappings := map[string]compose.Mapping{}
		names := p.run.families.Names(p.Project)
		for m := range p.written() {
			mappings[names.AssignmentKey(*m)] = *m
		}
		holder := map[int64]string{}
		for _, key := range slices.Sorted(maps.Keys(assigned)) {
			port, isPort := assigned[key].(int64)
			report := func(span source.Span, message, hint string, related ...Related) {
				p.Report(Finding{File: f, Span: span, Message: message, Hint: hint, Related: related})
			}
			name, value := f.At(0, []string{key}, true), f.At(0, []string{key}, false)
			m, known := mappings[key]
			switch first, twice := holder[port]; {
			case !isPort:
				continue // not ours: unknown keys are kept
			case !known:
				report(name, fmt.Sprintf("%s names no mapping of the project", quote(key)), "run portmoor detect --prune")
			case twice:
				report(value, fmt.Sprintf("port %d is also assigned to %s", port, quote(first)), "run portmoor detect")
			case m.HostPort.Literal() && (m.HostPort.Ports.First != int(port) || m.HostPort.Ports.Zero()):
				report(value, fmt.Sprintf("port %d is assigned, but the compose file says %s", port, m.HostPort.Text),
					"run portmoor migrate --write, so that the port can move", relatedTo(m, "the host port is a literal here"))
			}
			if _, twice := holder[port]; !twice && known {
				holder[port] = key
			}
		}
	},
}
