package lint

import (
	"slices"

	"github.com/portmoor/portmoor/source"
)

var variableBothSides = Rule{
	Name:     "variable-both-sides",
	Title:    "One variable is host port and container port",
	Severity: Warning,
	Doc: `The same variable is the host port and the container port, so that moving one moves both. The service may
not listen on the new container port, and healthchecks and other services look for the old one. Write the container
port as a number.`,
	Check: func(p *Pass) {
		for m := range p.written() {
			if m.HostPort.Var != "" && !m.HostPort.Settable() {
				continue // it switches both on
			}
			target := source.Variables(m.Target)
			for _, v := range source.Variables(m.HostPort.Text) {
				if slices.Contains(target, v) {
					p.reportf(about(m), "write the container port as a number", "variable %s is both the host port and the container port", v)
					break
				}
			}
		}
	},
}
