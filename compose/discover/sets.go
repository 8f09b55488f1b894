package discover

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tailscale/hujson"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover/commands"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// devcontainerFiles are where a development container is described, below a folder.
var devcontainerFiles = []string{".devcontainer.json", ".devcontainer/devcontainer.json", ".devcontainer/*/devcontainer.json", "devcontainer.json"}

// devcontainer is the set of files that a description of a development container has
// loaded together, the first of which is a project by itself. What can't be read for
// certain is none: a variable in a path, a file that is missing, ignored or outside
// the repository.
func (d *discoverer) devcontainer(path string) (set compose.Group, ok bool) {
	src, err := tree.Read(path, tree.MaxFile)
	if err != nil {
		return set, false
	}
	plain, err := hujson.Standardize(src)
	if err != nil {
		return set, false
	}
	var described struct {
		Files json.RawMessage `json:"dockerComposeFile"`
	}
	var files []string // one file alone is found by its name
	if json.Unmarshal(plain, &described) != nil || json.Unmarshal(described.Files, &files) != nil || len(files) < 2 {
		return set, false
	}
	if slices.ContainsFunc(files, func(f string) bool { return strings.Contains(f, "$") }) {
		return set, false
	}
	dir := filepath.Dir(path)
	set, ok = d.together(d.bound(dir), lists.Map(files, func(f string) string { return tree.Absolute(dir, filepath.FromSlash(f))[0] }))
	if ok {
		at := max(bytes.Index(src, []byte(`"dockerComposeFile"`)), 0)
		d.loads = append(d.loads, compose.Load{File: &source.File{Path: path, Src: src}, Span: lineAt(src, at), Files: set.Files})
	}
	return set, ok
}

// together is the set of some files of a repository, unless one is met twice or can't be
// read for certain.
func (d *discoverer) together(root string, files []string) (set compose.Group, ok bool) {
	for _, file := range files {
		if !d.usable(root, file) || slices.Contains(set.Files, file) {
			return set, false
		}
		set.Files = append(set.Files, file)
	}
	set.Dir, set.Overlay = filepath.Dir(set.Files[0]), true
	return set, true
}

// usable reports a file of a repository that can be read, and that the configuration
// does not ignore.
func (d *discoverer) usable(root, path string) bool {
	is, known := d.there[path]
	if !known {
		is = tree.Regular(path) == nil && !d.ignored(path)
		d.there[path] = is
	}
	return is && tree.Within(root, path)
}

// bound is the folder above which nothing belongs to the same repository.
func (d *discoverer) bound(dir string) string {
	if d.options.Base != "" && tree.Within(d.options.Base, dir) {
		return d.options.Base
	}
	return tree.Root(dir)
}

// setsAround are the sets that a folder's files may be in: what is described in the folder
// or above it. So the same sets count however a file is come by.
func (d *discoverer) setsAround(dir string) (sets []compose.Group) {
	for root, at := d.bound(dir), dir; ; at = filepath.Dir(at) {
		sets = append(sets, d.described(at)...)
		if at == root || at == filepath.Dir(at) {
			return sets
		}
	}
}

// described are the sets that are described in one folder, but not by a file that is
// ignored.
func (d *discoverer) described(dir string) []compose.Group {
	if sets, known := d.sets[dir]; known {
		return sets
	}
	names := d.describers(dir)
	var sets []compose.Group
	for _, pattern := range devcontainerFiles {
		if first, _, _ := strings.Cut(pattern, "/"); !slices.Contains(names, first) {
			continue
		}
		paths, _ := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		for _, path := range paths {
			if d.ignores(path) {
				continue
			}
			if set, ok := d.devcontainer(path); ok {
				sets = append(sets, set)
			}
		}
	}
	for _, below := range callersBelow {
		if first, _, _ := strings.Cut(below, "/"); first == "." || slices.Contains(names, first) {
			sets = append(sets, d.calledIn(filepath.Join(dir, filepath.FromSlash(below)))...)
		}
	}
	d.sets[dir] = sets
	return sets
}

