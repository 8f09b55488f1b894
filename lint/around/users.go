package around

import (
	"cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// EnvUsers are the projects that read each env file, as their indexes by its
// path.
func EnvUsers(projects []*compose.Project) map[string][]int {
	users := map[string][]int{}
	for i, p := range projects {
		for _, e := range p.Env.Files() {
			if of := users[e.File.Path]; len(of) == 0 || of[len(of)-1] != i {
				users[e.File.Path] = append(of, i)
			}
		}
	}
	return users
}

// DocUsers are the projects whose ports each document may list.
func DocUsers(projects []*compose.Project, docs map[*compose.Project][]*source.File) map[*source.File][]*compose.Project {
	users := map[*source.File][]*compose.Project{}
	for _, p := range projects {
		for _, f := range docs[p] {
			users[f] = append(users[f], p)
		}
	}
	for f, all := range users {
		users[f] = compose.Main(all)
	}
	return users
}

// Documented are the published mappings of projects, by service; a service
// without any has an empty list.
func Documented(projects []*compose.Project) map[string][]compose.Mapping {
	services := map[string][]compose.Mapping{}
	for _, p := range projects {
		for _, s := range p.Services {
			services[s.Name] = append(services[s.Name], nil...)
		}
		for _, m := range p.Mappings {
			if m.Dropped == compose.Published && m.Invalid == "" && !DefaultPorts(m).Zero() {
				services[m.Service] = append(services[m.Service], m)
			}
		}
	}
	return services
}

// DefaultPorts is what a document says of a mapping: what it is where nobody
// has set a variable.
func DefaultPorts(m compose.Mapping) ports.Range {
	return cmp.Or(m.HostPort.DefaultPorts, m.HostPort.Ports)
}
