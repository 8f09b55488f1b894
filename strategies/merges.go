package strategies

import (
	"slices"

	"github.com/portmoor/portmoor/compose"
)

// merging finds the mappings of a family that have to keep their host port
// when Docker picks the others': Compose would make one of two, or two of one.
// Projects that share a file are looked at together, since an entry is written
// once for all of them.
func merging(family []*compose.Project) map[compose.Place]bool {
	var lists [][]compose.Mapping
	for _, p := range family {
		lists = append(lists, mergedLists(p)...)
	}
	kept := map[compose.Place]bool{}
	for before := -1; before < len(kept); { // one that stays can make others stay
		before = len(kept)
		for _, list := range lists {
			keepClashes(list, kept)
		}
	}
	return kept
}

// mergedLists are the entries that meet in the ports of one service; those
// that an override replaces, or that only an extended file has, meet the
// others of their file.
func mergedLists(p *compose.Project) [][]compose.Mapping {
	type list struct {
		service string
		file    *compose.File
		dropped compose.Drop
	}
	lists := map[list][]compose.Mapping{}
	var order []list
	for _, m := range p.Mappings {
		l := list{service: m.Service}
		if m.Dropped == compose.Overridden || m.Dropped == compose.Extended {
			l.file, l.dropped = m.File, m.Dropped
		}
		if lists[l] == nil {
			order = append(order, l)
		}
		lists[l] = append(lists[l], m)
	}
	sorted := make([][]compose.Mapping, 0, len(order))
	for _, l := range order {
		if len(lists[l]) > 1 {
			sorted = append(sorted, lists[l])
		}
	}
	return sorted
}

// keepClashes adds to kept what can't move in one list. The first of several
// that would become one moves, unless one of them is written so already.
func keepClashes(list []compose.Mapping, kept map[compose.Place]bool) {
	taken, staying := map[slot]compose.Mapping{}, map[slot][]compose.Mapping{}
	for _, m := range list {
		for _, s := range slots(m) {
			switch {
			case picked(m):
				taken[s] = m
			case !movable(m) || kept[m.Place()]:
				staying[s] = append(staying[s], m)
			}
		}
	}
	for _, m := range list {
		if picked(m) || !movable(m) || kept[m.Place()] {
			continue
		}
		for _, s := range slots(m) {
			other, clash := taken[s]
			if clash && !alwaysOne(m, other) {
				kept[m.Place()] = true
				if sometimesOne(m, other) {
					kept[other.Place()] = true
				}
			}
			if slices.ContainsFunc(staying[s], func(o compose.Mapping) bool { return sometimesOne(m, o) }) {
				kept[m.Place()] = true
			}
		}
		if !kept[m.Place()] {
			for _, s := range slots(m) {
				taken[s] = m
			}
		}
	}
}

// slot is a container port whose host port Docker picks, as Compose tells
// them apart: it knows "80" from "0:80".
type slot struct {
	ip, protocol string
	container    int
	bare         bool
}

// slots are what a mapping would be once Docker picks its host port, with its
// variables as they are and with none set.
func slots(m compose.Mapping) []slot {
	containers := []compose.PortRange{m.Container}
	if target, ok := parsePorts(defaultOf(compose.ParseExpr(m.Target))); ok && target != m.Container {
		containers = append(containers, target)
	}
	ips := []string{m.HostIP}
	if ip := defaultOf(compose.ParseExpr(m.Address)); ip != "" && ip != m.HostIP {
		ips = append(ips, ip)
	}
	var all []slot
	for _, c := range containers {
		bare := c.Width() > 1 || m.HostPort.Text == ""
		for _, ip := range ips {
			if ip == "" {
				ip = "0.0.0.0" // one and the same to Compose
			}
			for i := range c.Width() {
				all = append(all, slot{ip, m.Protocol, c.First + i, bare})
			}
		}
	}
	return all
}

// movable reports whether a mapping could be written without a host port.
func movable(m compose.Mapping) bool {
	return m.Invalid == "" && m.Locked == "" && !m.Container.Zero() && !bothSides(m)
}

// alwaysOne reports whether Compose takes two mappings of one container port
// for one and the same whatever is set.
func alwaysOne(a, b compose.Mapping) bool {
	return a.HostPort.Text == b.HostPort.Text ||
		!a.HostPort.Ports.Zero() && a.HostPort.Ports == b.HostPort.Ports && a.HostPort.DefaultPorts == b.HostPort.DefaultPorts
}

// sometimesOne reports whether it does so with the variables as they are, or
// with none set.
func sometimesOne(a, b compose.Mapping) bool {
	return a.HostPort.Ports == b.HostPort.Ports || a.HostPort.DefaultPorts == b.HostPort.DefaultPorts
}
