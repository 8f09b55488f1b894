package lint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/meet"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
)

var assignmentDrift = Rule{
	Name:     "assignment-drift",
	Title:    "An assignment does not fit the compose files",
	Severity: Warning,
	Doc: `The assignments in data/ports.json no longer fit the compose files: an entry names no mapping, or names a
mapping whose host port is a literal that nothing can move, or two entries that can run at the same time have the
same port on one protocol and address. Under the dynamic strategy, what is remembered of a port that Docker picks only
waits for the way back. portmoor detect updates the file; with --prune it forgets what names no mapping.`,
	Check: func(p *Pass) {
		f := p.Facts.Assignments[p.Project]
		if f == nil || len(f.Docs) == 0 || p.Project.Partial {
			return
		}
		assigned, _ := f.Values()[0].(map[string]any)
		mappings := map[string][]*compose.Mapping{}
		names := p.run.families.Names(p.Project)
		for m := range p.Project.Each() { // also those that are written elsewhere: each has its assignment
			if m.Invalid == "" {
				key := names.AssignmentKey(m)
				mappings[key] = append(mappings[key], m)
			}
		}
		a := assignments{keyOf: map[*compose.Mapping]string{}}
		for _, key := range slices.Sorted(maps.Keys(assigned)) {
			port, isPort := assigned[key].(int64)
			report := func(span source.Span, message, hint string, related ...Related) {
				p.Report(Finding{File: f, Span: span, Message: message, Hint: hint, Related: related})
			}
			name, value := f.At(0, []string{key}, true), f.At(0, []string{key}, false)
			if !isPort {
				continue // not ours: unknown keys are kept
			}
			its := mappings[key]
			holder := ""
			for _, m := range its {
				if port > 0 && port <= ports.Last {
					holder = cmp.Or(holder, a.add(p, key, *m, int(port)))
				}
			}
			switch {
			case len(its) == 0:
				report(name, fmt.Sprintf("%s names no mapping of the project", quote(key)), "to forget it: "+p.commands().Portmoor("detect", "--prune"))
			case holder != "":
				report(value, fmt.Sprintf("port %d is also assigned to %s", port, quote(holder)), "to give each a port of its own: "+p.commands().Portmoor("detect"))
			case its[0].HostPort.Ports.Zero() && p.run.options.Strategies[p.Project] == strategies.Dynamic:
			case its[0].HostPort.Literal() && (its[0].HostPort.Ports.First != int(port) || its[0].HostPort.Ports.Zero()):
				report(value, fmt.Sprintf("port %d is assigned, but the compose file says %s", port, its[0].HostPort.Text),
					"so that the port can move: "+p.commands().Migrate(), relatedTo(its[0], "the host port is a literal here"))
			}
		}
	},
}

// remember is what each mapping of a project that can be moved was assigned.
func (r *run) remember(index int) map[*compose.Mapping]ports.Range {
	p, all := r.projects[index], map[*compose.Mapping]ports.Range{}
	f := r.options.Facts.Assignments[p]
	if f == nil || len(f.Docs) == 0 {
		return all
	}
	assigned, _ := f.Values()[0].(map[string]any)
	names := r.families.Names(p)
	for m := range p.Each() {
		if port, is := assigned[names.AssignmentKey(m)].(int64); is && port > 0 && port <= ports.Last && m.Movable() {
			all[m] = ports.From(int(port), max(m.HostPort.Ports.Width(), m.HostPort.DefaultPorts.Width()))
		}
	}
	return all
}

// apart reports whether two mappings have other ports on this machine than the files
// say, so that they do not meet: those that were assigned.
func (p *Pass) apart(a, b meet.Publication) bool {
	now := func(pub meet.Publication) ports.Range {
		if assigned, ok := p.run.remembered[p.index]()[pub.Mapping]; ok {
			return assigned
		}
		return pub.HostPort.Ports
	}
	return !now(a).Overlaps(now(b))
}

// assignments are mappings as they are published where they have an assigned port.
type assignments struct {
	board meet.Board
	keyOf map[*compose.Mapping]string
}

// add adds a mapping. It returns the key of an earlier assignment that can't start
// together with it: the two would bind one socket, and run at the same time; "" for none.
func (a *assignments) add(p *Pass, key string, m compose.Mapping, port int) (holder string) {
	m.HostPort.Ports = ports.From(port, max(m.HostPort.Ports.Width(), m.HostPort.DefaultPorts.Width()))
	pub := meet.Published(p.Project, &m)
	pub.Profiles, pub.Project = p.Project.Service(m.Service).Profiles, p.index
	for _, e := range a.board.Overlapping(pub.HostPort.Ports) {
		if a.keyOf[e.Mapping] != key && e.Protocol == pub.Protocol && ports.AddressesOverlap(e.HostIP, pub.HostIP) && !p.Project.MayShare(e.Profiles, pub.Profiles, !e.Movable() && !pub.Movable()) {
			holder = a.keyOf[e.Mapping]
			break
		}
	}
	a.keyOf[&m] = key
	a.board.Add(pub)
	return holder
}
