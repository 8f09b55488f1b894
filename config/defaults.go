package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/pattern"
)

const header = "# Settings of portmoor, which keeps the host ports of this repository in order."

// SetDefaults returns the file src with entries of defaults set: project
// folder, then service:container, then the host text to restore. What is in
// the file already stays; every byte that is not part of a new or changed
// value is as in src, and src itself is never modified. An empty src becomes
// a file. An error says that src is not a valid file, or that the entries
// can't be written into it so that they read back.
func SetDefaults(src []byte, defaults map[string]map[string]string) ([]byte, error) {
	want, err := Parse("", src)
	if err != nil {
		return nil, err
	}
	old := want.Defaults
	want.Defaults = overlay(old, defaults)
	if reflect.DeepEqual(want.Defaults, old) {
		return bytes.Clone(src), nil
	}
	return add(src, entries(defaults), want)
}

// SetStrategy returns the file src, which has no strategy, with one; otherwise it is
// as [SetDefaults].
func SetStrategy(src []byte, strategy string) ([]byte, error) {
	want, err := Parse("", src)
	if err != nil {
		return nil, err
	}
	want.Strategy = strategy
	return add(src, entry{key: "strategy", value: strategy}, want)
}

// SetBaseline returns the file src, which has no baseline, with one; otherwise it is as
// [SetDefaults].
func SetBaseline(src []byte, path string) ([]byte, error) {
	want, err := Parse("", src)
	if err != nil {
		return nil, err
	}
	want.Baseline = path
	return add(src, entry{key: "baseline", value: path}, want)
}

// AddEnvFiles returns the file src with more env files, behind those that it has; otherwise
// it is as [SetDefaults]. An error also says that the list is not one that can be added to.
func AddEnvFiles(src []byte, paths []string) ([]byte, error) {
	want, err := Parse("", src)
	if err != nil {
		return nil, err
	}
	if len(want.EnvFiles) > 0 {
		return nil, errors.New("env_files can't be added: the list has files already")
	}
	want.EnvFiles = paths
	out := bytes.Clone(src)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	list, err := json.Marshal(paths) // a list of YAML too
	if err != nil {
		return nil, err
	}
	if plain := strings.Join(paths, ", "); plainList().MatchString(plain) {
		list = []byte("[" + plain + "]")
	}
	return readBack("env_files", fmt.Appendf(out, "env_files: %s\n", list), want)
}

// plainList is a list that needs no quotes.
var plainList = pattern.Lazy(`^[A-Za-z_.][\w./-]*(?:, [A-Za-z_.][\w./-]*)*$`)

// SetProjects returns the file src, which has no projects, with some; otherwise it is as
// [SetDefaults].
func SetProjects(src []byte, projects []Project) ([]byte, error) {
	want, err := Parse("", src)
	if err != nil || len(projects) == 0 {
		return bytes.Clone(src), err
	}
	want.Projects = projects
	list := func(all []string) string {
		quoted := make([]string, len(all))
		for i, text := range all {
			quoted[i] = quote(text, 0)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	lines := []string{"projects: # as the commands of the repository load them"}
	for _, p := range projects {
		lines = append(lines, "  - files: "+list(p.Files))
		if p.Name != "" {
			lines = append(lines, "    name: "+quote(p.Name, 0))
		}
		if p.EnvFiles != nil {
			lines = append(lines, "    env_files: "+list(p.EnvFiles))
		}
	}
	s := newSplicer(src)
	if s.root != nil && s.flow(s.root) {
		return nil, errors.New("projects can't be added to a mapping in braces")
	}
	s.append(lines)
	out, err := s.splice()
	if err != nil {
		return nil, err
	}
	return readBack("projects", out, want)
}

// add is a file with an entry set, which has to say what is wanted.
func add(src []byte, e entry, want Config) ([]byte, error) {
	out, err := newSplicer(src).set(e)
	if err != nil {
		return nil, err
	}
	return readBack(e.key, out, want)
}

// readBack is a file that has to say what is wanted.
func readBack(key string, out []byte, want Config) ([]byte, error) {
	got, err := Parse("", out)
	if err != nil {
		return nil, fmt.Errorf("%s can't be added: %w", key, err)
	}
	want.Src = got.Src
	if !reflect.DeepEqual(got, want) {
		return nil, fmt.Errorf("%s can't be added: it could not be read back", key)
	}
	return out, nil
}

// overlay is old with the entries of added set; both stay as they are.
func overlay(old, added map[string]map[string]string) map[string]map[string]string {
	all := maps.Clone(old)
	for folder, values := range added {
		if len(values) == 0 {
			continue
		}
		both := map[string]string{}
		maps.Copy(both, old[folder])
		maps.Copy(both, values)
		if all == nil {
			all = map[string]map[string]string{}
		}
		all[folder] = both
	}
	return all
}

// entry is a key to be set to a value, or to a mapping.
type entry struct {
	key   string
	value string
	sub   []entry // nil when the entry has a value
}

// entries is all that is to be set, sorted.
func entries(defaults map[string]map[string]string) entry {
	all := entry{key: "defaults"}
	for _, folder := range slices.Sorted(maps.Keys(defaults)) {
		project := entry{key: folder}
		for _, key := range slices.Sorted(maps.Keys(defaults[folder])) {
			project.sub = append(project.sub, entry{key: key, value: defaults[folder][key]})
		}
		if project.sub != nil {
			all.sub = append(all.sub, project)
		}
	}
	return all
}
