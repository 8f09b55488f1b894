// Package migrate is one migration of many projects to their strategies: planned,
// verified, and ready to be written.
//
// The model: [Plan] decides about every mapping, leaves out what can't be judged or
// written, holds every file and every project against what it was, and keeps in the
// configuration the host ports that go, so that migrating back restores them: it goes
// back in memory first. Nothing
// is written before [Migration.Write], which writes all of it or, as far as it can be
// known in advance, nothing.
//
//	m, notes, err := migrate.Plan(w, migrate.Options{})
//	err = m.Write()
package migrate

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/compose/fixed"
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

	// Names are the fixed names that go, and NamesLeft those that stay.
	Names     []fixed.Name
	NamesLeft []NameLeft
	// Outputs are the compose files by path, then the configuration.
	Outputs []rewrite.Output
	// Invalid is how many files are not valid, and left alone.
	Invalid int
	// Kept is the configuration that keeps the host ports which go, "" when none do.
	Kept string
	// Pinnable is how many of the mappings that stay Options.Pin would give a default.
	Pinnable int
	// Conflicts is how many host ports clash, which the migration carries over.
	Conflicts int

	w        *workspace.Workspace
	families rewrite.Families
	pins     map[*compose.Project]map[compose.Place]string
	refused  map[string]mend.Refusal // files that are not edited, by path
	broken   map[string]bool         // files of projects that bugs of ours keep from being judged
	bugs     []say.Problem
}

// Plan plans the migration of a workspace. The notes say which files can't be read,
// are not valid or can't be written, as failures, and which projects are verified as
// YAML only. The error says that the result is not what was planned.
func Plan(w *workspace.Workspace, o Options) (m *Migration, notes []say.Problem, err error) {
	m = &Migration{w: w, broken: map[string]bool{}}
	if o.Pin {
		if err := m.checkPin(o); err != nil {
			return nil, nil, err
		}
		m.pins = m.pinned(o.Services)
	}
	m.families = m.settled(w)
	sound := m.sound()
	m.refused = mend.Refused(w, m.leaveBroken)
	m.Plan = m.plan(w, m.families, sound)
	if o.Isolate {
		m.planNames(sound)
	}
	notes = append(mend.Unreadable(w), m.leaveRefused()...)
	m.leaveNames()
	m.leave(func(ch rewrite.Change) string {
		if m.broken[ch.Mapping.File.Path] {
			return keptByBug
		}
		return ""
	})
	notes = append(notes, m.bugs...)
	if err := m.leaveOneWay(sound); err != nil {
		return nil, notes, err
	}
	m.Conflicts = m.conflicts()
	if !o.Pin {
		m.Pinnable = m.pinnable()
	}
	result, err := rewrite.Verified(only(w.Projects, sound), m.Edits(), m.Changes)
	if err != nil {
		return nil, notes, rewrite.Unplanned(err)
	}
	for _, p := range result.Uncompared {
		notes = append(notes, say.Problem{Kind: say.Note, Place: p.Group.Files[0], Message: "compose-go can't load this project as it stands, or not in time: the result is verified as YAML only"})
	}
	for _, f := range m.Files() {
		m.Outputs = append(m.Outputs, rewrite.Output{Path: f.Path, Before: f.Src, After: result.After[f.Path]})
	}
	if err := m.remember(); err != nil {
		return nil, notes, err
	}
	if m.Kept != "" && tree.GitIgnored(m.Kept, w.Tree().Environ) {
		notes = append(notes, say.Problem{
			Kind: say.Note, Place: m.Kept, Message: "Git ignores this file, which keeps the host ports that go: no other clone could migrate back",
			Hint: "add !" + filepath.Base(m.Kept) + " to .gitignore",
		})
	}
	return m, notes, nil
}

const keptByBug = "a bug in portmoor keeps its project from being judged"

// sound says which projects can be planned, by index, and notes the others.
func (m *Migration) sound() []bool {
	sound := make([]bool, len(m.w.Projects))
	for i, p := range m.w.Projects {
		err := say.Guard(func() { p.Step("plan"); m.families.Plan(p) })
		if sound[i] = err == nil; err == nil {
			continue
		}
		m.leaveBroken(p, err)
		for _, mapping := range p.Mappings {
			if !mapping.Inherited && m.w.Asked(mapping.File) {
				m.Skips = append(m.Skips, rewrite.Skip{Mapping: &mapping, Reason: keptByBug})
			}
		}
	}
	return sound
}

// leaveBroken notes a project that is left alone because of a bug of ours.
func (m *Migration) leaveBroken(p *compose.Project, err error) {
	for _, f := range p.Files {
		m.broken[f.Path] = true
	}
	m.bugs = append(m.bugs, mend.Bug(p, err))
}

// only are some of the projects, by index.
func only(projects []*compose.Project, which []bool) (some []*compose.Project) {
	for i, p := range projects {
		if which[i] {
			some = append(some, p)
		}
	}
	return some
}

// settled are the families of a workspace, by the strategies of its projects. Names are
// settled once for each workspace: for the files as they are, and for each try as they
// would be.
func (m *Migration) settled(w *workspace.Workspace) rewrite.Families {
	return rewrite.NewFamilies(slices.Concat(w.Projects, w.Neighbours), rewrite.FamilyOptions{Strategies: w.Strategies, Remembered: w.Remembered, Pinned: m.pins})
}

