package lint

import (
	"cmp"
	"fmt"

	"github.com/portmoor/portmoor/strategies"
)

var dynamicHostPort = Rule{
	Name:     "dynamic-host-port",
	Title:    "Docker picks a new host port at every start",
	Severity: Warning,
	Doc: `Docker picks a new host port at every start. Under the hybrid strategy, every host port should be known in
advance. Give it a default, ${WEB_HOST_PORT:-8080}:80; migrate does so for a mapping that has a default under
defaults in the configuration, and migrate --pin for every one. Under the auto strategy it is an info, and nothing is
said of a service that is scaled or learns its port after start (SERVICE_PORT_FILE). A variable without a value is
reported by missing-default instead.`,
	Strategies: []strategies.Strategy{strategies.Hybrid, strategies.Auto},
	Check: func(p *Pass) {
		strategy, services := cmp.Or(p.run.options.Strategies[p.Project], strategies.Auto), p.services()
		for m := range p.written() {
			if m.Opaque || m.HostPort.Var != "" || !m.HostPort.Ports.Zero() || m.HostPort.Text != "" && !m.HostPort.Literal() {
				continue
			}
			f, s := about(m), services[m.Service]
			if strategy == strategies.Auto {
				if s.PortFile || s.Scale > 1 && !p.Project.Ingress(m) || !s.Publishes() {
					continue
				}
				f.Severity = Info
			}
			pin := p.commands().Pin(m.Service)
			hint := "to give it a default: " + pin
			if name := p.names().Of(m); name != "" {
				hint = fmt.Sprintf("write ${%s:-PORT}:%s with a free port, or: %s", name, m.Target, pin)
			}
			p.reportf(f, hint, "Docker picks a new host port for container port %s at every start", m.Key.Container)
		}
	},
}
