// Package rewrite turns decisions into bytes: it plans the edits of a run,
// spells each of them in the style of the text around it, applies and verifies
// them, shows them as a diff and writes them.
//
// The model: an [Edit] is a span and its new text. Files are spliced, never
// re-encoded, so that no byte outside a planned span can change.
//
//	plan := rewrite.NewFamilies(projects, rewrite.FamilyOptions{}).Plan(projects...)
//	result, err := rewrite.Verified(projects, plan.Edits(), plan.Changes)
package rewrite

import (
	"cmp"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
)

// Change is a mapping that will be written differently.
type Change struct {
	Project  *compose.Project // that decides
	Mapping  *compose.Mapping
	Decision strategies.Decision
	Edit     Edit // of Mapping.File
}

// Skip is a mapping that stays as it is.
type Skip struct {
	Mapping *compose.Mapping
	Reason  string
	// Left reports a fixed host port that should become something else, and can't.
	Left bool
}

// Plan is what a run does: every mapping is in one of its lists, once,
// however many projects and services share its bytes. Both lists are sorted by
// file and place.
type Plan struct {
	Changes []Change
	Skips   []Skip
}

const skipMerged = "its host port is merged in from another mapping, and written there"

// Plan plans the mappings of some of the projects. Where services or projects
// share the bytes of a host port, the one that owns them decides, and of several
// owners the first.
func (f Families) Plan(projects ...*compose.Project) Plan {
	type owned struct {
		project *compose.Project
		mapping *compose.Mapping
	}
	owners, entries := map[compose.Place]owned{}, map[compose.Place]*compose.Mapping{}
	for _, p := range projects {
		for m := range p.Each() {
			if o, ok := owners[m.Place()]; !ok || o.mapping.Inherited && !m.Inherited {
				owners[m.Place()] = owned{p, m}
			}
			at := compose.Place{Path: m.File.Path, Start: m.Entry.Start}
			if _, ok := entries[at]; !ok || !m.Inherited {
				entries[at] = m
			}
		}
	}
	var plan Plan
	for _, o := range owners {
		c := Change{Project: o.project, Mapping: o.mapping}
		if c.Decision = f.decide(c.Project, c.Mapping); c.Decision.Kind == strategies.Keep {
			plan.Skips = append(plan.Skips, Skip{c.Mapping, c.Decision.Reason, c.Decision.Left})
			continue
		}
		c.Edit = Replace(c.Mapping, c.Decision.Text)
		plan.Changes = append(plan.Changes, c)
	}
	for _, m := range entries {
		if owners[m.Place()].mapping.Entry != m.Entry {
			plan.Skips = append(plan.Skips, Skip{m, skipMerged, false})
		}
	}
	slices.SortFunc(plan.Changes, func(a, b Change) int { return comparePlaces(a.Mapping, b.Mapping) })
	slices.SortFunc(plan.Skips, func(a, b Skip) int { return comparePlaces(a.Mapping, b.Mapping) })
	return plan
}

func comparePlaces(a, b *compose.Mapping) int {
	return cmp.Or(cmp.Compare(a.File.Path, b.File.Path), a.Entry.Start-b.Entry.Start)
}

// Left are the fixed host ports that should become something else, and can't.
func (p Plan) Left() []Skip { return lists.Only(p.Skips, func(s Skip) bool { return s.Left }) }

// Edits are the plan's edits by file, in order.
func (p Plan) Edits() map[*source.File][]Edit {
	edits := map[*source.File][]Edit{}
	for _, c := range p.Changes {
		edits[c.Mapping.File] = append(edits[c.Mapping.File], c.Edit)
	}
	return edits
}

// Files are the files that the plan changes, sorted by path.
func (p Plan) Files() []*source.File {
	files := lists.Map(p.Changes, func(c Change) *source.File { return c.Mapping.File })
	return slices.CompactFunc(files, func(a, b *source.File) bool { return a.Path == b.Path })
}
