package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
)

var reservedPort = Rule{
	Name:     "reserved-port",
	Severity: Warning,
	Doc: `The host port is in a range that portmoor never chooses by itself: 0-1024, which needs privileges on many
systems and where system services live, 6881-6889, and what reserved in the configuration names. Where the port is
meant, turn the rule off for the place or the repository.`,
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
				f.Hint = "choose a port outside of it"
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
