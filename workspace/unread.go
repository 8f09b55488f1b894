package workspace

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/source"
)

// Unread are the env files of a project, sorted by path, that are not read but set what
// Compose or Portmoor would go by: of those that env_file names, and those beside its
// compose files that are called env.shared or .env.local or alike. Files outside the
// repository do not count.
func (w *Workspace) Unread(p *compose.Project) (all []variable.Unread) {
	reads := lists.Keys(p.Env.Files(), func(f variable.File) string { return f.File.Path })
	paths := lists.Only(slices.Concat(p.ServiceEnvFiles(), w.beside(p.Dir)), func(path string) bool {
		return !reads[path] && !slices.Contains(p.Group.EnvFiles, path) && path != filepath.Join(p.Dir, ".env") && path != w.PortsEnvFile(p) && w.Bounds.Has(path)
	})
	slices.Sort(paths)
	if len(paths) == 0 {
		return nil
	}
	wanted := map[string]bool{StrategyVariable: true}
	for m := range p.Each() {
		lists.Add(wanted, source.Variables(m.HostPort.Text)...)
	}
	for _, f := range w.loader.Env(slices.Compact(paths)...).Files() {
		var names []string
		for name := range f.Vars {
			if wanted[name] {
				names = append(names, name)
			}
		}
		if slices.Sort(names); names != nil {
			all = append(all, variable.Unread{File: f, Names: names})
		}
	}
	return all
}

// beside are the env files of a folder that are called .env.local or env.shared or alike,
// but for those to copy and copies.
func (w *Workspace) beside(dir string) (paths []string) {
	if paths, known := w.shared[dir]; known {
		return paths
	}
	entries, _ := os.ReadDir(dir) // without them there is nothing to tell
	for _, e := range entries {
		if name := e.Name(); compose.IsEnvFile(name) && !strings.HasSuffix(name, ".env") && !compose.IsCopy(name) && e.Type().IsRegular() {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	if w.shared == nil {
		w.shared = map[string][]string{}
	}
	w.shared[dir] = paths
	return paths
}
