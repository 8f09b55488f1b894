package lint

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/meet"
	"github.com/portmoor/portmoor/source"
)

var duplicateContainerName = Rule{
	Name:     "duplicate-container-name",
	Title:    "Two services have one container_name",
	Severity: Error,
	Doc: `Two services that can run at the same time have one container_name, which only one container can have, so
that docker compose up refuses the project. Services that run together only under two or more profiles may share a name.
Give each its own, or none.`,
	Check: func(p *Pass) {
		services, order := slices.Clone(p.Project.Services), map[*source.File]int{}
		for i, f := range p.Project.Files {
			order[f] = i
		}
		slices.SortStableFunc(services, func(a, b compose.Service) int {
			x, y := a.ContainerName, b.ContainerName
			return cmp.Or(order[x.File]-order[y.File], x.Span.Start-y.Span.Start)
		})
		first := map[string][]compose.Service{}
		for _, s := range services {
			name := s.ContainerName.Value
			if name == "" || s.Scale == 0 || p.Project.Swarm || p.run.never[p.index][s.Name] {
				continue
			}
			if i := slices.IndexFunc(first[name], func(e compose.Service) bool { return len(p.together(e.Profiles, s.Profiles)) < 2 }); i >= 0 {
				p.sameName(first[name][i], s)
			}
			if len(first[name]) < meet.Most {
				first[name] = append(first[name], s)
			}
		}
	},
}

// sameName reports the container_name of a service that an earlier one has too.
func (p *Pass) sameName(e, s compose.Service) {
	name := s.ContainerName
	f := Finding{
		File: name.File, Span: name.Span, Service: s.Name,
		Message: fmt.Sprintf("container_name %s is already that of service %s", quote(name.Written), quote(e.Name)),
		Hint:    "give each of the two its own name, or none",
		Related: []Related{{File: e.ContainerName.File, Span: e.ContainerName.Span, Message: "service " + quote(e.Name) + " has it here"}},
	}
	if e.ContainerName == name { // inherited, or of one template
		f.File, f.Span = s.File, s.Span
	}
	p.Report(f)
}

var containerNameScaled = Rule{
	Name:     "container-name-scaled",
	Title:    "A scaled service has a container_name",
	Severity: Error,
	Doc: `The service runs more than once and has a container_name, which only one container can have. Remove
container_name, or run the service once. A stack of a swarm ignores container_name.`,
	Check: func(p *Pass) {
		for _, s := range p.Project.Services {
			if s.Scale > 1 && s.ContainerName.Value != "" && !p.Project.Swarm {
				at, related := s.ContainerName, saidBy(p.Project, s.ScaleText, "its scale is set here")
				if s.NameExtends.File != nil {
					related = append([]Related{{File: at.File, Span: at.Span, Message: "the name is set here"}}, related...)
					at = s.NameExtends
				}
				p.reportf(Finding{File: at.File, Span: at.Span, Service: s.Name, Related: related}, "remove container_name",
					"service %s runs %d times, but only one container can be named %s", quote(s.Name), s.Scale, quote(s.ContainerName.Written))
			}
		}
	},
}
