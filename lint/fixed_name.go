package lint

import (
	"github.com/portmoor/portmoor/compose/fixed"
	"github.com/portmoor/portmoor/rewrite"
)

var fixedContainerName = Rule{
	Name:     "fixed-container-name",
	Title:    "A second checkout can't have this name",
	Severity: Off,
	Doc: `The service has a container_name, which only one container of the machine can have: the project can't run in a
second checkout. Without it Compose makes a name of the project's. The rule is off by default, and an info under
isolate: true; --fix removes the line, unless something in the projects speaks of the name. Leave it where it can be
set by a variable.`,
	Check: func(p *Pass) { p.fixedNames(true) },
}

var fixedResourceName = Rule{
	Name:     "fixed-resource-name",
	Title:    "A second checkout would share this name",
	Severity: Off,
	Doc: `A network, volume, config or secret has a name of its own, which a second checkout of the project would share.
Without it Compose makes a name of the project's; a volume begins empty under it. What is external is meant to be shared.
The rule is off by default, and an info under isolate: true; --fix removes the line, unless something in the projects
speaks of the name.`,
	Check: func(p *Pass) { p.fixedNames(false) },
}

// fixedNames reports the fixed names of containers, or of all else.
func (p *Pass) fixedNames(containers bool) {
	for _, n := range fixed.Names(p.Project) {
		if (n.Kind == fixed.Container) != containers {
			continue
		}
		f, too := Finding{File: n.File, Span: n.Span}, "shares it"
		if containers {
			f.Service, too = n.Key, "can't have it too"
		}
		hint := "remove it, and Compose makes one of the project's name"
		switch mentions := n.Mentions(p.run.projects); {
		case len(mentions) > 0:
			hint = "name the service or the key where it is used, and then remove it"
			for _, m := range mentions[:min(len(mentions), maxRelated)] {
				f.Related = append(f.Related, Related{File: m.File, Span: m.Span, Message: "the name is used here"})
			}
		case !n.Cut.Empty():
			f.Fix = []rewrite.Edit{{Span: n.Cut}}
		}
		p.reportf(f, hint, "%s %s is always called %s: a second checkout of the project %s", n.Kind, quote(n.Key), quote(n.Value), too)
	}
}

// Isolating are the rules that are on for projects which run in several checkouts.
var Isolating = []string{fixedContainerName.Name, fixedResourceName.Name}
