package lint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/text"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

var staleReference = Rule{
	Name:     "stale-reference",
	Title:    "A URL names a host port that nobody publishes",
	Severity: Warning,
	Doc: `A URL in environment, labels or an env file names a port of this machine (localhost, a loopback address or
host.docker.internal) that no mapping of the project publishes, and that is not a container port of the same service.
Such a URL is left over when a port moves. Correct the port, or publish it.`,
	Check: func(p *Pass) {
		if p.Project.Partial || slices.ContainsFunc(p.Project.Mappings, func(m compose.Mapping) bool {
			return m.HostPort.Ports.Zero() && !m.HostPort.Literal() && m.HostPort.Text != ""
		}) {
			return // a port that is not known may be the one
		}
		published, inside := ports.NewSet(hostPorts(p.Project)...), containerPorts(p.Project)
		for _, f := range p.Project.Files {
			if !p.run.contents(f).local() {
				continue
			}
			for i, doc := range p.run.contents(f).values() {
				p.staleInDocument(f, i, doc, published, inside)
			}
		}
		for _, e := range p.Project.Env.Files() {
			p.staleInEnvFile(e.File)
		}
	},
}

func (p *Pass) staleInDocument(f *source.File, doc int, value any, published ports.Set, inside map[string][]ports.Range) {
	root, _ := value.(map[string]any)
	services, _ := root["services"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(services)) {
		service, _ := services[name].(map[string]any)
		var own ports.Set
		for _, key := range []string{"environment", "labels"} {
			for path, value := range text.All(service[key]) {
				if !text.Local([]byte(value)) {
					continue
				}
				if own.Empty() {
					own = ports.NewSet(append(exposed(service), inside[name]...)...)
				}
				span := f.Whole(f.At(doc, []string{"services", name, key, path}, false))
				p.staleIn(f, span, name, func(port int) bool { return published.Has(port) || own.Has(port) })
			}
		}
	}
}

// exposed are the container ports that a service only exposes.
func exposed(service map[string]any) (all []ports.Range) {
	list, _ := service["expose"].([]any)
	for _, item := range list {
		port, _, _ := strings.Cut(fmt.Sprint(item), "/")
		if r, err := ports.Parse(port); err == nil && r.Width() == 1 {
			all = append(all, r)
		}
	}
	return all
}

// staleInEnvFile looks at an env file once, for all projects that have it.
func (p *Pass) staleInEnvFile(f *source.File) {
	users := p.run.envUsers()[f.Path]
	if users[0] != p.index {
		return
	}
	var all []ports.Range
	for _, i := range users {
		if p.run.projects[i].Partial {
			return // a port that is not known may be the one
		}
		all = append(all, hostPorts(p.run.projects[i])...)
		for _, inside := range containerPorts(p.run.projects[i]) {
			all = append(all, inside...)
		}
	}
	reached := ports.NewSet(all...)
	for _, span := range text.EnvLines(f.Src) {
		p.staleIn(f, span, "", reached.Has)
	}
}

// staleIn reports the ports of URLs in a piece of a file that nothing listens on.
func (p *Pass) staleIn(f *source.File, in source.Span, service string, reached func(port int) bool) {
	for _, span := range text.LocalPorts(f.Src, in) {
		port, err := strconv.Atoi(string(f.Src[span.Start:span.End]))
		if err != nil || reached(port) {
			continue
		}
		p.reportf(Finding{File: f, Span: span, Service: service}, "correct the port, or publish it", "no mapping publishes host port %d", port)
	}
}

// hostPorts are the ports of this machine that a project publishes.
func hostPorts(p *compose.Project) (all []ports.Range) {
	for _, m := range p.Mappings {
		all = append(all, m.HostPort.Ports, m.HostPort.DefaultPorts)
	}
	return all
}

// containerPorts are the ports on which the containers of each service listen.
func containerPorts(p *compose.Project) map[string][]ports.Range {
	all := map[string][]ports.Range{}
	for _, m := range p.Mappings {
		all[m.Service] = append(all[m.Service], m.Container)
	}
	return all
}

// usersOfEnvFiles are the projects that read each env file, as their indexes by its
// path.
func usersOfEnvFiles(projects []*compose.Project) map[string][]int {
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
