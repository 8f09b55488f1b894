package lint

import "fmt"

var dynamicHostPort = Rule{
	Name:     "dynamic-host-port",
	Title:    "Docker picks a new host port at every start",
	Severity: Warning,
	Doc: `Docker picks a new host port at every start. Under the hybrid strategy, every host port should be known in
advance. Give it a default, ${WEB_HOST_PORT:-8080}:80; migrate does so for a mapping that has a default under
defaults in the configuration. A variable without a value is reported by missing-default instead.`,
	Strategy: "hybrid",
	Check: func(p *Pass) {
		for m := range p.written() {
			if m.Opaque || m.HostPort.Var != "" || !m.HostPort.Ports.Zero() || m.HostPort.Text != "" && !m.HostPort.Literal() {
				continue
			}
			f := about(m)
			f.Message = fmt.Sprintf("Docker picks a new host port for container port %s at every start", m.Key.Container)
			if name := p.names().Of(m); name != "" {
				f.Hint = fmt.Sprintf("write ${%s:-PORT}:%s with a free port", name, m.Target)
			}
			p.Report(f)
		}
	},
}
