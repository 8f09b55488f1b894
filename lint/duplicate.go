package lint

import (
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/meet"
	"github.com/portmoor/portmoor/source"
)

var duplicateMapping = Rule{
	Name:     "duplicate-mapping",
	Title:    "A list of ports has the same mapping twice",
	Severity: Error,
	Doc: `A list of ports has the same mapping twice. Compose drops one of the two if both are written as text; if
one is a number (published: 8080), it keeps both, and Docker refuses the second. Remove one of the two.`,
	Check: checkDuplicates,
}

// series are ranges that a mapping may be a part of: those of its list that lead
// from host ports to container ports as it does.
type series struct {
	file                  *source.File
	list, offset          int
	service, ip, protocol string
}

// seriesOf is what a mapping could be a part of; false for one whose host ports are
// not one for each container port.
func seriesOf(m *compose.Mapping) (of series, ok bool) {
	of = series{m.File, m.List, m.HostPort.Ports.First - m.Container.First, m.Service, m.HostIP, m.Protocol}
	return of, m.Container.Width() > 0 && m.Container.Width() == m.HostPort.Ports.Width()
}

// wider is a range of a series that has all ports of a mapping and more, nil for none.
func wider(ranges []*compose.Mapping, m *compose.Mapping) *compose.Mapping {
	for _, r := range ranges {
		if r.Container.Width() > m.Container.Width() && r.Container.First <= m.Container.First && m.Container.Last <= r.Container.Last {
			return r
		}
	}
	return nil
}

func checkDuplicates(p *Pass) {
	type identity struct {
		file                   *source.File
		list                   int
		service, ip, protocol  string
		host, container, texts string
	}
	ranges := map[series][]*compose.Mapping{}
	for m := range p.written() {
		if of, ok := seriesOf(m); ok && m.Container.Width() > 1 && len(ranges[of]) < meet.Most {
			ranges[of] = append(ranges[of], m)
		}
	}
	first := map[identity]*compose.Mapping{}
	for m := range p.Project.Each() {
		if m.Invalid != "" || m.Inherited {
			continue
		}
		id := identity{m.File, m.List, m.Service, m.HostIP, m.Protocol, m.HostPort.Ports.String(), m.Key.Container, ""}
		if id.host == "" {
			id.texts = m.HostPort.Text // two variables without a value need not be equal
		}
		if of, ok := seriesOf(m); ok {
			if wide := wider(ranges[of], m); wide != nil {
				f := about(m)
				f.Related = []Related{{File: wide.File, Span: wide.Entry, Message: "the range is here"}}
				p.reportf(f, "remove one of the two", "service %s has this mapping twice: %s is in a range too", quote(m.Service), m.HostPort.Ports.Named(m.Protocol))
			}
		}
		earlier, twice := first[id]
		if !twice {
			first[id] = m
			continue
		}
		f := about(m)
		f.Related = append(causes(m), Related{File: earlier.File, Span: earlier.Entry, Message: "the first one is here"})
		f.Related = append(f.Related, causes(earlier)...)
		p.reportf(f, "remove one of the two", "service %s has this mapping twice", quote(m.Service))
	}
}
