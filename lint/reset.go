package lint

import (
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/meet"
)

var resetInInclude = Rule{
	Name:     "reset-in-include",
	Title:    "A !reset in an include replaces nothing",
	Severity: Warning,
	Doc: `A file that is included has !reset or !override of a service's ports. Compose loads an include by itself,
before it is laid over the other files, so that the tag replaces nothing of theirs: what they publish stays published.
Give the file with -f, or under COMPOSE_FILE, instead of including it.`,
	Check: func(p *Pass) {
		if len(p.Project.Vain) == 0 {
			return
		}
		published := map[string][]*compose.Mapping{}
		for m := range p.Project.Each() {
			if len(published[m.Service]) < meet.Most && m.Dropped == compose.Published {
				published[m.Service] = append(published[m.Service], m)
			}
		}
		for _, v := range p.Project.Vain {
			f := Finding{File: v.File, Span: v.Span, Service: v.Service}
			for _, m := range published[v.Service] {
				if m.File != v.File {
					f.Related = append(f.Related, relatedTo(m, "this stays published"))
				}
			}
			if len(f.Related) > 0 {
				f.Related = f.Related[:min(len(f.Related), maxRelated)]
				p.reportf(f, "give this file with -f instead of including it", "%s has no effect in a file that is included: service %s keeps its ports", v.Tag, quote(v.Service))
			}
		}
	},
}
