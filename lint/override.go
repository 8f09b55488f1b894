package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/meet"
	"github.com/portmoor/portmoor/ports"
)

var overrideAppends = Rule{
	Name:     "override-appends",
	Title:    "A later list of ports adds to an earlier one",
	Severity: Error,
	Doc: `Two files, or a service and the service that it extends, publish the same container port of one service.
Compose appends lists of ports and never replaces them, so that the service has both mappings: a warning, or an error
if Docker can't bind both. Write ports: !override in the later file to replace the list.`,
	Check: func(p *Pass) {
		type target struct {
			service, container, protocol string
		}
		earlier := map[target][]meet.Publication{}
		for _, pub := range p.run.publish(p.index, true) {
			t := target{pub.Service, pub.Key.Container, pub.Protocol}
			if e, found := p.earlier(earlier[t], func(e meet.Publication) bool { return appends(e, pub) }); found {
				f := about(pub.Mapping)
				f.Severity = Warning
				f.Message = fmt.Sprintf("container port %s of service %s is published a second time, not moved: ports are appended", pub.Key.Container, quote(pub.Service))
				if bound := e.HostPort.Ports.Common(pub.HostPort.Ports); e.HostPort.Ports.Overlaps(pub.HostPort.Ports) && ports.AddressesOverlap(e.HostIP, pub.HostIP) {
					f.Severity = Error
					f.Message = fmt.Sprintf("%s of service %s would be bound a second time: ports are appended, not replaced", bound.Named(pub.Protocol), quote(pub.Service))
				}
				f.Hint = "write ports: !override to replace the list"
				and, lines := p.loadedBy(e.Mapping, pub.Mapping)
				f.Message += and
				f.Related = append(f.Related, Related{File: e.File, Span: e.Entry, Message: "it is already published here"})
				f.Related = append(append(f.Related, causes(e.Mapping)...), lines...)
				p.Report(f)
			}
			if len(earlier[t]) < meet.Most {
				earlier[t] = append(earlier[t], pub)
			}
		}
	},
}

// appends reports two mappings of one container port of one service that stand
// in different lists, of which the later file meant to replace the earlier.
func appends(a, b meet.Publication) bool {
	return a.Service == b.Service && a.Key.Container == b.Key.Container && a.Protocol == b.Protocol &&
		(a.File != b.File || a.List != b.List) && a.Dropped == compose.Published && b.Dropped == compose.Published
}
