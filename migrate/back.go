package migrate

import (
	"bytes"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/workspace"
)

const keptNoWayBack = "migrating back would not restore it"

// leaveOneWay takes out the changes which drop a host port that migrating back would
// not restore: it goes there and back in memory, with the configuration as it would
// be, and compares with what hybrid makes of the files as they are.
func (m *Migration) leaveOneWay(sound []bool) error {
	dropping := map[string]bool{} // by family
	for _, ch := range m.Changes {
		if ch.Decision.Kind == strategies.Ephemeral {
			dropping[ch.Project.Family] = true
		}
	}
	if len(dropping) == 0 {
		return nil
	}
	there, err := m.there()
	if err != nil {
		return err
	}
	want, err := m.straight(sound)
	if err != nil {
		return err
	}
	back := m.plan(there, sound, strategies.Hybrid)
	for _, family := range strategies.Families(only(there.Projects, sound)) {
		if dropping[family[0].Family] && !restores(family, back, want) {
			m.leaveDropping(family[0].Family)
		}
	}
	return nil
}

// there is the workspace as the migration would leave it.
func (m *Migration) there() (*workspace.Workspace, error) {
	after := map[string][]byte{}
	for f, edits := range m.Edits() {
		src, err := rewrite.Apply(f.Src, edits)
		if err != nil {
			return nil, rewrite.Unplanned(err)
		}
		after[f.Path] = src
	}
	there := m.w.With(after)
	src, err := m.withDefaults()
	if err != nil {
		return nil, err
	}
	there.Config, err = config.Parse(m.configuration(), src)
	return there, err
}

// straight are the files that the migration changes, by path, as hybrid would make
// them of what they are now.
func (m *Migration) straight(sound []bool) (map[string][]byte, error) {
	edits := m.plan(m.w, sound, strategies.Hybrid).Edits()
	want := map[string][]byte{}
	for _, f := range m.Files() {
		src, err := rewrite.Apply(f.Src, edits[f])
		if err != nil {
			return nil, rewrite.Unplanned(err)
		}
		want[f.Path] = src
	}
	return want, nil
}

// restores reports whether the way back of a family leads to the bytes that are
// wanted, through files that docker compose takes for what they were.
func restores(family []*compose.Project, back rewrite.Plan, want map[string][]byte) bool {
	all, mine := back.Edits(), map[*source.File][]rewrite.Edit{}
	for _, p := range family {
		for _, f := range p.Files {
			if want[f.Path] == nil {
				continue
			}
			if got, err := rewrite.Apply(f.Src, all[f]); err != nil || !bytes.Equal(got, want[f.Path]) {
				return false
			}
			if all[f] != nil {
				mine[f] = all[f]
			}
		}
	}
	_, err := rewrite.Verified(family, mine, back.Changes)
	return err == nil
}

// leaveDropping makes skips of the changes of a family that drop a host port.
func (m *Migration) leaveDropping(family string) {
	m.leave(func(ch rewrite.Change) string {
		if ch.Decision.Kind == strategies.Ephemeral && ch.Project.Family == family {
			return keptNoWayBack
		}
		return ""
	})
}