// under is one strategy for all projects.
func under(s strategies.Strategy, projects []*compose.Project) map[*compose.Project]strategies.Strategy {
	all := map[*compose.Project]strategies.Strategy{}
	for _, p := range projects {
		all[p] = s
	}
	return all
}

// plan plans what was asked for.
func (m *Migration) plan(w *workspace.Workspace, families rewrite.Families, sound []bool) rewrite.Plan {
	p := families.Plan(only(w.Projects, sound)...)
	p.Changes = slices.DeleteFunc(p.Changes, func(ch rewrite.Change) bool { return !w.Asked(ch.Mapping.File) })
	p.Skips = append(m.Skips, slices.DeleteFunc(p.Skips, func(s rewrite.Skip) bool { return !w.Asked(s.Mapping.File) })...)
	return p
}

// leaveRefused takes out the changes of files that no command edits, and counts those
// that are not valid.
func (m *Migration) leaveRefused() (notes []say.Problem) {
	changed := map[string]bool{}
	for _, f := range m.Files() {
		changed[f.Path] = true
	}
	for _, path := range slices.Sorted(maps.Keys(m.refused)) {
		if r := m.refused[path]; r.Reason == mend.NotValid {
			m.Invalid++
			notes = append(notes, r.Problems...)
		} else if changed[path] {
			notes = append(notes, r.Problems...)
		}
	}
	m.leave(func(ch rewrite.Change) string { return m.refused[ch.Mapping.File.Path].Reason })
	return notes
}

// leave makes skips of the changes for which there is a reason.
func (m *Migration) leave(reason func(rewrite.Change) string) {
	m.Changes = slices.DeleteFunc(m.Changes, func(ch rewrite.Change) bool {
		why := reason(ch)
		if why != "" {
			m.Skips = append(m.Skips, rewrite.Skip{Mapping: ch.Mapping, Reason: why})
		}
		return why != ""
	})
	slices.SortStableFunc(m.Skips, func(a, b rewrite.Skip) int {
		return cmp.Or(cmp.Compare(a.Mapping.File.Path, b.Mapping.File.Path), a.Mapping.Entry.Start-b.Mapping.Entry.Start)
	})
}

// conflicts counts the host ports that clash, and that Docker will not pick.
func (m *Migration) conflicts() (n int) {
	picked := map[compose.Place]bool{}
	for _, ch := range m.Changes {
		if ch.Decision.Kind == strategies.Ephemeral {
			picked[compose.Place{Path: ch.Mapping.File.Path, Start: ch.Mapping.Host.Start}] = true
		}
	}
	for _, f := range lint.Run(m.w.Projects, lint.Options{Only: []string{"host-port-conflict"}, Broken: func(*compose.Project, error) {}}) {
		settled := picked[compose.Place{Path: f.File.Path, Start: f.Span.Start}] || slices.ContainsFunc(f.Related, func(r lint.Related) bool {
			return picked[compose.Place{Path: r.File.Path, Start: r.Span.Start}]
		})
		if f.Severity == lint.Error && mend.Concerns(m.w, f) && !settled {
			n++
		}
	}
	return n
}

// remember adds to the configuration the host ports that the plan drops, so
// that they can be given back.
func (m *Migration) remember() error {
	src, err := m.withDefaults()
	if err != nil || src == nil {
		return err
	}
	m.Kept = m.configuration()
	m.Outputs = append(m.Outputs, rewrite.Output{Path: m.Kept, Before: m.w.Config.Src, After: src})
	return nil
}

// configuration is where the host ports that go are kept.
func (m *Migration) configuration() string {
	return cmp.Or(m.w.Config.Path, filepath.Join(m.w.Home, config.Name))
}

// withDefaults is the configuration with the host ports that the plan drops; nil when
// it drops none.
func (m *Migration) withDefaults() ([]byte, error) {
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
		return nil, nil
	}
	src, err := config.SetDefaults(m.w.Config.Src, defaults)
	if err != nil {
		return nil, say.Failf("nothing was written", "%s: can't keep the default host ports: %s", m.configuration(), err)
	}
	return src, nil
}

// Write writes every file.
func (m *Migration) Write() error {
	if _, err := rewrite.WriteAll(m.w.Bounds, m.Outputs); err != nil {
		return say.Failf("nothing else was written; fix this and run it again", "%s", err)
	}
	return nil
}

// Assigned are the projects that a migration may give ports to, as detect does: those
// that docker compose finds by themselves and that follow the auto strategy, since
// that is what auto is.
func Assigned(w *workspace.Workspace) (given []*compose.Project) {
	main := compose.Main(w.Projects)
	for _, p := range main {
		standard := discover.Standard(p.Group.Files[0]) && !p.Group.Overlay || len(main) == 1
		if w.Strategies[p] == strategies.Auto && standard && len(p.Problems) == 0 {
			given = append(given, p)
		}
	}
	return given
}

// One reports that a migration is about one project, that of one folder, so that its
// ports are assigned by itself; those of many would be claimed for nobody. Alternatives
// that are compose by content are started by hand.
func One(w *workspace.Workspace) bool {
	main := compose.Main(w.Projects)
	return !slices.ContainsFunc(main, func(p *compose.Project) bool { return p.Dir != main[0].Dir })
}
