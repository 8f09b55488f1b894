// Package meet finds the host ports that are published more than once in a run.
//
// The model: a [Publication] is a mapping that binds host ports; a [Board] keeps those
// that were met, by their ports, and is asked which of them a range meets.
//
//	var board meet.Board
//	for _, pub := range publications {
//		for _, earlier := range board.Overlapping(pub.HostPort.Ports) {
//			…
//		}
//		board.Add(pub)
//	}
package meet

import (
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
)

// Publication is a mapping that binds host ports when its service starts.
type Publication struct {
	*compose.Mapping
	// HostIP is the address that is bound, which is not the mapping's in a stack of a swarm.
	HostIP   string
	Profiles []string
	Project  int // its index in the run

	all bool // every port of a range
}

// Published is a mapping of a project as what starts that has it. docker stack deploy ignores
// addresses, and publishes all ports of a range.
func Published(p *compose.Project, m *compose.Mapping) Publication {
	if p.Swarm {
		return Publication{Mapping: m, all: true}
	}
	return Publication{Mapping: m, HostIP: m.HostIP}
}

// Picks reports a range of host ports for one container port: Docker takes whichever of
// them is free.
func (p Publication) Picks() bool {
	return !p.all && p.HostPort.Ports.Width() > 1 && p.Container.Width() == 1
}

// Repeats reports two entries that Compose folds into one, or that duplicate-mapping
// reports.
func (p Publication) Repeats(o Publication) bool {
	if p.Service != o.Service || p.HostIP != o.HostIP || p.Container.Width() == 0 {
		return false
	}
	if p.Picks() || o.Picks() {
		return p.Container == o.Container && p.HostPort.Ports == o.HostPort.Ports
	}
	return p.Container.First-p.HostPort.Ports.First == o.Container.First-o.HostPort.Ports.First
}

// Most bounds the earlier mappings that one is compared with: those that share its host
// port, its variable, its container port or its list of ports. It keeps the work in step
// with the input; no project in use comes near it.
const Most = 50

// Board keeps publications by their host ports. The zero board is empty.
type Board struct {
	all     []Publication
	byPorts ports.Index
}

// Add puts a publication on the board.
func (b *Board) Add(pub Publication) {
	b.all = append(b.all, pub)
	b.byPorts.Add(pub.HostPort.Ports)
}

// Overlapping are the first publications that share a host port with a range, whatever
// their addresses and protocols; of many the first 50.
func (b *Board) Overlapping(r ports.Range) []Publication {
	return lists.Map(b.byPorts.Overlapping(r, Most), func(i int) Publication { return b.all[i] })
}

// Claims are what the projects of a run publish that stand on their own, by project: one
// that another includes runs as part of that, and an overlay is a view of its folder's
// project.
func Claims(publications [][]Publication, alone []bool) *Board {
	type socket struct {
		project      int
		ports        ports.Range
		protocol, ip string
	}
	claimed, seen := &Board{}, map[socket]bool{}
	for i, all := range publications {
		for _, pub := range all {
			s := socket{i, pub.HostPort.Ports, pub.Protocol, pub.HostIP}
			if alone[i] && !pub.Picks() && !seen[s] {
				seen[s] = true
				claimed.Add(pub)
			}
		}
	}
	return claimed
}

// Holder is what the first earlier project publishes on a port of mine, of those that can
// be compared with it; one on the side, by project, only where no other does.
func (b *Board) Holder(mine Publication, side []bool, compared func(a, b int) bool) (first Publication, found bool) {
	before := func(a, b int) bool { return side[a] == side[b] && a < b || !side[a] && side[b] }
	for list := range b.byPorts.Lists(mine.HostPort.Ports) { // in which projects are in order
		for _, i := range list {
			c := &b.all[i]
			if c.Project >= mine.Project || found && !side[first.Project] && c.Project >= first.Project {
				break
			}
			if c.Protocol == mine.Protocol && (!found || before(c.Project, first.Project)) && compared(c.Project, mine.Project) &&
				ports.AddressesOverlap(c.HostIP, mine.HostIP) {
				first, found = *c, true
			}
		}
	}
	return first, found
}
