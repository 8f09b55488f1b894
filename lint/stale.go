package lint

import (
	"maps"
	"slices"
	"strconv"

	"github.com/portmoor/portmoor/lint/text"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

var staleReference = Rule{
	Name:     "stale-reference",
	Title:    "A URL names a host port that nobody publishes",
	Severity: Warning,
	Doc: `A URL in environment, labels or an env file names a port of this machine (localhost, a loopback address or
host.docker.internal) that no mapping of the project publishes, and that is not a container port of the same service or
of one that shares its network. Such a URL is left over when a port moves. Services with the host's network, and
projects with such a service that says no port, are not judged: nobody knows what listens there. Correct the port, or publish it.
A port that external_ports in .portmoor.yaml
names belongs to something else, and so does one that a configuration file of the repository (YAML, JSON, TOML, INI or
properties, and neither a compose file nor a manifest of Kubernetes) has as the value of a key that ends in port: both
are left alone.`,
	Check: func(p *Pass) {
		for _, f := range p.Project.Files {
			if !p.run.contents(f).local() {
				continue
			}
			if !p.run.reaches[p.index]().Known() {
				return // a port that is not known may be the one
			}
			for i, doc := range p.run.contents(f).values() {
				p.staleInDocument(f, i, doc)
			}
		}
		for _, e := range p.Project.Env.Files() {
			p.staleInEnvFile(e.File)
		}
	},
}

func (p *Pass) staleInDocument(f *source.File, doc int, value any) {
	root, _ := value.(map[string]any)
	services, _ := root["services"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(services)) {
		service, _ := services[name].(map[string]any)
		var listens func(int) bool
		for _, key := range []string{"environment", "labels"} {
			for path, value := range text.All(service[key]) {
				if !text.Local([]byte(value)) {
					continue
				}
				if listens == nil {
					listens = p.run.reaches[p.index]().From(name)
				}
				if listens != nil {
					p.staleIn(f, f.Whole(f.At(doc, []string{"services", name, key, path}, false)), name, listens)
				}
			}
		}
	}
}

// staleInEnvFile looks at an env file once, for all projects that have it.
func (p *Pass) staleInEnvFile(f *source.File) {
	users := p.run.envUsers()[f.Path]
	if users[0] != p.index || !text.Local(f.Src) {
		return
	}
	var all []ports.Range
	for _, i := range users {
		r := p.run.reaches[i]()
		if !r.Known() {
			return
		}
		all = append(all, r.All()...)
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
		if err != nil || reached(port) || p.run.options.Elsewhere != nil && p.run.options.Elsewhere(port) {
			continue
		}
		p.reportf(Finding{File: f, Span: span, Service: service}, "correct the port, or publish it; if something else does, name it under external_ports", "no mapping publishes host port %d", port)
	}
}
