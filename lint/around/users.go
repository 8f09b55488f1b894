package around

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lint/text"
	"github.com/portmoor/portmoor/lists"
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

// PassedOn are the env files, by path, that a service of a project that reads them
// names under env_file. Values are the documents of a file.
func PassedOn(projects []*compose.Project, values func(*source.File) []any) map[string]bool {
	passed := map[string]bool{}
	for _, p := range projects {
		reads := lists.Keys(p.Env.Files(), func(e variable.File) string { return e.File.Path })
		if len(reads) == 0 {
			continue
		}
		for _, f := range p.Files {
			for _, doc := range values(f) {
				root, _ := doc.(map[string]any)
				services, _ := root["services"].(map[string]any)
				for _, s := range services {
					service, _ := s.(map[string]any)
					named := slices.Collect(maps.Values(text.All(service["env_file"])))
					if one, ok := service["env_file"].(string); ok {
						named = append(named, one)
					}
					for _, n := range named {
						if path := filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(n)); reads[path] {
							passed[path] = true
						}
					}
				}
			}
		}
	}
	return passed
}

// Words are those of all files of some projects, which are indexes.
func Words(projects []*compose.Project, some []int) map[string]bool {
	all := map[string]bool{}
	for _, i := range some {
		for _, f := range projects[i].Files {
			maps.Copy(all, text.Words(f.Src))
		}
	}
	return all
}
