package setup

import (
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/workspace"
)

// Open is the workspace of a folder, with the env files that the configuration is to list: it
// reads them as it will once they are. The environment is Git's.
func Open(dir string, git map[string]string) (w *workspace.Workspace, passed []string, err error) {
	request := workspace.Request{Dir: dir, Git: git, Rules: lint.RuleOptions(), Empty: true}
	if w, _, err = workspace.Open(request); err != nil {
		return nil, nil, err
	}
	if passed = passedTo(w); passed != nil {
		request.Listed = passed
		w, _, err = workspace.Open(request)
	}
	return w, passed, err
}

// passedTo are the env files that the projects' own commands pass by --env-file, and that
// no project is started without which would read them too.
func passedTo(w *workspace.Workspace) (passed []string) {
	known := w.Absolute(w.Config.EnvFiles...)
	for _, p := range w.Projects {
		for _, f := range always(p) {
			if f == filepath.Join(p.Dir, ".env") || f == w.PortsEnvFile(p) || slices.Contains(known, f) || slices.Contains(passed, f) || !w.Bounds.Has(f) {
				continue
			}
			if !slices.ContainsFunc(w.Projects, func(o *compose.Project) bool { return lacks(o, p, f) }) {
				passed = append(passed, f)
			}
		}
	}
	return passed
}

// always are the env files that each line which passes any to a project passes to it.
func always(p *compose.Project) (files []string) {
	first := true
	for _, l := range p.Group.Loads {
		switch {
		case len(l.EnvFiles) == 0:
		case first:
			files, first = l.EnvFiles, false
		default:
			files = lists.Only(files, func(f string) bool { return slices.Contains(l.EnvFiles, f) })
		}
	}
	return files
}

// lacks reports a project that is started without an env file of another, and that would go
// by it: its own commands pass other files, or it has a variable of the file and stands in
// another folder.
func lacks(p, other *compose.Project, file string) bool {
	switch {
	case slices.Contains(always(p), file):
		return false
	case slices.ContainsFunc(p.Group.Loads, func(l compose.Load) bool { return len(l.EnvFiles) > 0 }):
		return true
	case p.Dir == other.Dir:
		return false
	}
	return slices.ContainsFunc(compose.NewLoader(compose.LoadOptions{}).Env(file).Files(), func(f variable.File) bool {
		return slices.ContainsFunc(p.Mappings, func(m compose.Mapping) bool {
			return slices.ContainsFunc(source.Variables(m.HostPort.Text), func(name string) bool { _, set := f.Vars[name]; return set })
		})
	})
}
