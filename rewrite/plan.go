// Package rewrite turns decisions into bytes: it plans the edits of a run,
// spells each of them in the style of the text around it, applies and verifies
// them, shows them as a diff and writes them.
//
// The model: an [Edit] is a span and its new text. Files are spliced, never
// re-encoded, so that no byte outside a planned span can change.
//
//	plan := rewrite.Make(projects, decide)
//	after, err := rewrite.Apply(file.Src, plan.Edits(file))
package rewrite

import (
	"cmp"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
)

// Change is a mapping that will be written differently.
type Change struct {
	Mapping  compose.Mapping
	Decision strategies.Decision
	Edit     Edit // of Mapping.File
}

// Skip is a mapping that stays as it is.
type Skip struct {
	Mapping compose.Mapping
	Reason  string
}

// Plan is what a run does: every mapping is in one of its lists, once,
// however many projects and services share its bytes. Both lists are sorted by
// file and place.
type Plan struct {
	Changes []Change
	Skips   []Skip
}

// Decide says what becomes of a project's mapping.
type Decide func(*compose.Project, compose.Mapping) strategies.Decision

const skipMerged = "its host port is merged in from another mapping, and written there"

// Make plans the mappings of several projects. Where services or projects
// share the bytes of a host port, the one that owns them decides, and of several
// owners the first.
func Make(projects []*compose.Project, decide Decide) Plan {
	type owned struct {
		project *compose.Project
		mapping compose.Mapping
	}
	owners := map[compose.Place]owned{}
	entries := map[compose.Place]compose.Mapping{}
	for _, p := range projects {
		for _, m := range p.Mappings {
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
		plan.add(o.mapping, decide(o.project, o.mapping))
	}
	for _, m := range entries {
		if owners[m.Place()].mapping.Entry != m.Entry {
			plan.Skips = append(plan.Skips, Skip{m, skipMerged})
		}
	}
	slices.SortFunc(plan.Changes, func(a, b Change) int { return comparePlaces(a.Mapping, b.Mapping) })
	slices.SortFunc(plan.Skips, func(a, b Skip) int { return comparePlaces(a.Mapping, b.Mapping) })
	return plan
}

func comparePlaces(a, b compose.Mapping) int {
	return cmp.Or(cmp.Compare(a.File.Path, b.File.Path), a.Entry.Start-b.Entry.Start)
}

func (p *Plan) add(m compose.Mapping, d strategies.Decision) {
	if d.Kind == strategies.Keep {
		p.Skips = append(p.Skips, Skip{m, d.Reason})
		return
	}
	p.Changes = append(p.Changes, Change{m, d, Replace(m, d.Text)})
}

// Edits are the plan's edits of one file, in order.
func (p Plan) Edits(path string) []Edit {
	var edits []Edit
	for _, c := range p.Changes {
		if c.Mapping.File.Path == path {
			edits = append(edits, c.Edit)
		}
	}
	return edits
}

// Files are the files that the plan changes, sorted by path.
func (p Plan) Files() []*source.File {
	var files []*source.File
	for _, c := range p.Changes {
		if n := len(files); n == 0 || files[n-1].Path != c.Mapping.File.Path {
			files = append(files, c.Mapping.File)
		}
	}
	return files
}
