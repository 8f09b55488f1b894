package lint

import (
	"path"
	"slices"

	"github.com/portmoor/portmoor/ports"
)

// Group is a range of host ports that the configuration keeps for some services.
type Group struct {
	Name  string
	Range ports.Range
	// Services are patterns in the syntax of path.Match.
	Services []string
}

var outsideGroup = Rule{
	Name:     "outside-group",
	Title:    "The host port is outside its group's range",
	Severity: Warning,
	Doc: `The host port is outside the range that the configuration gives to the service's group. Move the port into
the range, or remove the service from the group.`,
	Check: func(p *Pass) {
		for m := range p.written() {
			for _, g := range p.run.options.Groups {
				ports := m.HostPort.Ports
				mine := slices.ContainsFunc(g.Services, func(pattern string) bool {
					matched, err := path.Match(pattern, m.Service)
					return err == nil && matched
				})
				if !mine || ports.Zero() || g.Range.First <= ports.First && ports.Last <= g.Range.Last {
					continue
				}
				p.reportf(aboutValue(m), "choose a port inside the range", "%s%s outside %s, the range of group %s", ports.Named(m.Protocol), ports.IsOrAre(), g.Range, quote(g.Name))
				break
			}
		}
	},
}
