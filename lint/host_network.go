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
		host := map[string]bool{}
		for _, s := range p.Project.Services {
			host[s.Name] = s.HostNetwork
		}
		reported := map[string]bool{}
		for _, m := range p.Project.Mappings {
			if !host[m.Service] || reported[m.Service] || m.Dropped != compose.Published {
				continue
			}
			reported[m.Service] = true
			f := about(m)
			f.Message = fmt.Sprintf("service %s uses the host's network: Docker discards its ports", quote(m.Service))
			f.Hint = "remove ports, or network_mode: host"
			p.Report(f)
		}
	},
}
