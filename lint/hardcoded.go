package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/strategies"
)

var hardcodedHostPort = Rule{
	Name:     "hardcoded-host-port",
	Title:    "The host port can't be moved without an edit",
	Severity: Warning,
	Doc: `The host port can't be moved without editing the file, so that two checkouts of the project, or two people
on one machine, want the same port. Under the hybrid and auto strategies, a literal host port should be a variable
with a default, ${WEB_HOST_PORT:-8080}; under dynamic it should be 0, so that Docker picks a port. portmoor migrate
rewrites a whole repository; --fix rewrites what lint reports. What migrate can't rewrite is reported with the reason.`,
	Check: func(p *Pass) {
		for _, c := range p.plan().Changes {
			if c.Mapping.HostPort.Ports.Zero() && c.Mapping.HostPort.Literal() || c.Mapping.HostPort.Text == "" {
				continue // it would be given a default back, and is no literal now
			}
			if p.Facts.Refused[c.Mapping.File.Path] {
				continue // migrate does not write those
			}
			f := aboutHost(c.Mapping)
			if c.Decision.Kind == strategies.Ephemeral {
				// Going dynamic drops the default, which only migrate remembers.
				f.Message = fmt.Sprintf("host port %s is fixed, but %s", c.Mapping.HostPort.Text, c.Decision.Reason)
				f.Hint = "to remember the port: " + p.commands().Migrate() + "; or write 0"
			} else {
				f.Message = fmt.Sprintf("host port %s is hard-coded", c.Mapping.HostPort.Text)
				f.Hint = "write " + c.Decision.Text
				f.Fix = []rewrite.Edit{c.Edit}
			}
			p.Report(f)
		}
		for _, s := range p.plan().Left() {
			if m := s.Mapping; !p.Facts.Refused[m.File.Path] {
				f := about(m)
				if m.Syntax == compose.Long && !m.Scalar.Empty() {
					f.Span = m.Scalar
				}
				f.Message = fmt.Sprintf("host port %s is hard-coded, and portmoor can't rewrite it: %s", m.HostPort.Ports, s.Reason)
				if name := p.names().Of(m); name != "" && m.Locked != "" {
					f.Hint = fmt.Sprintf("write ${%s:-%s} by hand", name, m.HostPort.Ports)
				}
				p.Report(f)
			}
		}
	},
}
