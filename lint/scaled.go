package lint

import "fmt"

var scaledFixedPort = Rule{
	Name:     "scaled-fixed-port",
	Title:    "A scaled service has a fixed host port",
	Severity: Error,
	Doc: `The service runs more than once, and each container wants the same host port: the second container does not
start. Let Docker pick the host port, "0:80", or write a range with a port for each container. It is a warning in a
file for docker stack deploy, which has an overlay network, endpoint_mode, placement or update_config, or a name that
begins with docker-stack: there the containers share the port, unless its mode is host.`,
	Check: func(p *Pass) {
		for _, pub := range p.run.publications[p.index] {
			s := p.Project.Service(pub.Service)
			width, n := pub.HostPort.Ports.Width()/max(pub.Container.Width(), 1), s.Scale
			if n <= 1 || width >= n {
				continue
			}
			f := aboutValue(pub.Mapping)
			f.Related = append(f.Related, saidBy(p.Project, s.ScaleText, "its scale is set here")...)
			times := "once"
			if width > 1 {
				times = fmt.Sprintf("%d times", width)
			}
			with := p.unlessSwarm(&f, p.Project.Ingress(pub.Mapping))
			p.reportf(f, fmt.Sprintf("let Docker pick the port, or write a range of %d ports", n), "service %s runs %d times%s, but %s can be bound %s",
				quote(pub.Service), n, with, named(pub.HostPort.Ports, pub.Protocol), times)
		}
	},
}

// unlessSwarm makes a finding milder that is about docker compose only, in a file for
// docker stack deploy, and says so in a clause.
func (p *Pass) unlessSwarm(f *Finding, swarm bool) string {
	if !swarm {
		return ""
	}
	f.Severity = Warning
	return " with docker compose up"
}
