package lint

import (
	"maps"
	"slices"
	"strconv"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

var invalidCompose = Rule{
	Name:     "invalid-compose",
	Title:    "docker compose would refuse the file",
	Severity: Error,
	Doc: `docker compose would refuse the file: it is not valid YAML, a key is set twice, a value is of the wrong
type, a key is unknown to the Compose specification, a file that it includes or extends is missing, a service has
both network_mode and networks, or two numbers under scale and deploy.replicas, or the network of a service that there
is not. Values that contain a variable are not checked.`,
	Check: func(p *Pass) {
		reported := map[spot]bool{}
		for _, q := range p.Project.Problems {
			if q.Unreadable {
				continue // a failure of the run, not of the file
			}
			reported[spot{q.File, q.Span.Start}] = true
			p.Report(Finding{File: q.File, Span: q.Span, Service: q.Service, Message: q.Message, Hint: q.Hint})
		}
		for _, m := range p.Project.Mappings {
			if m.Invalid != "" { // which is the matter of invalid-port
				reported[spot{m.File, m.Entry.Start}], reported[spot{m.File, m.Scalar.Start}] = true, true
			}
		}
		for _, f := range p.Project.Files {
			if !compose.FormatOne(f) {
				p.validate(f, reported) // which would call each service an unknown key
			}
		}
		p.excludedKeys()
		p.distinctScales()
		p.nobodysNetwork()
	},
}

// excludedKeys reports networks beside network_mode. Of a service that no chosen
// profile starts Compose does not see it.
func (p *Pass) excludedKeys() {
	for _, s := range p.Project.Services {
		if s.NetworkMode.Value != "" && s.Networks.Value != "" {
			p.reportf(p.later(s.Name, s.NetworkMode, s.Networks), "remove one of the two",
				"service %s has network_mode and networks, which exclude each other", quote(s.Name))
		}
	}
}

// distinctScales reports scale beside another number under deploy.replicas.
func (p *Pass) distinctScales() {
	for _, s := range p.Project.Services {
		replicas, err := strconv.Atoi(s.Replicas.Value)
		if scale, unknown := strconv.Atoi(s.ScaleText.Value); err == nil && unknown == nil && scale != replicas {
			p.reportf(p.later(s.Name, s.ScaleText, s.Replicas), "remove one of the two",
				"service %s has scale %d, but deploy.replicas %d: docker compose refuses two numbers", quote(s.Name), scale, replicas)
		}
	}
}

// nobodysNetwork reports the network of a service that there is not.
func (p *Pass) nobodysNetwork() {
	if p.Project.Partial || p.run.inner[p.index] {
		return // it may be in what is missing, or in what includes the project
	}
	services := p.services()
	names := slices.Sorted(maps.Keys(services))
	for i, s := range p.Project.Services {
		name, kind := s.NetworkOwner()
		if _, known := services[name]; known || kind != "service" || p.run.never[p.index][s.Name] {
			continue
		}
		hint := "write a service of the project"
		if near := say.Nearest(name, names); i < maxNearest && near != "" {
			hint = "did you mean " + near + "?"
		}
		p.reportf(Finding{File: s.NetworkMode.File, Span: s.NetworkMode.Span, Service: s.Name}, hint,
			"service %s has the network of service %s, which is not in the project", quote(s.Name), quote(name))
	}
}

// later starts a finding about two values of a service that can't both stay: at the later
// one, which is to go.
func (p *Pass) later(service string, a, b compose.Text) Finding {
	if slices.Index(p.Project.Files, a.File) <= slices.Index(p.Project.Files, b.File) {
		a, b = b, a
	}
	return Finding{File: a.File, Span: a.Span, Service: service, Related: []Related{{File: b.File, Span: b.Span, Message: "the other one is here"}}}
}

// spot is where in a file something starts, in bytes.
type spot struct {
	file  *source.File
	start int
}

// validate holds a file against the schema. What the walker has reported
// already is not said twice.
func (p *Pass) validate(f *source.File, reported map[spot]bool) {
	for _, v := range p.run.contents(f).violations() {
		if !reported[spot{f, v.Span.Start}] {
			p.Report(Finding{File: f, Span: v.Span, Service: v.Service, Message: v.Message, Hint: v.Hint})
		}
	}
}
