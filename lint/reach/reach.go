// Package reach says where URLs of this machine may lead in a project: to host ports, and
// to whatever listens in the network of a service.
//
//	r := reach.Of(project, (*source.File).Values)
//	if listens := r.From("web"); listens != nil && !listens(8080) {
//		…
//	}
package reach

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// Reach is where URLs may lead. The zero Reach is that of a project without ports.
type Reach struct {
	host    []ports.Range
	inside  map[string][]ports.Range // by the service whose network it is
	owners  map[string]string
	open    map[string]bool // services in networks of which the project shows only a part
	unknown bool

	onHost ports.Set
	own    map[string]ports.Set // by the service whose network it is
}

// Of works it out. Values are the documents of a file.
func Of(p *compose.Project, values func(*source.File) []any) *Reach {
	r := &Reach{inside: map[string][]ports.Range{}, owners: Owners(p), open: map[string]bool{}, unknown: p.Partial}
	onHost := map[string]bool{}
	for _, s := range p.Services {
		owner := p.Service(r.Owner(s.Name))
		_, kind := owner.NetworkOwner()
		onHost[s.Name] = owner.NetworkMode.Value == "host"
		r.open[s.Name] = kind != "" || onHost[s.Name]
	}
	has := map[string]bool{} // services that say a port on which they listen
	add := func(service string, listens ports.Range) {
		has[service] = has[service] || !listens.Zero()
		if onHost[service] {
			r.host = append(r.host, listens)
		}
		r.inside[r.Owner(service)] = append(r.inside[r.Owner(service)], listens)
	}
	for m := range p.Each() {
		r.unknown = r.unknown || m.HostPort.Ports.Zero() && !m.HostPort.Literal() && m.HostPort.Text != ""
		r.host = append(r.host, m.HostPort.Ports, m.HostPort.DefaultPorts)
		add(m.Service, m.Container)
	}
	for _, f := range p.Files {
		for _, doc := range values(f) {
			root, _ := doc.(map[string]any)
			services, _ := root["services"].(map[string]any)
			for name, service := range services {
				for _, listens := range exposed(service, p.Env.Lookup) {
					add(name, listens)
				}
			}
		}
	}
	for _, s := range p.Services {
		r.unknown = r.unknown || onHost[s.Name] && !has[s.Name] && s.Scale > 0
	}
	r.onHost, r.own = ports.NewSet(r.host...), make(map[string]ports.Set, len(r.inside))
	for owner, inside := range r.inside {
		r.own[owner] = ports.NewSet(inside...)
	}
	return r
}

// exposed are the container ports that a service only exposes.
func exposed(service any, lookup variable.Lookup) (all []ports.Range) {
	said, _ := service.(map[string]any)
	list, _ := said["expose"].([]any)
	for _, item := range list {
		text, err := variable.Expand(fmt.Sprint(item), lookup)
		port, _, _ := strings.Cut(text, "/")
		if r, parsed := ports.Parse(port); err == nil && parsed == nil {
			all = append(all, r)
		}
	}
	return all
}

// Known reports that all ports of this machine on which the project listens are known: a
// variable may have another one, and so may a service with the host's network that says
// none.
func (r *Reach) Known() bool { return !r.unknown }

// Owner is the service of whose network a service is a part, itself for most.
func (r *Reach) Owner(service string) string {
	if owner := r.owners[service]; owner != "" {
		return owner
	}
	return service
}

// From tells the ports to which a URL in a service may lead: those of the host, and
// those in its network. It is nil where nobody knows all of them.
func (r *Reach) From(service string) func(port int) bool {
	if r.open[service] {
		return nil
	}
	own := r.own[r.Owner(service)]
	return func(port int) bool { return r.onHost.Has(port) || own.Has(port) }
}

// All are the ports to which a URL in any of the services may lead.
func (r *Reach) All() []ports.Range {
	all := slices.Clone(r.host)
	for _, inside := range r.inside {
		all = append(all, inside...)
	}
	return all
}

// maxShared bounds how many services are followed to the one whose network they have.
const maxShared = 100

// Owners are the services whose network others have in the end, through still
// others if need be, by the names of those. It lacks a service that has the network of
// none in the project.
func Owners(p *compose.Project) map[string]string {
	named, containers := make(map[string]*compose.Service, len(p.Services)), map[string]*compose.Service{}
	for i := range p.Services {
		s := &p.Services[i]
		named[s.Name] = s
		if s.ContainerName.Value != "" {
			containers[s.ContainerName.Value] = s
		}
	}
	owners := map[string]string{}
	for i := range p.Services {
		s := &p.Services[i]
		at := s
		for range maxShared {
			name, kind := at.NetworkOwner()
			if kind == "" {
				if at.Name != s.Name {
					owners[s.Name] = at.Name
				}
				break
			}
			next, known := named[name]
			if kind == "container" {
				next, known = containers[name]
			}
			if !known {
				break
			}
			at = next
		}
	}
	return owners
}
