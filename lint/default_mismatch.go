package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/strategies"
)

var defaultMismatch = Rule{
	Name:     "default-mismatch",
	Title:    "One variable has two different defaults",
	Severity: Warning,
	Doc: `The variable of a host port has another default elsewhere in the project, so that the two places mean
different ports while the variable is unset. Write the same default in both. What !override takes away does not count.`,
	Check: func(p *Pass) {
		first := map[string]Related{}
		defaults := map[string]string{}
		for m := range p.written() {
			if e := m.HostPort; e.Var != "" && e.Default != "" && (e.Op == ":-" || e.Op == "-") && defaults[e.Var] == "" && m.Dropped != compose.Overridden {
				defaults[e.Var] = e.Default
				first[e.Var] = relatedTo(m, "its default is "+e.Default+" here")
			}
		}
		if len(defaults) == 0 {
			return
		}
		for d := range strategies.Defaults(p.Project) {
			if want, ok := defaults[d.Name]; !ok || strategies.SameDefault(d.Text, want) || d.Span == first[d.Name].Span {
				continue
			}
			p.Report(Finding{
				File: d.File, Span: d.Span,
				Message: fmt.Sprintf("variable %s has the default %s here and %s elsewhere", d.Name, d.Text, defaults[d.Name]),
				Hint:    "write the same default in both",
				Related: []Related{first[d.Name]},
			})
		}
	},
}
