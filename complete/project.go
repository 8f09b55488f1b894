package complete

import (
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
)

// Words are candidates of which there is nothing more to say.
func Words(words []string) []Candidate {
	return lists.Map(words, func(w string) Candidate { return Candidate{Word: w} })
}

// Project adds what is known of the project that a line is about. Find returns nil where
// there is none, or none that can be loaded.
func (g Grammar) Project(find func(Typed) *compose.Project) {
	known := func(of func(*compose.Project, Typed) []Candidate) func(Typed) []Candidate {
		return func(t Typed) []Candidate {
			if p := find(t); p != nil {
				return of(p, t)
			}
			return nil
		}
	}
	g.Known["SERVICE"], g.Known["SERVICE:PORT"] = known(services), known(serviceAndPort)
	g.Known["PORT"] = known(func(p *compose.Project, t Typed) []Candidate {
		return Words(containerPorts(p, strings.Join(t.Args[:1], "")))
	})
	g.Known["PROFILE"] = known(func(p *compose.Project, _ Typed) []Candidate {
		all := lists.Flat(p.Services, func(s compose.Service) []string { return s.Profiles })
		slices.Sort(all)
		return Words(slices.Compact(all))
	})
}

// services are those that the line does not name yet, with the images that they are of.
func services(p *compose.Project, t Typed) (all []Candidate) {
	for _, s := range p.Services {
		if !slices.Contains(t.Args, s.Name) {
			all = append(all, Candidate{s.Name, s.Image})
		}
	}
	return all
}

// serviceAndPort are the services, and behind a colon the ports of one.
func serviceAndPort(p *compose.Project, t Typed) []Candidate {
	service, _, apart := strings.Cut(t.Word, ":")
	if !apart {
		return services(p, t)
	}
	return lists.Map(containerPorts(p, service), func(port string) Candidate { return Candidate{Word: service + ":" + port} })
}

// containerPorts are those of a service, of a range the first hundred.
func containerPorts(p *compose.Project, service string) (all []string) {
	for m := range p.Each() {
		if m.Service != service || m.Container.First == 0 {
			continue
		}
		for port := m.Container.First; port <= min(m.Container.Last, m.Container.First+99); port++ {
			all = lists.Union(all, strconv.Itoa(port))
		}
	}
	return all
}
