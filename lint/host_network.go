package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
)

var hostNetworkPorts = Rule{
	Name:     "host-network-ports",
	Title:    "Docker discards ports on the host's network",
	Severity: Warning,
	Doc: `The service uses the host's network: it listens on its own ports there, and Docker discards the key
ports. Remove ports, or network_mode: host.`,
	Bad: `services:
  web:
    image: example/web
    network_mode: host
    ports: ["8080:80"]
`,
	Good: `services:
  web:
    image: example/web
    network_mode: host
`,
	Check: func(p *Pass) {
		reported := map[string]bool{}
		for _, m := range p.Project.Mappings {
			s := p.Project.Service(m.Service)
			if !s.HostNetwork || reported[m.Service] || m.Dropped != compose.Published {
				continue
			}
			reported[m.Service] = true
			f := about(m)
			f.Message = fmt.Sprintf("service %s uses the host's network: Docker discards its ports", quote(m.Service))
			f.Related = append(f.Related, saidBy(p.Project, s.NetworkMode, "network_mode is set here")...)
			f.Hint = "remove ports, or network_mode: host"
			p.Report(f)
		}
	},
}
