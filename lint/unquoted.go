package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
)

var unquotedPort = Rule{
	Name:     "unquoted-port",
	Title:    "YAML 1.1 reads the mapping as another number",
	Severity: Warning,
	Doc: `Without quotes, YAML 1.1 reads 22:22 as a number in base 60, 1342. Docker Compose does not, but PyYAML
and other tools that read compose files do. Put the mapping in quotes. With unquoted-port: {all: true} every
mapping without quotes is reported.`,
	Check: func(p *Pass) {
		for _, m := range p.Project.Mappings {
			text := string(m.File.Src[m.Scalar.Start:m.Scalar.End])
			if m.Syntax != compose.Short || m.Quote != compose.Plain || m.Inherited || m.Locked != "" && m.Invalid != "" {
				continue
			}
			base60 := base60().MatchString(text)
			if !base60 && !p.Setting.All {
				continue
			}
			f := about(&m)
			f.Message = fmt.Sprintf("%s has no quotes", text)
			if base60 {
				f.Message = fmt.Sprintf("%s has no quotes: YAML 1.1 reads it as a number in base 60", text)
			}
			f.Hint = fmt.Sprintf("write %q", text)
			// Two insertions, so that another fix of the text between them fits.
			f.Fix = []rewrite.Edit{
				{Span: source.Span{Start: m.Scalar.Start, End: m.Scalar.Start}, New: `"`},
				{Span: source.Span{Start: m.Scalar.End, End: m.Scalar.End}, New: `"`},
			}
			p.Report(f)
		}
	},
}

// base60 is the YAML 1.1 integer in base 60 (yaml.org/type/int.html).
var base60 = pattern.Lazy(`^[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+$`)
