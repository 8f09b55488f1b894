package migrate

import (
	"bytes"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/workspace"
)

const (
	keptNoWayBack  = "migrating back would not restore it"
	keptWithFamily = "migrating back would not restore its project"
	// maxWaysBack bounds how often what is left is tried: by then a family is kept as
	// a whole.
	maxWaysBack = 4
)

// leaveOneWay takes out the changes which drop a host port that migrating back would
// not restore: it goes there and back in memory, with the configuration as it would
// be, and compares with what hybrid makes of the files as they are. Without these it
// is tried again, since the others were judged beside them.
func (m *Migration) leaveOneWay(sound []bool) error {
	for try := range maxWaysBack {
		reasons, err := m.oneWay(sound, try == maxWaysBack-1)
		if err != nil || len(reasons) == 0 {
			return err
		}
		m.leave(func(ch rewrite.Change) string {
			if ch.Decision.Kind != strategies.Ephemeral {
				return ""
			}
			return reasons[ch.Mapping.Place()]
		})
	}
	return nil
}

// oneWay says of the host ports that are dropped which migrating back would not
// restore, and why each is to be kept: itself, or all of a family of which no single
// one is to blame.
func (m *Migration) oneWay(sound []bool, whole bool) (map[compose.Place]string, error) {
	dropping := map[string][]rewrite.Change{} // by family
	for _, ch := range m.Changes {
		if ch.Decision.Kind == strategies.Ephemeral {
			dropping[ch.Project.Family] = append(dropping[ch.Project.Family], ch)
		}
	}
	if len(dropping) == 0 {
		return nil, nil
	}
	there, err := m.there()
	if err != nil {
		return nil, err
	}
	straight := m.plan(m.w, m.families.By(under(strategies.Hybrid, m.w.Projects)), sound)
	want, err := m.wanted(straight)
	if err != nil {
		return nil, err
	}
	back := m.plan(there, m.settled(there).By(under(strategies.Hybrid, there.Projects)), sound)
	reasons := map[compose.Place]string{}
	differs := m.differing(there, straight, back)
	for _, family := range strategies.Families(only(there.Projects, sound)) {
		dropped := dropping[family[0].Family]
		if len(dropped) == 0 || restores(family, back, want) {
			continue
		}
		single := lists.Only(dropped, differs)
		if whole || len(single) == 0 {
			for _, ch := range dropped {
				reasons[ch.Mapping.Place()] = keptWithFamily
			}
		}
		for _, ch := range single {
			reasons[ch.Mapping.Place()] = keptNoWayBack
		}
	}
	return reasons, nil
}

// differing reports a change of a mapping that the way there and back would write
// otherwise than hybrid does at once.
func (m *Migration) differing(there *workspace.Workspace, straight, back rewrite.Plan) func(rewrite.Change) bool {
	once, twice := edits(straight), edits(back)
	index := map[*compose.Project]int{}
	for i, p := range m.w.Projects {
		index[p] = i
	}
	return func(ch rewrite.Change) bool {
		was, now := ch.Project.Mappings, there.Projects[index[ch.Project]].Mappings
		i := slices.IndexFunc(was, func(o compose.Mapping) bool { return o.Place() == ch.Mapping.Place() })
		return i < 0 || i >= len(now) || written(&was[i], once) != written(&now[i], twice)
	}
}

// edits are those of a plan, by the places of their mappings.
func edits(p rewrite.Plan) map[compose.Place]rewrite.Edit {
	all := map[compose.Place]rewrite.Edit{}
	for _, ch := range p.Changes {
		all[ch.Mapping.Place()] = ch.Edit
	}
	return all
}

// written is a mapping as it stands in its file after some edits.
func written(m *compose.Mapping, edits map[compose.Place]rewrite.Edit) string {
	src, entry := m.File.Src, m.Entry
	e, edited := edits[m.Place()]
	if !edited || e.Span.Start < entry.Start || e.Span.End > entry.End {
		return string(src[entry.Start:entry.End]) + e.New
	}
	return string(src[entry.Start:e.Span.Start]) + e.New + string(src[e.Span.End:entry.End])
}

// there is the workspace as the migration would leave it.
func (m *Migration) there() (*workspace.Workspace, error) {
	after := map[string][]byte{}
	for f, edits := range m.Plan.Edits() {
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

// wanted are the files that the migration changes, by path, as hybrid makes them at
// once of what they are now.
func (m *Migration) wanted(straight rewrite.Plan) (map[string][]byte, error) {
	edits := straight.Edits()
	want := map[string][]byte{}
	for _, f := range m.Plan.Files() {
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
