package compose

import (
	"slices"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
)

// WithHosts is the project as it would be with other host ports: those of the
// mappings at some places are replaced by texts, and the keys numbered anew.
func (p *Project) WithHosts(texts map[Place]string) *Project {
	if len(texts) == 0 {
		return p
	}
	changed := *p
	changed.Mappings = slices.Clone(p.Mappings)
	for m := range changed.Each() {
		if text, ok := texts[m.Place()]; ok {
			m.HostPort = variable.Parse(text)
			m.HostPort.Ports = portsOf(text, func(name string) (string, bool) { return p.lookup(*m, name) })
			m.HostPort.DefaultPorts = portsOf(text, variable.Unset)
		}
	}
	for _, list := range p.numbered {
		number(lists.Map(list, func(i int) *Mapping { return &changed.Mappings[i] }))
	}
	return &changed
}

func (p *Project) lookup(m Mapping, name string) (string, bool) {
	if v, ok := p.Env.environ[name]; ok {
		return v, true
	}
	if f, ok := m.Setter(name); ok {
		return f.Vars[name], true
	}
	return "", false
}

func portsOf(text string, lookup variable.Lookup) ports.Range {
	expanded, err := variable.Expand(text, lookup)
	if err != nil {
		return ports.Range{}
	}
	found, err := ports.Parse(expanded)
	if err != nil {
		return ports.Range{}
	}
	return found
}
