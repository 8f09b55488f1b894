// Package migrate is one migration of many projects to their strategies: planned,
// verified, and ready to be written.
//
// The model: [Plan] decides about every mapping, leaves out what can't be judged or
// written, holds every file and every project against what it was, and keeps in the
// configuration the host ports that go, so that migrating back restores them. Nothing
// is written before [Migration.Write], which writes all of it or, as far as it can be
// known in advance, nothing.
//
//	m, notes, err := migrate.Plan(w)
//	err = m.Write()
package migrate

import (
	"cmp"
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lint/mend"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Migration is what a run would do: the plan, and the files as they would be.
type Migration struct {
	rewrite.Plan

	// Outputs are the compose files by path, then the configuration.
	Outputs []rewrite.Output
	// Invalid is how many files are not valid, and left alone.
	Invalid int
	// Kept is the configuration that keeps the host ports which go, "" when none do.
	Kept string
	// Conflicts is how many host ports clash, which the migration carries over.
	Conflicts int

	w      *workspace.Workspace
	broken map[string]bool // files of projects that bugs of ours keep from being judged
	bugs   []say.Problem
}

// Plan plans the migration of a workspace. The notes say which files can't be read,
// are not valid or can't be written, as failures, and which projects are verified as
// YAML only. The error says that the result is not what was planned.
func Plan(w *workspace.Workspace) (m *Migration, notes []say.Problem, err error) {
	families := rewrite.NewFamilies(slices.Concat(w.Projects, w.Neighbours), rewrite.FamilyOptions{Strategies: w.Strategies, Remembered: w.Remembered})
	m = &Migration{w: w, broken: map[string]bool{}}
	var sound []*compose.Project
	for _, p := range w.Projects {
		if err := say.Guard(func() { p.Step("plan"); families.Plan(p) }); err != nil {
			m.leaveBroken(p, err)
		} else {
			sound = append(sound, p)
		}
	}
	m.Plan = families.Plan(sound...)
	for _, p := range w.Projects {
		for _, mapping := range p.Mappings {
			if !mapping.Inherited && !slices.Contains(sound, p) {
				m.Skips = append(m.Skips, rewrite.Skip{Mapping: mapping, Reason: keptByBug})
			}
		}
	}
	m.Changes = slices.DeleteFunc(m.Changes, func(ch rewrite.Change) bool { return !w.Asked(ch.Mapping.File) })
	m.Skips = slices.DeleteFunc(m.Skips, func(s rewrite.Skip) bool { return !w.Asked(s.Mapping.File) })
	notes = append(mend.Unreadable(w), m.leaveInvalid()...)
	m.leave(func(path string) bool { return m.broken[path] }, keptByBug)
	notes = append(notes, m.bugs...)
	notes = append(notes, m.leaveSymlinks()...)
	result, err := rewrite.Verified(sound, m.Edits(), m.Changes)
	if err != nil {
		return nil, notes, rewrite.Unplanned(err)
	}
	for _, p := range result.Uncompared {
		notes = append(notes, say.Problem{Kind: say.Note, Place: p.Group.Files[0], Message: "compose-go can't load this project as it stands, or not in time: the result is verified as YAML only"})
	}
	for _, f := range m.Files() {
		m.Outputs = append(m.Outputs, rewrite.Output{Path: f.Path, Before: f.Src, After: result.After[f.Path]})
	}
	return m, notes, m.remember()
}

const keptByBug = "a bug in portmoor keeps its project from being judged"

// leaveBroken notes a project that is left alone because of a bug of ours.
func (m *Migration) leaveBroken(p *compose.Project, err error) {
	for _, f := range p.Files {
		m.broken[f.Path] = true
	}
	m.bugs = append(m.bugs, mend.Bug(p, err))
}

// leaveInvalid takes out the changes of files that docker compose refuses, since
// what they mean can't be compared before and after, and counts conflicts.
func (m *Migration) leaveInvalid() (notes []say.Problem) {
	invalid := map[string]bool{}
	options := lint.Options{Only: []string{"invalid-compose", "host-port-conflict"}, Broken: m.leaveBroken}
	for _, f := range lint.Run(m.w.Projects, options) {
		switch {
		case f.Rule == "host-port-conflict":
			if f.Severity == lint.Error && mend.Concerns(m.w, f) {
				m.Conflicts++
			}
		case m.w.Asked(f.File):
			invalid[f.File.Path] = true
			notes = append(notes, say.Problem{Place: m.w.Place(f.File, f.Span), Message: f.Message, Hint: f.Hint})
		}
	}
	m.Invalid = len(invalid)
	m.leave(func(path string) bool { return invalid[path] }, "the file is not valid")
	unjudged := mend.Unjudged(m.w)
	m.leave(func(path string) bool { return unjudged[path] }, "the file extends one that is not valid")
	return notes
}

// leaveSymlinks takes out the changes of files that can't be written.
func (m *Migration) leaveSymlinks() (notes []say.Problem) {
	for _, f := range m.Files() {
		if tree.IsSymlink(f.Path) {
			notes = append(notes, mend.Symlink(f.Path))
		}
	}
	m.leave(tree.IsSymlink, "the file is a symlink")
	return notes
}

// leave makes skips of the changes of some files.
func (m *Migration) leave(refused func(path string) bool, reason string) {
	m.Changes = slices.DeleteFunc(m.Changes, func(ch rewrite.Change) bool {
		if !refused(ch.Mapping.File.Path) {
			return false
		}
		m.Skips = append(m.Skips, rewrite.Skip{Mapping: ch.Mapping, Reason: reason})
		return true
	})
	slices.SortStableFunc(m.Skips, func(a, b rewrite.Skip) int {
		return cmp.Or(cmp.Compare(a.Mapping.File.Path, b.Mapping.File.Path), a.Mapping.Entry.Start-b.Mapping.Entry.Start)
	})
}

// remember adds to the configuration the host ports that the plan drops, so
// that they can be given back.
func (m *Migration) remember() error {
	defaults := map[string]map[string]string{}
	keys := map[*compose.Project]map[compose.Place]string{}
	for _, ch := range m.Changes {
		if ch.Decision.Kind != strategies.Ephemeral {
			continue
		}
		if keys[ch.Project] == nil {
			keys[ch.Project] = strategies.DefaultKeys(ch.Project)
		}
		name := m.w.SettingsName(ch.Mapping.File)
		if defaults[name] == nil {
			defaults[name] = map[string]string{}
		}
		defaults[name][keys[ch.Project][ch.Mapping.Place()]] = ch.Mapping.HostPort.Text
	}
	if len(defaults) == 0 {
		return nil
	}
	m.Kept = cmp.Or(m.w.Config.Path, filepath.Join(m.w.Home, config.Name))
	src, err := config.SetDefaults(m.w.Config.Src, defaults)
	if err != nil {
		return say.Failf("nothing was written", "%s: can't keep the default host ports: %s", m.Kept, err)
	}
	m.Outputs = append(m.Outputs, rewrite.Output{Path: m.Kept, Before: m.w.Config.Src, After: src})
	return nil
}

// Write writes every file.
func (m *Migration) Write() error {
	if _, err := rewrite.WriteAll(m.Outputs); err != nil {
		return say.Failf("nothing else was written; fix this and run it again", "%s", err)
	}
	return nil
}

// Assigned are the projects that a migration gives ports to, as detect does: those
// that docker compose finds by themselves and that follow the auto strategy, since
// that is what auto is.
func Assigned(w *workspace.Workspace) (given []*compose.Project) {
	for _, p := range w.Projects {
		standard := discover.Standard(p.Group.Files[0]) && !p.Group.Overlay || len(w.Projects) == 1
		if w.Strategies[p] == strategies.Auto && standard && len(p.Problems) == 0 {
			given = append(given, p)
		}
	}
	return given
}
