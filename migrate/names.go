package migrate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/fixed"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
)

// NameLeft is a fixed name that stays.
type NameLeft struct {
	fixed.Name

	Reason string
}

const (
	keptSpokenOf = "something else speaks of it"
	keptInParts  = "it is not written so that it can go alone"
)

// planNames chooses the fixed names that go: each once, and none that something speaks of.
func (m *Migration) planNames(sound []bool) {
	seen := map[compose.Place]bool{}
	all := slices.Concat(m.w.Projects, m.w.Neighbours)
	for _, p := range only(m.w.Projects, sound) {
		for _, n := range fixed.Names(p) {
			at := compose.Place{Path: n.File.Path, Start: n.Span.Start}
			if seen[at] || !m.w.Asked(n.File) {
				continue
			}
			seen[at] = true
			switch {
			case n.Cut.Empty():
				m.NamesLeft = append(m.NamesLeft, NameLeft{n, keptInParts})
			case len(n.Mentions(all)) > 0:
				m.NamesLeft = append(m.NamesLeft, NameLeft{n, keptSpokenOf})
			default:
				m.Names = append(m.Names, n)
			}
		}
	}
	slices.SortFunc(m.Names, func(a, b fixed.Name) int {
		return cmp.Or(cmp.Compare(a.File.Path, b.File.Path), a.Span.Start-b.Span.Start)
	})
}

// leaveNames leaves those of files that are not edited.
func (m *Migration) leaveNames() {
	m.Names = slices.DeleteFunc(m.Names, func(n fixed.Name) bool {
		why := m.refused[n.File.Path].Reason
		if m.broken[n.File.Path] {
			why = keptByBug
		}
		if why != "" {
			m.NamesLeft = append(m.NamesLeft, NameLeft{n, why})
		}
		return why != ""
	})
}

// Settable reports a mapping whose host port can be set: it can already, or the plan makes it
// so.
func (m *Migration) Settable(mapping *compose.Mapping) bool {
	return mapping.HostPort.Settable() || slices.ContainsFunc(m.Changes, func(ch rewrite.Change) bool {
		return ch.Mapping.Place() == mapping.Place() && ch.Decision.Var != ""
	})
}

// Edits are those of the plan, and those that take out names.
func (m *Migration) Edits() map[*source.File][]rewrite.Edit {
	edits := m.Plan.Edits()
	for _, n := range m.Names {
		edits[n.File] = append(edits[n.File], rewrite.Edit{Span: n.Cut})
	}
	return edits
}

// Files are those with edits, by path.
func (m *Migration) Files() []*source.File {
	return slices.SortedFunc(maps.Keys(m.Edits()), func(a, b *source.File) int { return cmp.Compare(a.Path, b.Path) })
}
