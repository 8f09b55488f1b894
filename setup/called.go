package setup

import (
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
)

// settle takes what the repository's own commands load, such as those of a Makefile, for
// the projects of the configuration, unless it has some: the files of a folder that are
// loaded in one way alone, where docker compose by itself would load others. What is started for other machines, such as a workflow, is no such way.
func (p *planner) settle() {
	if len(p.w.Config.Projects) > 0 {
		return
	}
	found := func(q *compose.Project) bool { return !q.Group.Overlay && discover.Standard(q.Group.Files[0]) }
	for _, main := range lists.Only(p.w.Projects, found) {
		ways := lists.Only(p.w.Projects, func(q *compose.Project) bool {
			return q.Dir == main.Dir && q.Group.Files[0] == main.Group.Files[0] && len(calls(q)) > 0
		})
		if len(ways) != 1 || slices.ContainsFunc(ways[0].Group.Files, func(f string) bool { return filepath.Dir(f) != main.Dir }) {
			continue
		}
		q := ways[0]
		name := called(q)
		if q == main && name == "" {
			continue
		}
		p.called = append(p.called, config.Project{Name: name, Files: p.written(q.Group.Files)})
		q.Group.Overlay, q.Group.EnvFiles = false, nil // as a project of the configuration, which lists those
		if name != "" {
			q.Group.Name, q.Name = name, name
		}
		p.w.Projects = slices.DeleteFunc(slices.Clone(p.w.Projects), func(other *compose.Project) bool {
			return other != q && !slices.ContainsFunc(other.Group.Files, func(f string) bool { return !slices.Contains(q.Group.Files, f) })
		})
	}
	p.w.Config.Projects = p.called
}

// calls are the commands that load a project on machines such as this one.
func calls(q *compose.Project) []compose.Load {
	return lists.Only(q.Group.Loads, func(l compose.Load) bool { return l.Unit != "" && !l.Apart })
}

// called is the project name that the commands of a project give, if all that give one give
// the same; "" for none.
func called(q *compose.Project) (name string) {
	var names []string
	for _, l := range calls(q) {
		if l.Name != "" && !slices.Contains(names, l.Name) {
			names = append(names, l.Name)
		}
	}
	if len(names) == 1 {
		name = names[0]
	}
	return name
}

// written are paths as the configuration has them, nil for none.
func (p *planner) written(paths []string) (all []string) {
	for _, f := range paths {
		all = append(all, filepath.ToSlash(say.Path(filepath.Dir(p.home()), f)))
	}
	return all
}
