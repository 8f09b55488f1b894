package strategies

import (
	"cmp"
	"maps"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// merging finds the mappings of a family that have to keep their host port
// when Docker picks the others': Compose would make one of two, or two of one.
// Projects that share a file are looked at together, since an entry is written
// once for all of them. Staying are places that are known to keep theirs.
func merging(family []*compose.Project, merged [][]*compose.Mapping, staying ...map[compose.Place]bool) map[compose.Place]bool {
	var lists [][]placed
	kept := map[compose.Place]bool{}
	for _, places := range staying {
		maps.Copy(kept, places)
	}
	for _, list := range merged {
		if known, ok := place(list); ok {
			lists = append(lists, known)
			continue
		}
		for _, m := range list {
			kept[m.Place()] = true
		}
	}
	passes := 0
	for before := -1; before < len(kept); { // one that stays can make others stay
		before = len(kept)
		for _, list := range lists {
			if passes++; passes > maxPasses*len(lists) {
				keepAll(list, kept)
			} else {
				keepClashes(list, kept)
			}
		}
		anchorsStay(family, kept, nil)
	}
	return kept
}

// maxPasses bounds how often one mapping that stays makes others stay; beyond it
// all of them do.
const maxPasses = 50

func keepAll(list []placed, kept map[compose.Place]bool) {
	for _, m := range list {
		kept[m.Place()] = true
	}
}

// repeating finds the mappings that say again what is in a range of the same
// service: "9004-9006:1-3" and "9005:2". Compose makes an entry of each port, and
// takes two equal ones for one; under two variables they would come apart. The
// range can't be left to Docker either, as then there would be one more.
func repeating(lists [][]*compose.Mapping) (narrow, wide map[compose.Place]bool) {
	narrow, wide = map[compose.Place]bool{}, map[compose.Place]bool{}
	type alike struct {
		protocol, address string
		offset            int // from container ports to host ports
	}
	for _, list := range lists {
		if !slices.ContainsFunc(list, func(m *compose.Mapping) bool { return m.Container.Width() > 1 }) {
			continue
		}
		groups := map[alike][]*compose.Mapping{}
		for _, m := range list {
			if !m.Container.Zero() {
				of := alike{m.Protocol, anyAddress(m.HostIP), m.HostPort.Ports.First - m.Container.First}
				groups[of] = append(groups[of], m)
			}
		}
		for _, group := range groups {
			nested(group, narrow, wide)
		}
	}
	return narrow, wide
}

// nested finds the mappings of a group whose container ports lie within those of
// another one, in one pass: sorted so that a wider range is before those within it.
func nested(group []*compose.Mapping, narrow, wide map[compose.Place]bool) {
	slices.SortStableFunc(group, func(a, b *compose.Mapping) int {
		return cmp.Or(a.Container.First-b.Container.First, b.Container.Last-a.Container.Last)
	})
	ranges := slices.Compact(lists.Map(group, func(m *compose.Mapping) ports.Range { return m.Container }))
	inner, outer := map[ports.Range]bool{}, map[ports.Range]bool{}
	for i, last := 0, 0; i < len(ranges); i++ {
		inner[ranges[i]] = ranges[i].Last <= last
		last = max(last, ranges[i].Last)
	}
	repeats := map[ports.Range]bool{} // those of which a mapping may say a wider one again
	for _, m := range group {
		if !m.HostPort.Ports.Zero() && m.HostPort.Ports.Width() == m.Container.Width() {
			repeats[m.Container] = true
		}
	}
	for i, first := len(ranges)-1, ports.Last+1; i >= 0; i-- {
		outer[ranges[i]] = first <= ranges[i].Last
		if repeats[ranges[i]] {
			first = min(first, ranges[i].Last)
		}
	}
	for _, m := range group {
		if inner[m.Container] && !m.HostPort.Ports.Zero() && m.HostPort.Ports.Width() == m.Container.Width() {
			narrow[m.Place()] = true
		}
		if outer[m.Container] {
			wide[m.Place()] = true
		}
	}
}

// anyAddress is an address as Compose tells them apart.
func anyAddress(ip string) string { return cmp.Or(ip, "0.0.0.0") }

// spelledApart finds the mappings that are one port, but for their spelling: Compose
// makes two entries of published: 8080 and "8080:80", of which one can't be bound, and
// takes both for one once both are text. What is one with a mapping that stays is there too.
func spelledApart(family []*compose.Project, lists [][]*compose.Mapping, unbound map[compose.Place]bool) map[compose.Place]bool {
	apart := map[compose.Place]bool{}
	for _, list := range lists {
		if slices.ContainsFunc(list, func(m *compose.Mapping) bool { return m.Number }) {
			spelledAmong(list, apart)
		}
	}
	stayTogether(family, lists, apart, unbound)
	return apart
}

// stayTogether adds to staying the mappings that have to stay because another one does,
// or is written so that it can't change: one that shares its bytes, and one that repeats
// it, of which Compose would make two.
func stayTogether(family []*compose.Project, lists [][]*compose.Mapping, staying, unbound map[compose.Place]bool) {
	type port struct {
		ip, protocol    string
		container, host ports.Range
	}
	for before := -1; before < len(staying); {
		before = len(staying)
		for _, list := range lists {
			if !slices.ContainsFunc(list, func(m *compose.Mapping) bool { return m.Locked != "" || staying[m.Place()] }) {
				continue
			}
			stays := map[port]bool{}
			each := func(do func(m *compose.Mapping, p port)) {
				for _, m := range list {
					if m.Invalid == "" && !picked(m) && m.HostPort.Literal() {
						do(m, port{anyAddress(m.HostIP), m.Protocol, m.Container, m.HostPort.Ports})
					}
				}
			}
			each(func(m *compose.Mapping, p port) { stays[p] = stays[p] || m.Locked != "" || staying[m.Place()] })
			each(func(m *compose.Mapping, p port) {
				if stays[p] && m.Locked == "" {
					staying[m.Place()] = true
				}
			})
		}
		anchorsStay(family, staying, unbound)
	}
}

// anchorsStay adds to staying the scalars of which an alias that stays is a copy; one of
// unbound stays too.
func anchorsStay(family []*compose.Project, staying, unbound map[compose.Place]bool) {
	for _, p := range family {
		for m := range p.Each() {
			if m.Anchor != (compose.Place{}) && (!movable(m) || staying[m.Place()] || unbound[m.Place()]) {
				staying[m.Anchor] = true
			}
		}
	}
}

// spelledAmong finds them in one list. A number is one port, and what is one with it
// too.
func spelledAmong(list []*compose.Mapping, apart map[compose.Place]bool) {
	single := slices.DeleteFunc(slices.Clone(list), func(m *compose.Mapping) bool { return m.Container.Width() != 1 || picked(m) })
	all, ok := place(single)
	if !ok {
		return
	}
	type kind struct {
		slot
		number bool
	}
	has := map[kind]*stays{}
	for _, m := range all {
		for _, s := range m.slots {
			k := kind{s.unbare(), m.Number}
			if has[k] == nil {
				has[k] = &stays{hosts: map[ports.Range]bool{}, defaults: map[ports.Range]bool{}}
			}
			has[k].add(m.Mapping)
		}
	}
	for _, m := range all {
		for _, s := range m.slots {
			if has[kind{s.unbare(), !m.Number}].sometimesOne(m.Mapping) {
				apart[m.Place()] = true
			}
		}
	}
}

// mergedLists are the entries that meet in the ports of one service; those
// that an override replaces, or that only an extended file has, meet the
// others of their file.
func mergedLists(p *compose.Project) [][]*compose.Mapping {
	type list struct {
		service string
		file    *source.File
		dropped compose.Drop
	}
	all := lists.Group(slices.Collect(p.Each()), func(m *compose.Mapping) list {
		switch m.Dropped {
		case compose.Overridden:
			return list{m.Service, m.File, m.Dropped}
		case compose.Extended:
			return list{m.Service, m.Library, m.Dropped}
		default:
			return list{service: m.Service, dropped: compose.Published}
		}
	})
	return slices.DeleteFunc(all, func(l []*compose.Mapping) bool { return len(l) < 2 })
}

// stays is what of one slot does not move.
type stays struct {
	hosts, defaults map[ports.Range]bool
	mayBeEmpty      bool
}

func (s *stays) add(m *compose.Mapping) {
	s.hosts[m.HostPort.Ports], s.defaults[m.HostPort.DefaultPorts] = true, true
	s.mayBeEmpty = s.mayBeEmpty || mayBeEmpty(m)
}

// sometimesOne reports a mapping that is one with some of them, as [sometimesOne] does.
func (s *stays) sometimesOne(m *compose.Mapping) bool {
	return s != nil && (s.hosts[m.HostPort.Ports] || s.defaults[m.HostPort.DefaultPorts])
}

// keepClashes adds to kept what can't move in one list. The first of several
// that would become one moves, unless one of them is written so already.
func keepClashes(list []placed, kept map[compose.Place]bool) {
	taken, staying := map[slot]*compose.Mapping{}, map[slot]*stays{}
	bare := map[slot]bool{} // what is written as a container port alone
	for _, m := range list {
		for _, s := range m.slots {
			switch {
			case picked(m.Mapping):
				taken[s] = m.Mapping
				bare[s.unbare()] = bare[s.unbare()] || s.bare
			case !movable(m.Mapping) || kept[m.Place()]:
				if staying[s] == nil {
					staying[s] = &stays{hosts: map[ports.Range]bool{}, defaults: map[ports.Range]bool{}}
				}
				staying[s].add(m.Mapping)
			}
		}
	}
	for _, m := range list {
		if picked(m.Mapping) || !movable(m.Mapping) || kept[m.Place()] {
			continue
		}
		for _, s := range m.slots {
			other, clash := taken[s]
			// While V is unset, "${V}:80" is one with "80".
			if unbare := staying[s.unbare()]; bare[s.unbare()] && mayBeEmpty(m.Mapping) || s.bare && unbare != nil && unbare.mayBeEmpty {
				kept[m.Place()] = true
			}
			if clash && !alwaysOne(m.Mapping, other) {
				kept[m.Place()] = true
				if sometimesOne(m.Mapping, other) {
					kept[other.Place()] = true
				}
			}
			if staying[s].sometimesOne(m.Mapping) {
				kept[m.Place()] = true
			}
		}
		if !kept[m.Place()] {
			for _, s := range m.slots {
				taken[s] = m.Mapping
			}
		}
	}
}

// slot is a container port whose host port Docker picks, as Compose tells
// them apart: it knows "80" from "0:80". Ports that no entry of a list tells apart
// are one slot.
type slot struct {
	ip, protocol string
	container    int // the first of its ports
	bare         bool
}

// placed is a mapping with its slots.
type placed struct {
	*compose.Mapping

	slots []slot
}

// maxSlots bounds the slots of one list.
const maxSlots = 100_000

// place finds the slots of the entries of one list. It reports false where ranges
// overlap in so many ways that there are too many.
func place(list []*compose.Mapping) (all []placed, ok bool) {
	var cuts []int // where the ports of an entry begin, or end
	for _, m := range list {
		for _, c := range containers(m) {
			cuts = append(cuts, c.First, c.Last+1)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	total := 0
	for _, m := range list {
		all = append(all, placed{m, slots(m, cuts)})
		if total += len(all[len(all)-1].slots); total > maxSlots {
			return nil, false
		}
	}
	return all, true
}

func (s slot) unbare() slot {
	s.bare = false
	return s
}

// mayBeEmpty reports a variable that leaves the port to Docker, as it is or
// while it is unset.
func mayBeEmpty(m *compose.Mapping) bool {
	return m.HostPort.Ports.Zero() || m.HostPort.DefaultPorts.Zero()
}

// containers are the container ports of a mapping, with its variables as they are
// and with none set.
func containers(m *compose.Mapping) []ports.Range {
	all := []ports.Range{m.Container}
	if target, ok := parsePorts(defaultOf(variable.Parse(m.Target))); ok && target != m.Container {
		all = append(all, target)
	}
	return slices.DeleteFunc(all, ports.Range.Zero)
}

// slots are what a mapping would be once Docker picks its host port, with its
// variables as they are and with none set.
func slots(m *compose.Mapping, cuts []int) []slot {
	ips := []string{m.HostIP}
	if ip := defaultOf(variable.Parse(m.Address)); ip != "" && ip != m.HostIP {
		ips = append(ips, ip)
	}
	var all []slot
	for _, c := range containers(m) {
		bare := c.Width() > 1 || m.HostPort.Text == ""
		for _, ip := range ips {
			i, _ := slices.BinarySearch(cuts, c.First)
			for ; i < len(cuts) && cuts[i] <= c.Last; i++ {
				all = append(all, slot{anyAddress(ip), m.Protocol, cuts[i], bare})
			}
		}
	}
	return all
}

// movable reports whether a mapping could be written without a host port.
func movable(m *compose.Mapping) bool {
	return m.Invalid == "" && m.Locked == "" && !m.Container.Zero() && !m.BothSides()
}

// alwaysOne reports whether Compose takes two mappings of one container port
// for one and the same whatever is set.
func alwaysOne(a, b *compose.Mapping) bool {
	return a.HostPort.Text == b.HostPort.Text ||
		!a.HostPort.Ports.Zero() && a.HostPort.Ports == b.HostPort.Ports && a.HostPort.DefaultPorts == b.HostPort.DefaultPorts
}

// sometimesOne reports whether it does so with the variables as they are, or
// with none set.
func sometimesOne(a, b *compose.Mapping) bool {
	return a.HostPort.Ports == b.HostPort.Ports || a.HostPort.DefaultPorts == b.HostPort.DefaultPorts
}
