package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/source"
)

var duplicateMapping = Rule{
	Name:     "duplicate-mapping",
	Title:    "A list of ports has the same mapping twice",
	Severity: Error,
	Doc: `A list of ports has the same mapping twice. Compose drops one of the two if both are written as text; if
one is a number (published: 8080), it keeps both, and Docker refuses the second. Remove one of the two.`,
	Bad: `services:
  web:
    image: example/web
    ports:
      - "8080:80"
      - target: 80
        published: 8080
`,
	Good: `services:
  web:
    image: example/web
    ports:
      - "8080:80"
      - "8443:443"
`,
	Check: checkDuplicates,
}

// repeatsPart reports whether a mapping is one of those in a wider one.
func repeatsPart(m compose.Mapping, wide *compose.Mapping) bool {
	return wide.Service == m.Service && wide.List == m.List && wide.File == m.File && wide.Container.Width() > m.Container.Width() && m.Container.Width() == m.HostPort.Ports.Width() && m.Container.Width() > 0 &&
		wide.Container.Width() == wide.HostPort.Ports.Width() && wide.Protocol == m.Protocol && wide.HostIP == m.HostIP &&
		wide.Container.First <= m.Container.First && m.Container.Last <= wide.Container.Last &&
		wide.Container.First-wide.HostPort.Ports.First == m.Container.First-m.HostPort.Ports.First
}

func checkDuplicates(p *Pass) {
	type identity struct {
		file                   *source.File
		list                   int
		service, ip, protocol  string
		host, container, texts string
	}
	var ranges []*compose.Mapping
	for m := range p.written() {
		if m.Container.Width() > 1 {
			ranges = append(ranges, m)
		}
	}
	first := map[identity]compose.Mapping{}
	for _, m := range p.Project.Mappings {
		if m.Invalid != "" || m.Inherited {
			continue
		}
		id := identity{m.File, m.List, m.Service, m.HostIP, m.Protocol, m.HostPort.Ports.String(), m.Key.Container, ""}
		if id.host == "" {
			id.texts = m.HostPort.Text // two variables without a value need not be equal
		}
		for _, wide := range ranges {
			if repeatsPart(m, wide) {
				f := about(m)
				f.Message = fmt.Sprintf("service %s has this mapping twice: %s is in a range too", quote(m.Service), named(m.HostPort.Ports, m.Protocol))
				f.Hint = "remove one of the two"
				f.Related = []Related{{File: wide.File, Span: wide.Entry, Message: "the range is here"}}
				p.Report(f)
				break
			}
		}
		earlier, twice := first[id]
		if !twice {
			first[id] = m
			continue
		}
		f := about(m)
		f.Message = fmt.Sprintf("service %s has this mapping twice", quote(m.Service))
		f.Hint = "remove one of the two"
		f.Related = []Related{{File: earlier.File, Span: earlier.Entry, Message: "the first one is here"}}
		p.Report(f)
	}
}
