package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
)

// boundToo reports another mapping of the same port that has an address, with
// which the fix would make it one.
func (p *Pass) boundToo(m *compose.Mapping) bool {
	for other := range p.written() {
		if other.Service == m.Service && other.Address != "" && other.Container.Overlaps(m.Container) && other.Protocol == m.Protocol {
			return true
		}
	}
	return false
}

var unboundInterface = Rule{
	Name:     "unbound-interface",
	Title:    "The port is open on every network interface",
	Severity: Off,
	Doc: `The port is open on every network interface of the host, and past most firewalls, because Docker writes its
own rules. Write 127.0.0.1: before it if only this machine should reach the service. The rule is off by default;
--fix adds the address to short forms that have none.`,
	Check: func(p *Pass) {
		for m := range p.written() {
			switch m.HostIP {
			case "", "0.0.0.0", "::":
			default:
				continue
			}
			if p.Project.Swarm || m.Opaque && m.HostPort.Ports.Zero() || m.Address != "" && m.HostIP == "" {
				continue // a stack has no others, and a variable may have no value
			}
			f := about(m)
			f.Message = fmt.Sprintf("container port %s is published on every network interface", m.Key.Container)
			f.Hint = "write 127.0.0.1: before the host port"
			if m.Syntax == compose.Long {
				f.Hint = "add host_ip: 127.0.0.1"
			} else if m.Address == "" && m.Locked == "" && !p.boundToo(m) {
				text := "127.0.0.1:"
				if m.HostPort.Text == "" && (m.Host.Start >= len(m.File.Src) || m.File.Src[m.Host.Start] != ':') {
					text += ":" // "80" becomes "127.0.0.1::80"
				}
				f.Fix = []rewrite.Edit{{Span: source.Span{Start: m.Host.Start, End: m.Host.Start}, New: text}}
			}
			p.Report(f)
		}
	},
}
