package mend

import (
	"fmt"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// many is how many variables are set in one place rather than one by one.
const many = 10

// Advice is what to do about many findings that have one cause, "" for nothing: variables
// without a default that an env file sets, of which nobody has told Portmoor.
func (l *Linter) Advice(findings []lint.Finding) string {
	unset := map[string]bool{}
	for _, f := range findings {
		if f.Rule != "missing-default" || f.Fix != nil {
			continue
		}
		for _, v := range source.Variables(string(f.File.Src[f.Span.Start:f.Span.End])) {
			unset[v] = true
		}
	}
	if len(unset) < many {
		return ""
	}
	for _, example := range l.w.Examples(l.w.Home) {
		set := 0
		for v := range unset {
			if example.Vars[v] != "" {
				set++
			}
		}
		if set >= many {
			return fmt.Sprintf("%s sets %d of the %s without a default: list it, or the file that is made from it, under env_files in .portmoor.yaml",
				say.Visible(l.w.Show(example.File.Path)), set, say.Count(len(unset), "variable"))
		}
	}
	return fmt.Sprintf("%s have no default: if an env file sets them, list it under env_files in .portmoor.yaml", say.Count(len(unset), "variable"))
}
