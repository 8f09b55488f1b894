package stack

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/ports"
)

// Row is an assignment with the mappings it serves, or a mapping whose port Docker
// picks, with what they have now.
type Row struct {
	allocate.Unit

	Mappings []*compose.Mapping // none for a port that no mapping asks for
	// Default is the port of the compose file, and Assigned what is remembered; zero
	// for none that counts.
	Default, Assigned ports.Range
	// From says who says so, for people.
	From string
	// Ports are what is there; none when the engine did not answer.
	Ports []live.Port
}

// Rows are the ports of the project, sorted by key, with what an engine that
// answered has bound.
func (s *Stack) Rows(e Engine) ([]Row, error) {
	if err := s.refuseElsewhere(e.Containers, e.Remote); err != nil {
		return nil, err
	}
	rows := lists.Map(s.units, func(u allocate.Unit) Row {
		return Row{Unit: u, Mappings: s.mappingsOf[u.Key], Assigned: s.assignedTo(u), From: u.Source.String()}
	})
	for m := range s.Project.Each() {
		svc := s.services[m.Service]
		if _, assigned := s.unitOf[m]; m.Dropped != compose.Published || assigned || !svc.Publishes() && !svc.HostNetwork() {
			continue
		}
		row := Row{Mappings: []*compose.Mapping{m}}
		var picked bool
		switch row.Unit, picked = unassigned(s, m); {
		case picked && svc.HostNetwork():
			row.From = "host network"
		case picked:
			row.From = "docker"
		default:
			row.From, row.Assigned = row.Source.String(), s.assignedTo(row.Unit)
		}
		rows = append(rows, row)
	}
	for i, r := range rows {
		rows[i].Default = r.Mappings[0].HostPort.DefaultPorts
	}
	if e.Answered {
		rows = withLive(s, rows, e)
	}
	rows = slices.DeleteFunc(rows, func(r Row) bool { return len(r.Ports) == 0 && s.Project.Service(r.Service).Scale == 0 })
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.Key, b.Key) })
	return rows, nil
}

// withLive adds what the engine has bound to rows, and rows for what is bound
// though no mapping asks for it.
func withLive(s *Stack, rows []Row, e Engine) []Row {
	own := lists.Only(e.Containers, func(d docker.Container) bool { return d.Of(s.Project.Name) })
	rowOf := map[*compose.Mapping]int{}
	for i, r := range rows {
		for _, m := range r.Mappings {
			rowOf[m] = i
		}
	}
	for _, p := range live.Shown(s.join(own, e)) {
		i, asked := rowOf[p.Mapping]
		switch {
		case p.Container.OneOff: // of docker compose run
		case asked:
			rows[i].Ports = append(rows[i].Ports, p)
		default:
			u := allocate.Unit{Key: fmt.Sprintf("%s:%d", p.Service, p.ContainerPort), Service: p.Service}
			rows = append(rows, Row{Unit: u, From: "another file", Ports: []live.Port{p}})
		}
	}
	for i, r := range rows { // what the chosen profiles do not start is not missed where something else runs
		if wanted := slices.DeleteFunc(slices.Clone(r.Ports), func(p live.Port) bool { return p.HostPort == 0 && !s.Starts(p.Service) }); len(wanted) > 0 {
			rows[i].Ports = wanted
		}
	}
	return rows
}

// Of are the ports of one mapping of the row.
func (r Row) Of(m *compose.Mapping) []live.Port {
	return lists.Only(r.Ports, func(p live.Port) bool { return p.Mapping == m })
}
