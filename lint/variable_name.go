package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/strategies"
)

var variableName = Rule{
	Name:     "variable-name",
	Title:    "The variable does not name its service",
	Severity: Info,
	Doc: `The variable does not say which service's host port it is. A name such as WEB_HOST_PORT, or
WEB_8443_HOST_PORT for another port of the service, can't be mistaken for the container port, and is what migrate
writes. migrate keeps an existing name, because env files elsewhere may set it: rename it by hand, in all of them.`,
	Check: func(p *Pass) {
		for m := range p.written() {
			if v := m.HostPort.Var; m.HostPort.Settable() && !strategies.Conventional(m.Service, v) {
				f := aboutHost(m)
				f.Message = fmt.Sprintf("variable %s does not say that it is the host port of %s", v, quote(m.Service))
				f.Hint = "name it " + strategies.VariableName(m.Service)
				if m.HostPort.Ports.Width() > 1 {
					f.Hint += "_RANGE"
				} else if m.Container.Width() == 1 {
					f.Hint += ", or " + strategies.VariableName(m.Service, m.Key.Container) + " for another port"
				}
				p.Report(f)
			}
		}
	},
}
