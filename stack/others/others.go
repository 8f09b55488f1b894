// Package others is what a project has in common with others on the machine though it
// should not: names of containers, networks and volumes, and values with a host port
// that is another project's now. It is pure: what an engine has comes as data.
//
//	for _, m := range others.Mentions(project, project.Settings(), moved, nil) {
//		…
//	}
package others

import (
	"fmt"
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/say"
)

// Kind is what a name is of. There are no others: configs and secrets have no names on
// an engine unless it is a swarm, where docker compose up makes none.
type Kind string

// The kinds of names.
const (
	Container Kind = "container"
	Network   Kind = "network"
	Volume    Kind = "volume"
)

// Name is a name that starting the project would use.
type Name struct {
	compose.Text // the name itself is in Text.Value

	Kind    Kind
	Service string // of a container
	// Made reports that Compose makes it, of the names of the project and of what it is for.
	Made bool
}

// Names are those that starting some services of a project would use, but for networks
// and volumes that are external, which are meant to be shared. Where compose-go does
// not load the project, containers alone have names. Started reports what is started,
// and replicas in how many containers, which may be none.
func Names(p *compose.Project, started func(service string) bool, replicas func(compose.Service) int) (names []Name) {
	starts := map[string]bool{}
	for _, svc := range p.Services {
		starts[svc.Name] = started(svc.Name) && replicas(svc) > 0
	}
	for _, svc := range p.Services {
		switch given := svc.ContainerName; {
		case !starts[svc.Name]:
		case given.Value != "":
			names = append(names, Name{given, Container, svc.Name, false})
		default:
			for n := range min(replicas(svc), manyReplicas) {
				names = append(names, Name{compose.Text{File: svc.File, Span: svc.Span, Value: fmt.Sprintf("%s-%s-%d", p.Name, svc.Name, n+1)}, Container, svc.Name, true})
			}
		}
	}
	if p.Loadable() != nil {
		return names
	}
	environ := map[string]string{}
	for _, name := range p.Variables() {
		if value, set := p.Env.Lookup(name); set {
			environ[name] = value
		}
	}
	model, err := canonical.Load(canonical.Input{Dir: p.Dir, Files: p.Group.Files, Environ: environ, Name: p.Name})
	if err != nil {
		return names
	}
	for i, n := range names {
		if set := model.Services[n.Service].ContainerName; !n.Made && set != "" {
			names[i].Value = set // where COMPOSE_PROJECT_NAME is the project's, whatever says so
		}
	}
	maps.DeleteFunc(model.Services, func(name string, _ types.ServiceConfig) bool { return !starts[name] })
	used := model.WithoutUnnecessaryResources()
	add := func(kind Kind, section, key, name string, external types.External) {
		if at := p.Named(section, key); !bool(external) && name != "" {
			made := (at.Value == key || at.Value == "") && name == p.Name+"_"+key
			names = append(names, Name{compose.Text{File: at.File, Span: at.Span, Value: name}, kind, "", made})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(used.Networks)) {
		add(Network, "networks", key, used.Networks[key].Name, used.Networks[key].External)
	}
	for _, key := range slices.Sorted(maps.Keys(used.Volumes)) {
		add(Volume, "volumes", key, used.Volumes[key].Name, used.Volumes[key].External)
	}
	return names
}

// manyReplicas are as many as are looked at by name.
const manyReplicas = 100

// Conflict is a name that somebody else has. Place of the problem is left to whoever
// shows it.
type Conflict struct {
	Name

	Problem say.Problem
}

// Conflicts is the law of names that a project is about to use. A container of the name
// has to be the service's own. A volume of a project that has containers would be
// written by both, and on its network a service would be found under the name of one
// of the other project. Else a network or a volume of another project is a note, since
// docker compose uses it.
func Conflicts(project string, names []Name, containers []docker.Container, there map[Kind][]docker.Resource) (all []Conflict) {
	started := map[string]bool{}
	for _, n := range names {
		started[n.Service] = true
	}
	for _, n := range needed(project, names, containers) {
		if n.Kind == Container {
			all = append(all, ofContainers(project, n, containers)...)
		}
		for _, r := range there[n.Kind] {
			if r.Name == n.Value && r.Project != "" && r.Project != project {
				all = append(all, ofResource(n, r, containers, started))
			}
		}
	}
	return all
}

// needed are the names without those that Compose makes for containers which a service
// has already; further ones are numbered behind them.
func needed(project string, names []Name, containers []docker.Container) (all []Name) {
	wanted, there, last := map[string]int{}, map[string]int{}, map[string]int{}
	for _, n := range names {
		if n.Made && n.Kind == Container {
			wanted[n.Service]++
		}
	}
	for _, c := range containers {
		if c.Project == project && !c.OneOff {
			there[c.Service]++
			last[c.Service] = max(last[c.Service], c.Number)
		}
	}
	for _, n := range names {
		if n.Made && n.Kind == Container && there[n.Service] > 0 {
			if wanted[n.Service]--; wanted[n.Service] < there[n.Service] {
				continue
			}
			last[n.Service]++
			n.Value = fmt.Sprintf("%s-%s-%d", project, n.Service, last[n.Service])
		}
		all = append(all, n)
	}
	return all
}

// ofContainers are the conflicts of one name of a container.
func ofContainers(project string, n Name, containers []docker.Container) (all []Conflict) {
	own := func(c docker.Container) bool { return c.Project == project && c.Service == n.Service && !c.OneOff }
	for _, c := range containers {
		if c.Name != n.Value || own(c) {
			continue
		}
		whose := "of project " + c.Project
		switch {
		case c.Project == "":
			whose = "which docker compose has not made"
		case c.Project == project && c.OneOff:
			whose = "of docker compose run"
		case c.Project == project:
			whose = "of its service " + c.Service
		}
		hint := "leave container_name out, so that Compose makes a name of the project's, or remove the other container"
		if n.Made {
			hint = "give the project another name with -p, or remove the other container"
		}
		all = append(all, Conflict{n, say.Problem{Kind: say.Finding, Message: fmt.Sprintf("service %s: there is a container called %s already, %s (%s)", n.Service, c.Name, whose, c.State), Hint: hint}})
	}
	return all
}

// ofResource is the conflict of a network or a volume.
func ofResource(n Name, r docker.Resource, containers []docker.Container, started map[string]bool) Conflict {
	c := Conflict{n, say.Problem{
		Kind: say.Note, Message: fmt.Sprintf("%s %s was made for project %s, and is used all the same", n.Kind, n.Value, r.Project),
		Hint: "give it another name, or say external: true if the projects are meant to share it",
	}}
	for _, other := range containers {
		switch {
		case other.Project != r.Project || c.Problem.Kind == say.Finding:
		case n.Kind == Volume:
			c.Problem.Kind, c.Problem.Message = say.Finding, fmt.Sprintf("volume %s is that of project %s, and both would write to it", n.Value, r.Project)
		case started[other.Service]:
			c.Problem.Kind, c.Problem.Message = say.Finding, fmt.Sprintf("network %s is that of project %s, which has a service %s too", n.Value, r.Project, other.Service)
		}
	}
	return c
}