// ignores reports a file that Git or the configuration ignores.
func (d *discoverer) ignores(path string) bool {
	in := filepath.Dir(path)
	return tree.Above(in, d.options.Options).Enter(in).Git(path) || d.ignored(path)
}

// describers are the names in a folder of what may describe sets.
func (d *discoverer) describers(dir string) []string {
	names, listed := d.describing[dir]
	if !listed {
		entries, _ := os.ReadDir(dir) // what can't be listed describes nothing
		names = describing(dir, entries)
		d.describing[dir] = names
	}
	return names
}

func describing(dir string, entries []os.DirEntry) (names []string) {
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.IsDir() && !slices.Contains([]string{".devcontainer", ".github", "scripts", "bin"}, name):
		case e.IsDir(), strings.HasSuffix(name, "devcontainer.json"), commands.Named(dir, name):
			names = append(names, name)
		}
	}
	return names
}

// inSets adds the sets that a folder's files are in, and returns the names of those
// that stand on others in none of them.
func (d *discoverer) inSets(dir string, names []string) (left []string) {
	if left = names; len(names) == 0 {
		return left
	}
	for _, set := range d.setsAround(dir) {
		here := func(n string) bool { return slices.Contains(set.Files, filepath.Join(dir, n)) }
		if !slices.ContainsFunc(names, here) {
			continue
		}
		left = slices.DeleteFunc(slices.Clone(left), func(n string) bool {
			path := filepath.Join(dir, n)
			return slices.Contains(set.Files[1:], path) && !d.runsAlone(path)
		})
		if key := "set " + strings.Join(set.Files, "\x00"); !d.seen[key] {
			d.seen[key] = true
			d.add(set)
		}
	}
	return left
}

// runsAlone reports a file that needs no other: it is a project besides those that it is
// a part of.
func (d *discoverer) runsAlone(path string) bool {
	f, err := d.loader.File(path)
	if err != nil {
		return false
	}
	bare, services := bareServices(f)
	return services && len(bare) == 0
}

// above is the project in a folder above one that has all of some services, the nearest;
// false where none has.
func (d *discoverer) above(dir string, services []string) (base compose.Group, found bool) {
	root := d.bound(dir)
	for at := dir; at != root && at != filepath.Dir(at); {
		at = filepath.Dir(at)
		if base, found = ByName(at); found && d.hasAll(base.Files[0], services) {
			return base, true
		}
	}
	return base, false
}

// hasAll reports whether a file has all of some services.
func (d *discoverer) hasAll(path string, services []string) bool {
	f, err := d.loader.File(path)
	if err != nil || d.options.Ignored()(path) {
		return false
	}
	has := map[string]bool{}
	for _, doc := range f.Docs {
		for _, s := range source.Fields(source.Value(source.Root(doc), "services")) {
			has[s.Key.Value] = true
		}
	}
	return !slices.ContainsFunc(services, func(s string) bool { return !has[s] })
}

// extends reports whether a service of a file extends another, whose path would be
// relative to who knows what.
func extends(f *source.File) bool {
	for _, doc := range f.Docs {
		for _, s := range source.Fields(source.Value(source.Root(doc), "services")) {
			if source.Value(s.Value, "extends") != nil {
				return true
			}
		}
	}
	return false
}

// onlyContext takes what was not asked for among the files of projects over several
// folders as context, and what was asked for never.
func (d *discoverer) onlyContext(asked func(path string) bool) {
	for i := range d.found.Groups {
		g := &d.found.Groups[i]
		g.Context = slices.DeleteFunc(g.Context, asked)
		for _, path := range g.Files {
			if g.Overlay && !asked(path) && !slices.Contains(g.Context, path) {
				g.Context = append(g.Context, path)
			}
		}
	}
}
