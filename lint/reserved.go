package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
)

var reservedPort = Rule{
	Name:     "reserved-port",
	Title:    "The host port is in a reserved range",
	Severity: Warning,
	Doc: `The host port is in a range that portmoor never picks from: 0-1024, which needs privileges on many systems
and is used by system services, 6881-6889, and the ranges under reserved in the configuration. If the port is
intended, disable the rule for the line or the repository.`,
	Bad: `services:
  web:
    image: example/web
    ports: ["80:80"]
`,
	Good: `services:
  web:
    image: example/web
    ports: ["8080:80"]
`,
	Check: func(p *Pass) {
		for m := range p.written() {
			if r, reserved := p.run.options.Policy.ReservedRange(m.HostPort.Ports); reserved {
				f := aboutHost(*m)
				f.Message = fmt.Sprintf("%s in the reserved range %s", subject(m, r), r)
				f.Hint = "choose a port outside the range"
				p.Report(f)
			}
		}
	},
}

// subject starts a sentence about the ports of a mapping that are in a range.
func subject(m *compose.Mapping, r ports.Range) string {
	ports := overlap(m.HostPort.Ports, r)
	return named(ports, m.Protocol) + isOrAre(ports)
}
