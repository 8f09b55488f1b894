package workspace

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/say"
)

func note(message, hint string) say.Problem {
	return say.Problem{Kind: say.Note, Message: message, Hint: hint}
}

// found is what there is to say about what discovery came upon.
func (w *Workspace) found(r Request, found discover.Found) (notes []say.Problem) {
	for _, err := range found.Failures {
		notes = append(notes, say.Of(err))
	}
	for _, n := range found.Notes {
		notes = append(notes, note(n, ""))
	}
	if !r.Verbose {
		return notes
	}
	for _, p := range found.Ignored {
		notes = append(notes, note(p+": the configuration ignores it", ""))
	}
	for _, p := range found.Passed {
		notes = append(notes, note(p+": has no services, passed over", ""))
	}
	return notes
}

// loaded is what there is to say about the projects, each line once, and about
// files that are compose by content but were neither taken nor reached by one
// that was.
func (w *Workspace) loaded(r Request, unrecognized []string) (notes []say.Problem) {
	said, reached := map[string]bool{}, map[string]bool{}
	for _, p := range w.Projects {
		for _, n := range p.Notes {
			if !said[n] {
				said[n] = true
				notes = append(notes, note(n, ""))
			}
		}
		for _, f := range p.Files {
			reached[f.Path] = true
		}
	}
	var names []string
	for _, p := range unrecognized {
		if !reached[p] {
			names = append(names, w.Show(p))
		}
	}
	if len(names) == 0 {
		return notes
	}
	are := "1 file is"
	if n := len(names); n > 1 {
		are = fmt.Sprintf("%d files are", n)
	}
	if most := 3; len(names) > most+1 && !r.Verbose {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("and %d more", len(names)-most))
	}
	return append(notes, note(
		fmt.Sprintf("%s: %s compose by content but not by name, not taken", strings.Join(names, ", "), are),
		"name them as arguments, or list them under files in "+config.Name))
}
