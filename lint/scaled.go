package lint

import "fmt"

var scaledFixedPort = Rule{
	Name:     "scaled-fixed-port",
	Title:    "A scaled service has a fixed host port",
	Severity: Error,
	Doc: `The service runs more than once, and each container wants the same host port: the second container does not
start. Let Docker pick the host port, "0:80", or write a range with a port for each container.`,
	Bad: `services:
  web:
    image: example/web
    ports: ["8080:80"]
    deploy:
      replicas: 2
`,
	Good: `services:
  web:
    image: example/web
    ports: ["8080-8081:80"]
    deploy:
      replicas: 2
`,
	Check: func(p *Pass) {
		for _, pub := range p.run.publications[p.index] {
			s := p.Project.Service(pub.Service)
			width, n := pub.HostPort.Ports.Width()/max(pub.Container.Width(), 1), s.Scale
			if n <= 1 || width >= n {
				continue
			}
			f := aboutValue(pub.Mapping)
			f.Related = append(f.Related, saidBy(p.Project, s.ScaleText, "its scale is set here")...)
			f.Message = fmt.Sprintf("service %s runs %d times, but %s can be bound once", quote(pub.Service), n, named(pub.HostPort.Ports, pub.Protocol))
			if width > 1 {
				f.Message = fmt.Sprintf("service %s runs %d times, but %s can be bound %d times", quote(pub.Service), n, named(pub.HostPort.Ports, pub.Protocol), width)
			}
			f.Hint = fmt.Sprintf("let Docker pick the port, or write a range of %d ports", n)
			p.Report(f)
		}
	},
}

var containerNameScaled = Rule{
	Name:     "container-name-scaled",
	Title:    "A scaled service has a container_name",
	Severity: Error,
	Doc: `The service runs more than once and has a container_name, which only one container can have. Remove
container_name, or run the service once.`,
	Bad: `services:
  web:
    image: example/web
    container_name: web
    scale: 2
`,
	Good: `services:
  web:
    image: example/web
    scale: 2
`,
	Check: func(p *Pass) {
		for _, s := range p.Project.Services {
			if s.Scale > 1 && s.ContainerName.Value != "" {
				at, related := s.ContainerName, saidBy(p.Project, s.ScaleText, "its scale is set here")
				if s.NameExtends.File != nil {
					related = append([]Related{{File: at.File, Span: at.Span, Message: "the name is set here"}}, related...)
					at = s.NameExtends
				}
				p.Report(Finding{
					File: at.File, Span: at.Span, Service: s.Name, Related: related,
					Message: fmt.Sprintf("service %s runs %d times, but only one container can be named %s", quote(s.Name), s.Scale, quote(s.ContainerName.Value)),
					Hint:    "remove container_name",
				})
			}
		}
	},
}
