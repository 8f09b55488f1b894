package lint

import "fmt"

var ephemeralPort = Rule{
	Name:     "ephemeral-port",
	Title:    "The host port is one of outgoing connections",
	Severity: Info,
	Doc: `The host port is in the range that the system uses for outgoing connections (32768-60999 on Linux, or the
range under ephemeral in the configuration), so that it is sometimes taken when the service starts.`,
	Check: func(p *Pass) {
		ephemeral := p.run.options.Policy.Outgoing()
		for m := range p.written() {
			if m.HostPort.Ports.Overlaps(ephemeral) {
				hint := fmt.Sprintf("choose a port below %d", ephemeral.First)
				p.reportf(aboutValue(m), hint, "%s in the range of outgoing connections, %s", subject(m, ephemeral), ephemeral)
			}
		}
	},
}
