package lint

var portsInExtension = Rule{
	Name:     "ports-in-extension",
	Title:    "The mapping is in a template under an x- key",
	Severity: Info,
	Doc: `The mapping is in a template under an x- key. Every service that merges the template publishes the same
host port, and a service that sets its own ports silently loses those of the template. Write ports in the services.`,
	Check: func(p *Pass) {
		for m := range p.written() {
			if name := m.File.Extension(m.Entry.Start); name != "" {
				p.reportf(about(m), "write ports in the services", "the ports are in the template %s: every service that merges it publishes them", name)
			}
		}
	},
}
