package strategies

import (
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
)

// Pin gives mappings whose host port Docker picks a fixed one. The zero Pin does that
// for none.
type Pin struct {
	// Wanted reports the mappings that may get one, besides those of Services.
	Wanted func(m *compose.Mapping) bool
	// Services are named by people: they get one also if they are scaled or learn their
	// port after start, and then no other service does. nil for every other service.
	Services []string
	// From is where new ports of a service are chosen from, and what is not picked.
	From func(service string) (ports.Range, ports.Policy)
}

// Texts are the host ports that mappings of a naming family get, by project and place:
// the container port where nobody in the family has it and it may be picked, else the
// lowest ones of the range that are free in the family. Mappings for which something
// is remembered get none, nor do those for which no port is left.
func (pin Pin) Texts(family []*compose.Project, remembered func(*compose.Project) map[compose.Place]string) map[*compose.Project]map[compose.Place]string {
	c := pinning{Pin: pin, chosen: map[compose.Key]ports.Range{}, at: map[compose.Place]ports.Range{}, next: map[ports.Range]int{}, given: map[int]bool{}}
	c.scaled, c.portFile, c.unbound = users(family, lists.Flat(family, mergedLists))
	known := map[compose.Place]bool{}
	var taken []ports.Range
	for _, p := range family {
		for at, text := range remembered(p) {
			known[at] = true
			e := variable.Parse(text)
			if r, ok := parsePorts(text); ok {
				taken = append(taken, r)
			} else if r, ok := parsePorts(defaultOf(e)); ok {
				taken = append(taken, r)
			}
		}
		for _, m := range p.Mappings {
			taken = append(taken, m.HostPort.Ports, m.HostPort.DefaultPorts)
		}
	}
	c.taken = ports.NewSet(taken...)
	for _, inherited := range []bool{false, true} { // who owns the bytes decides
		for _, p := range baseFirst(family) {
			for m := range p.Each() {
				if m.Inherited == inherited && !known[m.Place()] {
					c.choose(m)
				}
			}
		}
	}
	texts := map[*compose.Project]map[compose.Place]string{}
	for _, p := range family {
		texts[p] = map[compose.Place]string{}
		for m := range p.Each() {
			if r, chosen := c.at[m.Place()]; chosen {
				texts[p][m.Place()] = r.String()
			}
		}
	}
	return texts
}

// pinning is the choice of host ports for a family.
type pinning struct {
	Pin

	scaled, portFile, unbound map[compose.Place]bool
	taken                     ports.Set    // in the files
	given                     map[int]bool // what was chosen
	chosen                    map[compose.Key]ports.Range
	at                        map[compose.Place]ports.Range
	next                      map[ports.Range]int // where a range of new ports has not been looked through
}

// choose gives a mapping its port: the one that its service has for the container
// port already, of whatever protocol and in whatever file, if it has one.
func (c *pinning) choose(m *compose.Mapping) {
	at, key := m.Place(), m.Key
	key.Protocol = ""
	_, done := c.at[at]
	apart := (c.scaled[at] || c.portFile[at]) && c.Services == nil
	named := c.Services == nil || slices.Contains(c.Services, m.Service)
	if done || apart || !named || !picked(m) || m.Invalid != "" || m.Locked != "" || m.Container.Zero() || c.unbound[at] || !c.Wanted(m) {
		return
	}
	r, known := c.chosen[key]
	if !known {
		if r, known = c.free(m); !known {
			return
		}
		c.chosen[key] = r
		for port := r.First; port <= r.Last; port++ {
			c.given[port] = true
		}
	}
	c.at[at] = r
}

// free is the container port, or the lowest free ports of the range.
func (c *pinning) free(m *compose.Mapping) (r ports.Range, found bool) {
	from, policy := c.From(m.Service)
	width := m.Container.Width()
	explicit := policy.Explicit
	if policy.Explicit = explicit && from.Has(m.Container.First) && from.Has(m.Container.Last); c.fits(m.Container, policy) {
		return m.Container, true
	}
	policy.Explicit = explicit
	for first := max(from.First, c.next[from]); first+width-1 <= from.Last; first++ {
		if r = ports.From(first, width); !c.fits(r, policy) {
			continue
		}
		if width == 1 {
			c.next[from] = first + 1 // nothing below is free
		}
		return r, true
	}
	if width == 1 {
		c.next[from] = from.Last + 1
	}
	return ports.Range{}, false
}

// widest is how many ports a mapping may get that nobody has chosen.
const widest = 100

// fits reports ports that nobody of the family has and that may be picked.
func (c *pinning) fits(r ports.Range, policy ports.Policy) bool {
	if r.Width() > widest {
		return false
	}
	for port := r.First; port <= r.Last; port++ {
		if c.taken.Has(port) || c.given[port] || policy.Refuses(port) != "" {
			return false
		}
	}
	return true
}
