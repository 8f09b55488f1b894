package strategies

import (
	"maps"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// merging finds the mappings of a family that have to keep their host port
// when Docker picks the others': Compose would make one of two, or two of one.
// Projects that share a file are looked at together, since an entry is written
// once for all of them. Staying are places that are known to keep theirs.
func merging(family []*compose.Project, staying ...map[compose.Place]bool) map[compose.Place]bool {
	var lists [][]compose.Mapping
	for _, p := range family {
		lists = append(lists, mergedLists(p)...)
	}
	kept := map[compose.Place]bool{}
	for _, places := range staying {
		maps.Copy(kept, places)
	}
	for before := -1; before < len(kept); { // one that stays can make others stay
		before = len(kept)
		for _, list := range lists {
			keepClashes(list, kept)
		}
	}
	return kept
}

// repeating finds the mappings that say again what is in a range of the same
// service: "9004-9006:1-3" and "9005:2". Compose makes an entry of each port, and
// takes two equal ones for one; under two variables they would come apart. The
// range can't be left to Docker either, as then there would be one more.
func repeating(family []*compose.Project) (narrow, wide map[compose.Place]bool) {
	narrow, wide = map[compose.Place]bool{}, map[compose.Place]bool{}
	for _, p := range family {
		for _, list := range mergedLists(p) {
			for _, b := range list {
				if b.Container.Width() < 2 {
					continue
				}
				for _, a := range list {
					if within(a, b) {
						narrow[a.Place()], wide[b.Place()] = true, true
					}
				}
			}
		}
	}
	return narrow, wide
}

// within reports whether every port of a mapping is also one of a wider one.
func within(a, b compose.Mapping) bool {
	return b.Container.Width() > max(a.Container.Width(), 1) && a.Protocol == b.Protocol && sameAddress(a, b) &&
		b.Container.First <= a.Container.First && a.Container.Last <= b.Container.Last && !a.Container.Zero() && !a.HostPort.Ports.Zero() &&
		a.HostPort.Ports.Width() == a.Container.Width() &&
		a.HostPort.Ports.First-a.Container.First == b.HostPort.Ports.First-b.Container.First
}

func sameAddress(a, b compose.Mapping) bool {
	any4 := func(ip string) string {
		if ip == "" {
			return "0.0.0.0" // one and the same to Compose
		}
		return ip
	}
	return any4(a.HostIP) == any4(b.HostIP)
}

// mergedLists are the entries that meet in the ports of one service; those
// that an override replaces, or that only an extended file has, meet the
// others of their file.
func mergedLists(p *compose.Project) [][]compose.Mapping {
	type list struct {
		service string
		file    *source.File
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
	bare := map[slot]bool{} // what is written as a container port alone
	for _, m := range list {
		for _, s := range slots(m) {
			switch {
			case picked(m):
				taken[s] = m
				bare[s.unbare()] = bare[s.unbare()] || s.bare
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
			// While V is unset, "${V}:80" is one with "80".
			if bare[s.unbare()] && mayBeEmpty(m) || s.bare && slices.ContainsFunc(staying[s.unbare()], mayBeEmpty) {
				kept[m.Place()] = true
			}
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

func (s slot) unbare() slot {
	s.bare = false
	return s
}

// mayBeEmpty reports a variable that leaves the port to Docker, as it is or
// while it is unset.
func mayBeEmpty(m compose.Mapping) bool {
	return m.HostPort.Ports.Zero() || m.HostPort.DefaultPorts.Zero()
}

// slots are what a mapping would be once Docker picks its host port, with its
// variables as they are and with none set.
func slots(m compose.Mapping) []slot {
	containers := []ports.Range{m.Container}
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
