package migrate

import (
	"maps"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/strategies"
)

// Options say what a migration does besides following the strategies. The zero value is
// nothing else.
type Options struct {
	// Pin gives host ports that Docker picks a default.
	Pin bool
	// Services are those that Pin is about, also if they are scaled or learn their port
	// after start; nil for all others.
	Services []string
	// Isolate takes out the names that a second checkout can't have.
	Isolate bool
}

// pinned are the host ports that mappings get which Docker picks one for, by project
// and place.
func (m *Migration) pinned(services []string) map[*compose.Project]map[compose.Place]string {
	wanted := map[compose.Place]bool{} // what is not dynamic by its strategy
	for _, p := range m.w.Projects {
		for mapping := range p.Each() {
			if m.w.Strategies[p] != strategies.Dynamic && m.w.Asked(mapping.File) {
				wanted[mapping.Place()] = true
			}
		}
	}
	pin := strategies.Pin{
		Services: services,
		Wanted:   func(mapping *compose.Mapping) bool { return wanted[mapping.Place()] },
		From: func(service string) (ports.Range, ports.Policy) {
			policy := m.w.Config.Policy()
			from, explicit := m.w.Config.NewPortsOf(service)
			policy.Explicit = explicit
			return from, policy
		},
	}
	all := map[*compose.Project]map[compose.Place]string{}
	for _, family := range strategies.Families(slices.Concat(m.w.Projects, m.w.Neighbours)) {
		maps.Copy(all, pin.Texts(family, m.w.Remembered))
	}
	return all
}

// pinnable counts the mappings that stay and that would get a default.
func (m *Migration) pinnable() (n int) {
	would := map[compose.Place]bool{}
	for _, texts := range m.pinned(nil) {
		for at := range texts {
			would[at] = true
		}
	}
	for _, s := range m.Skips {
		if would[s.Mapping.Place()] {
			n++
		}
	}
	return n
}

// checkPin refuses to pin services that are not there, or what is to be dynamic.
func (m *Migration) checkPin(o Options) error {
	var names []string
	dynamic := len(m.w.Projects) > 0
	for _, p := range m.w.Projects {
		dynamic = dynamic && m.w.Strategies[p] == strategies.Dynamic
		for _, s := range p.Services {
			names = append(names, s.Name)
		}
	}
	for _, name := range o.Services {
		if !slices.Contains(names, name) {
			return say.Usagef(say.Meant("", name, names, "the services are those of the compose files; a path has a slash in it, as ./app has"), "portmoor migrate: --pin: no service is called %s", name)
		}
	}
	if dynamic {
		return say.Usagef("choose one with --strategy", "portmoor migrate: --pin is for the strategies auto and hybrid, and this is dynamic")
	}
	return nil
}
