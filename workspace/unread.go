package workspace

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/source"
)

// sharedName matches the names under which people keep env files beside a compose file,
// besides the .env that Compose reads.
var sharedName = regexp.MustCompile(`^(?:\.env|env)\..+$`)

// copyName matches, of those names, the ones of files to copy and of copies, which nobody
// reads as they are, and of programs.
var copyName = regexp.MustCompile(`(?i)[._-](?:examples?|samples?|dist|templates?|tpl|tmpl|defaults?|bak|backup|old|orig|save|sw[op]|enc|gpg|age|sops|[cm]?[jt]sx?|py|rb|go|sh|ya?ml|json|toml|md)(?:[._-]|$)|~$`)

// Unread are the env files of a project, sorted by path, that are not read but set what
// Compose or Portmoor would go by: of those that env_file names, and those beside its
// compose files that are called env.shared or .env.local or alike. Files outside the
// repository do not count.
func (w *Workspace) Unread(p *compose.Project) (all []variable.Unread) {
	reads := lists.Keys(p.Env.Files(), func(f variable.File) string { return f.File.Path })
	paths := lists.Only(slices.Concat(envFilesOf(p), beside(p.Dir)), func(path string) bool {
		return !reads[path] && !slices.Contains(p.Group.EnvFiles, path) && path != filepath.Join(p.Dir, ".env") && path != w.PortsEnvFile(p) && w.Bounds.Has(path)
	})
	slices.Sort(paths)
	if len(paths) == 0 {
		return nil
	}
	wanted := map[string]bool{StrategyVariable: true}
	for i := range p.Mappings {
		for _, name := range source.Variables(p.Mappings[i].HostPort.Text) {
			wanted[name] = true
		}
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

// beside are the env files of a folder, but for examples.
func beside(dir string) (paths []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if sharedName.MatchString(e.Name()) && !copyName.MatchString(e.Name()) && e.Type().IsRegular() {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

// envFilesOf are the env files that services get under env_file.
func envFilesOf(p *compose.Project) (paths []string) {
	for _, f := range p.Files {
		for _, doc := range f.Docs {
			for _, s := range source.Fields(source.Value(source.Root(doc), "services")) {
				for _, name := range names(source.Value(s.Value, "env_file")) {
					if !strings.ContainsAny(name, "$") {
						paths = append(paths, filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(name)))
					}
				}
			}
		}
	}
	return paths
}

// names are the paths of an env_file: one, or a list of paths and of mappings with one.
func names(n *yaml.Node) (all []string) {
	switch n = source.Deref(n); {
	case n == nil:
	case n.Kind == yaml.ScalarNode:
		return []string{n.Value}
	case n.Kind == yaml.SequenceNode:
		for _, entry := range n.Content {
			if path := source.Deref(source.Value(entry, "path")); path != nil {
				all = append(all, path.Value)
			} else if entry = source.Deref(entry); entry != nil && entry.Kind == yaml.ScalarNode {
				all = append(all, entry.Value)
			}
		}
	}
	return all
}
