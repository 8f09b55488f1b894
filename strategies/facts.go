package strategies

import (
	"maps"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// Gather returns what Decide needs to know of mappings. Names are those of their
// family. Remembered are the host texts that the
// configuration has for them, as [Recall] finds them; nil when it has none.
func Gather(names Names, remembered map[compose.Place]string) func(*compose.Mapping) Facts {
	return func(m *compose.Mapping) Facts {
		at := m.Place()
		return Facts{
			Names: names, Default: remembered[at], Merges: names.merges[at], Repeats: names.narrow[at], Repeated: names.wide[at],
			Spelled: names.spelled[at], Shares: names.shared[at],
			Scaled: names.scaled[at], PortFile: names.portFile[at], Unbound: names.unbound[at],
		}
	}
}

// users finds the places of which a service that has them runs more than once,
// or learns its port after start: an entry is written once for all projects of
// the family, and one that only an overlay scales has to fit there too. Unbound are
// those that Docker binds for none of the services that have them.
func users(family []*compose.Project, lists [][]*compose.Mapping) (scaled, portFile, unbound map[compose.Place]bool) {
	scaled, portFile, unbound = map[compose.Place]bool{}, map[compose.Place]bool{}, map[compose.Place]bool{}
	bound := map[compose.Place]bool{}
	for _, p := range family {
		services := map[string]compose.Service{}
		for _, s := range p.Services {
			services[s.Name] = s
		}
		for m := range p.Each() {
			s := services[m.Service]
			if s.Scale > 1 && !p.Ingress(m) {
				scaled[m.Place()] = true
			}
			if s.PortFile {
				portFile[m.Place()] = true
			}
			if unbound[m.Place()] = true; s.Publishes() {
				bound[m.Place()] = true
			}
		}
	}
	maps.DeleteFunc(unbound, func(at compose.Place, _ bool) bool { return bound[at] })
	spread(lists, scaled)
	spread(lists, portFile)
	return scaled, portFile, unbound
}

// spread adds to places those of mappings that Compose takes for one with them:
// if one goes to Docker, the others have to go too.
func spread(merged [][]*compose.Mapping, places map[compose.Place]bool) {
	if len(places) == 0 {
		return
	}
	var lists [][]*compose.Mapping
	for _, list := range merged {
		bySlot, order := map[slot][]*compose.Mapping{}, []slot{}
		known, _ := place(list) // the entries of others stay
		for _, m := range known {
			for _, s := range m.slots {
				if s = s.unbare(); bySlot[s] == nil {
					order = append(order, s)
				}
				bySlot[s] = append(bySlot[s], m.Mapping)
			}
		}
		for _, s := range order {
			lists = append(lists, bySlot[s])
		}
	}
	passes := 0
	for before := -1; before < len(places) && passes < maxPasses; passes++ {
		before = len(places)
		for _, together := range lists {
			spreadAmong(together, places)
		}
	}
}

func spreadAmong(together []*compose.Mapping, places map[compose.Place]bool) {
	hosts, defaults := map[ports.Range]bool{}, map[ports.Range]bool{}
	for _, m := range together {
		if places[m.Place()] {
			hosts[m.HostPort.Ports], defaults[m.HostPort.DefaultPorts] = true, true
		}
	}
	for _, m := range together {
		if hosts[m.HostPort.Ports] || defaults[m.HostPort.DefaultPorts] {
			places[m.Place()] = true
		}
	}
}

// Recall finds the host texts that are remembered for the mappings whose host
// port Docker picks now. Defaults gives the texts of a file, by [DefaultKeys].
func Recall(p *compose.Project, defaults func(*source.File) map[string]string) map[compose.Place]string {
	found := map[compose.Place]string{}
	keys := DefaultKeys(p)
	for m := range p.Each() {
		if text := defaults(m.File)[keys[m.Place()]]; text != "" && picked(m) {
			found[m.Place()] = text
		}
	}
	return found
}

// DefaultKeys are the names under which the configuration remembers the host
// texts of a file: service:container[/protocol][@address][#n], where n counts
// the entries of the file that are otherwise equal. They do not depend on host
// ports, which are gone when the text is asked for, nor on other files.
func DefaultKeys(p *compose.Project) map[compose.Place]string {
	keys := map[compose.Place]string{}
	type entry struct{ path, key string }
	count := map[entry]int{}
	for _, own := range []bool{true, false} { // what nobody owns here is named by who shows it
		for m := range p.Each() {
			if _, done := keys[m.Place()]; done || m.Inherited == own {
				continue
			}
			e := entry{m.File.Path, entryKey(m, m.Address, 1)}
			count[e]++
			keys[m.Place()] = entryKey(m, m.Address, count[e])
		}
	}
	return keys
}
