package isolate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
)

// moves are the lists of ports of the services of which some move, by service: each line
// as the override has it. A list replaces that of the other files, since one that is only
// added to would bind the old ports as well; so it repeats what does not move.
func moves(p *compose.Project, to func(compose.Mapping) ports.Range, model *types.Project) map[string][]string {
	all := map[string][]string{}
	for _, svc := range p.Services {
		var lines []string
		moves := false
		for _, m := range p.Mappings {
			if m.Service == svc.Name && m.Dropped == compose.Published && m.Invalid == "" {
				lines = append(lines, overridden(m, to(m), model))
				moves = moves || !to(m).Zero()
			}
		}
		if moves {
			all[svc.Name] = lines
		}
	}
	return all
}

// move moves the ports of a model.
func move(p *compose.Project, to func(compose.Mapping) ports.Range, model *types.Project) {
	moved := map[string]string{} // by service and both numbers
	for _, m := range p.Mappings {
		if to := to(m); !to.Zero() && m.Dropped == compose.Published {
			for i := range to.Width() {
				moved[fmt.Sprint(m.Service, " ", m.Protocol, " ", m.HostIP, " ", m.HostPort.Ports.First+i, ":", m.Container.First+i)] = fmt.Sprint(to.First + i)
			}
		}
	}
	for name, svc := range model.Services {
		for i, p := range svc.Ports {
			if to, ok := moved[fmt.Sprint(name, " ", p.Protocol, " ", p.HostIP, " ", p.Published, ":", p.Target)]; ok {
				svc.Ports[i].Published = to
			}
		}
	}
}

// overridden is a mapping as a line of a list, with other host ports where
// there are any.
func overridden(m compose.Mapping, ports ports.Range, model *types.Project) string {
	host := m.HostPort.Text
	if !ports.Zero() {
		host = ports.String()
	}
	if m.Syntax == compose.Long {
		return overriddenLong(m, host, model)
	}
	text := m.Target
	if host != "" || m.Address != "" {
		text = host + ":" + text
	}
	if m.Address != "" {
		text = m.Address + ":" + text
	}
	if m.Protocol != "tcp" {
		text += "/" + m.Protocol
	}
	return fmt.Sprintf("%q", text)
}

// overriddenLong takes what has no say in the host port from compose-go's model.
func overriddenLong(m compose.Mapping, host string, model *types.Project) string {
	fields := []string{fmt.Sprintf("target: %q, protocol: %q", m.Target, m.Protocol)}
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, fmt.Sprintf("%s: %q", name, value))
		}
	}
	add("published", host)
	add("host_ip", m.Address)
	for _, p := range model.Services[m.Service].Ports {
		if int(p.Target) != m.Container.First || p.Protocol != m.Protocol || p.HostIP != m.HostIP || m.Name != "" && p.Name != m.Name {
			continue
		}
		add("name", p.Name)
		if p.Mode != "ingress" {
			add("mode", p.Mode)
		}
		add("app_protocol", p.AppProtocol)
		for _, key := range slices.Sorted(maps.Keys(p.Extensions)) {
			if value, err := json.Marshal(p.Extensions[key]); err == nil {
				fields = append(fields, fmt.Sprintf("%q: %s", key, value))
			}
		}
		break
	}
	return "{" + strings.Join(fields, ", ") + "}"
}
