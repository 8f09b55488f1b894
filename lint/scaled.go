package lint

import "fmt"

var scaledFixedPort = Rule{
	Name:     "scaled-fixed-port",
	Title:    "A scaled service has a fixed host port",
	Severity: Error,
	Doc: `The service runs more than once, and each container wants the same host port: the second container does not
start. Let Docker pick the host port, "0:80", or write a range with a port for each container. In a stack of a swarm
the containers share the port, unless its mode is host: then each needs a node of its own, and it is a warning. A
project is a stack if deploy says so in .portmoor.yaml; else if it has an overlay network, endpoint_mode, placement,
update_config or rollback_config, or a file whose name begins with docker-stack.`,
	Check: func(p *Pass) {
		for _, pub := range p.run.publications[p.index] {
			s := p.Project.Service(pub.Service)
			width, n := pub.HostPort.Ports.Width()/max(pub.Container.Width(), 1), s.Scale
			if n <= 1 || width >= n || p.Project.Ingress(pub.Mapping) {
				continue
			}
			f, on := aboutValue(pub.Mapping), ""
			if p.Project.Swarm {
				f.Severity, on = Warning, " on each node"
			}
			f.Related = append(f.Related, saidBy(p.Project, s.ScaleText, "its scale is set here")...)
			times := "once"
			if width > 1 {
				times = fmt.Sprintf("%d times", width)
			}
			p.reportf(f, fmt.Sprintf("let Docker pick the port, or write a range of %d ports", n), "service %s runs %d times, but %s can be bound %s%s",
				quote(pub.Service), n, pub.HostPort.Ports.Named(pub.Protocol), times, on)
		}
	},
}
