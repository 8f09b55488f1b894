package lint

import (
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/source"
)

var invalidCompose = Rule{
	Name:     "invalid-compose",
	Title:    "docker compose would refuse the file",
	Severity: Error,
	Doc: `docker compose would refuse the file: it is not valid YAML, a key is set twice, a value is of the wrong
type, a key is unknown to the Compose specification, a file that it includes or extends is missing, or a service has
both network_mode and networks. Values that contain a variable are not checked.`,
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
	},
}

// excludedKeys reports networks beside network_mode. Of a service that no chosen
// profile starts Compose does not see it.
func (p *Pass) excludedKeys() {
	for _, s := range p.Project.Services {
		mode, networks := s.NetworkMode, s.Networks
		if mode.Value == "" || networks.Value == "" {
			continue
		}
		at, other := networks, mode
		if slices.Index(p.Project.Files, mode.File) > slices.Index(p.Project.Files, networks.File) {
			at, other = mode, networks // the later one is to go
		}
		f := Finding{File: at.File, Span: at.Span, Service: s.Name}
		f.Related = []Related{{File: other.File, Span: other.Span, Message: "the other one is here"}}
		p.reportf(f, "remove one of the two", "service %s has network_mode and networks, which exclude each other", quote(s.Name))
	}
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
