package lint

var ignoredByStack = Rule{
	Name:     "ignored-by-stack",
	Title:    "A stack ignores host_ip and container_name",
	Severity: Warning,
	Doc: `docker stack deploy ignores the address of a port, so that every node listens on it on every interface, and
container_name. Remove them, and keep others out with a firewall. A project is a stack if deploy says so in
.portmoor.yaml; else if it has an overlay network, endpoint_mode, placement, update_config or rollback_config, or a
file whose name begins with docker-stack. Write deploy: compose if it is started with docker compose up.`,
	Check: func(p *Pass) {
		if !p.Project.Swarm {
			return
		}
		for m := range p.written() {
			switch m.HostIP {
			case "", "0.0.0.0", "::":
				continue
			}
			hint := "remove it; a firewall keeps others out"
			p.reportf(about(m), hint, "docker stack deploy ignores the address %s: container port %s is published on every interface of every node", quote(m.Address), m.Key.Container)
		}
		for _, s := range p.Project.Services {
			if name := s.ContainerName; name.Value != "" {
				p.reportf(Finding{File: name.File, Span: name.Span, Service: s.Name}, "remove container_name", "docker stack deploy ignores container_name %s", quote(name.Written))
			}
		}
	},
}
