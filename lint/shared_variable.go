package lint

import (
	"fmt"
	"strings"

	"github.com/portmoor/portmoor/lint/meet"
	"github.com/portmoor/portmoor/strategies"
)

var sharedVariable = Rule{
	Name:     "shared-variable",
	Title:    "One variable is the host port of two mappings",
	Severity: Error,
	Doc: `The same variable is the host port of two mappings that can run at the same time, so that the two want the
same port, whatever its value. Services that share a template with the variable are also reported. Give each mapping
its own variable. One variable for tcp and udp on the same port, or for several addresses, is fine.`,
	Check: func(p *Pass) {
		holders := map[string][]meet.Publication{}
		for _, pub := range p.run.publish(p.index, true) {
			if !pub.HostPort.Settable() {
				continue
			}
			v := pub.HostPort.Var
			if e, found := p.earlier(holders[v], func(e meet.Publication) bool {
				return strategies.SharesVariable(e.Mapping, pub.Mapping) && !p.Project.Exclusive(e.Profiles, pub.Profiles)
			}); found {
				f := aboutHost(pub.Mapping)
				f.Message = fmt.Sprintf("variable %s is also the host port of %s", v, other(e, pub))
				f.Hint = "give each its own variable"
				f.Related = append(f.Related, publishedAt(e))
				if together := p.together(e.Profiles, pub.Profiles); len(together) > 1 {
					f.Severity = Warning
					f.Message += " when the profiles " + strings.Join(p.Project.Written(together...), " and ") + " run together"
				}
				p.Report(f)
			}
			if len(holders[v]) < meet.Most {
				holders[v] = append(holders[v], pub)
			}
		}
	},
}

// other names the earlier of two mappings as seen from the later.
func other(a, b meet.Publication) string {
	if a.Service == b.Service {
		return "container port " + a.Key.Container + " of the same service"
	}
	return "service " + quote(a.Service)
}
