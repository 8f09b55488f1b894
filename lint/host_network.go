package lint

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/reach"
)

var hostNetworkPorts = Rule{
	Name:     "host-network-ports",
	Title:    "Docker discards ports under this network_mode",
	Severity: Warning,
	Doc: `Docker discards the ports of a service with network_mode: host, which listens on its own ports of the
host, and of one with network_mode: none, which no one can reach. Remove ports, or network_mode.`,
	Check: func(p *Pass) {
		p.unbound(func(s *compose.Service) (verdict, bool) {
			switch s.NetworkMode.Value {
			case "host":
				return verdict{what: "uses the host's network", why: "Docker discards its ports", hint: "remove ports, or network_mode: host"}, true
			case "none":
				return verdict{what: "has no network", why: "Docker discards its ports", hint: "remove ports, or network_mode: none"}, true
			}
			return verdict{}, false
		})
	},
}

var sharedNetworkPorts = Rule{
	Name:     "shared-network-ports",
	Title:    "Ports beside the network of another service",
	Severity: Error,
	Doc: `The service has the network of another service or container (network_mode: service:NAME or
container:NAME), so that it has no ports of its own to publish: Docker refuses to create its container. Move ports to
the service that owns the network.`,
	Check: func(p *Pass) {
		owners, services := sync.OnceValue(func() map[string]string { return reach.Owners(p.Project) }), p.services()
		p.unbound(func(s *compose.Service) (verdict, bool) {
			name, kind := s.NetworkOwner()
			v := verdict{what: "has the network of " + kind + " " + quote(name), why: "Docker refuses to create its container with ports"}
			v.hint = fmt.Sprintf("move ports to whatever publishes those of %s %s", kind, quote(name))
			if owner := owners()[s.Name]; owner != "" {
				v.hint = fmt.Sprintf("move ports to service %s, whose network it is", quote(owner))
				at := services[owner]
				if !at.Publishes() {
					v.hint = fmt.Sprintf("remove ports: service %s, whose network it is, publishes none", quote(owner))
				}
				v.related = []Related{{File: at.File, Span: at.Span, Message: "the network is that of service " + quote(owner)}}
			}
			return v, kind != ""
		})
	},
}

// verdict is what a service's network_mode does to its ports.
type verdict struct {
	what, why, hint string
	related         []Related
}

// unbound reports, once for each service, published ports that its network_mode does
// not go with.
func (p *Pass) unbound(judge func(*compose.Service) (v verdict, bad bool)) {
	if !slices.ContainsFunc(p.Project.Services, func(s compose.Service) bool { return !s.Publishes() }) {
		return
	}
	services, reported := p.services(), map[string]bool{}
	for _, m := range p.Project.Mappings {
		s := services[m.Service]
		if s.Publishes() || reported[s.Name] || m.Dropped != compose.Published {
			continue
		}
		reported[s.Name] = true
		if v, bad := judge(s); bad {
			f := about(&m)
			f.Related = slices.Concat(f.Related, saidBy(p.Project, s.NetworkMode, "network_mode is set here"), v.related)
			p.reportf(f, v.hint, "service %s %s%s: %s", quote(s.Name), v.what, p.condition(s.NetworkMode, f), v.why)
		}
	}
}

// condition says which overlay of the folder's project makes a finding about another
// file, as the end of a clause; "" where the file is as wrong without one.
func (p *Pass) condition(cause compose.Text, f Finding) string {
	last := p.Project.Group.Files[len(p.Project.Group.Files)-1]
	if !p.Project.Group.Overlay || cause.File.Path != last || f.File.Path == last {
		return ""
	}
	return " with " + filepath.Base(last)
}
