package lint

import (
	"strings"

	"github.com/portmoor/portmoor/compose"
)

var invalidPort = Rule{
	Name:     "invalid-port",
	Title:    "Compose or Docker refuses this entry of ports",
	Severity: Error,
	Doc: `Compose or Docker refuses this entry of ports. A short form is [IP:][HOST:]CONTAINER[/PROTOCOL] with
ports from 1 to 65535; both sides of a range have the same length, and a long form needs a target. Some long
forms pass docker compose config and only fail when the container starts.`,
	Check: func(p *Pass) {
		for _, m := range p.Project.Mappings {
			if m.Invalid == "" || m.Inherited {
				continue
			}
			f := about(&m)
			if m.Syntax == compose.Long && strings.HasPrefix(m.Invalid, "published") && !m.Scalar.Empty() {
				f.Span = m.Scalar
			}
			f.Related = append(f.Related, setters(&m, m.Address+m.HostPort.Text+m.Target)...)
			p.reportf(f, "write [IP:][HOST:]CONTAINER[/PROTOCOL], such as \"8080:80\"", "not a valid port mapping: %s", m.Invalid)
		}
	},
}
