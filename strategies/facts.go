package strategies

import "github.com/portmoor/portmoor/compose"

// place is where an entry stands; services that share its bytes share it.
type place struct {
	file  *compose.File
	entry compose.Span
}

// Gather returns what Decide needs to know of a project's mappings. Defaults
// are the host texts that the configuration remembers for the project's
// folder, by [DefaultKey]; nil when there are none.
func Gather(p *compose.Project, names Names, defaults map[string]string) func(compose.Mapping) Facts {
	services := map[string]compose.Service{}
	for _, s := range p.Services {
		services[s.Name] = s
	}
	users := map[place][]compose.Service{}
	for _, m := range p.Mappings {
		if s, ok := services[m.Service]; ok {
			users[place{m.File, m.Entry}] = append(users[place{m.File, m.Entry}], s)
		}
	}
	merges := merging(p)
	return func(m compose.Mapping) Facts {
		facts := Facts{Names: names, Default: defaults[DefaultKey(m)], Merges: merges[place{m.File, m.Entry}]}
		for _, s := range users[place{m.File, m.Entry}] {
			facts.Scaled = facts.Scaled || s.Scale > 1
			facts.PortFile = facts.PortFile || s.PortFile
		}
		return facts
	}
}

// merging finds the mappings that would become equal to an earlier one of
// their service once Docker picks the host port of both.
func merging(p *compose.Project) map[place]bool {
	type identity struct {
		service, ip, protocol string
		container             compose.PortRange
		file                  *compose.File // of entries that an override replaces
		dropped               compose.Drop
	}
	found := map[place]bool{}
	first := map[identity]bool{}
	for _, m := range p.Mappings {
		id := identity{m.Service, m.HostIP, m.Protocol, m.Container, nil, m.Dropped}
		if m.Dropped == compose.Duplicate {
			id.dropped = compose.Published
		} else if m.Dropped != compose.Published {
			id.file = m.File
		}
		if m.HostPort.Text == "" && m.Container.Width() == 1 || m.Container.Zero() {
			continue // Compose tells "80" from "0:80"
		}
		if first[id] {
			found[place{m.File, m.Entry}] = true
		}
		first[id] = true
	}
	return found
}
