package discover

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/tree"
)

// byEnvFile is the project that COMPOSE_FILE in a folder's .env names, as docker
// compose starts it when it is called in that folder, but not from below it.
func byEnvFile(l *compose.Loader, dir string) (g compose.Group, named bool) {
	files := slices.DeleteFunc(Listed(dir, l.Env(filepath.Join(dir, ".env")).Lookup), func(f string) bool { return f == "" })
	if len(files) == 0 {
		return compose.Group{}, false
	}
	g = compose.Group{Dir: filepath.Dir(files[0]), Files: files}
	if g.Dir != dir { // whose own is read too
		g.EnvFiles = slices.DeleteFunc([]string{filepath.Join(g.Dir, ".env"), filepath.Join(dir, ".env")}, func(f string) bool { return tree.Regular(f) != nil })
	}
	return g, true
}

// ByName is the project that docker compose finds in a folder by the names of
// its files, with an override file.
func ByName(dir string) (g compose.Group, found bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return compose.Group{}, false
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	g, _ = standard(dir, names)
	return g, len(g.Files) > 0
}

// standard is the project that docker compose finds in a folder by itself,
// and the names that are left. It passes over links that lead nowhere.
func standard(dir string, names []string) (compose.Group, []string) {
	g := compose.Group{Dir: dir}
	for _, list := range [][]string{canonicalNames, overrideNames} {
		i := slices.IndexFunc(list, func(n string) bool { return slices.Contains(names, n) && !dangling(filepath.Join(dir, n)) })
		if i < 0 {
			return g, names
		}
		g.Files = append(g.Files, filepath.Join(dir, list[i]))
		names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == list[i] })
	}
	return g, names
}

// dangling reports a link to what is not there.
func dangling(path string) bool {
	if _, err := os.Readlink(path); err != nil {
		return false
	}
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// Standard reports whether docker compose starts a folder's project from a file:
// it has the first of Compose's names that are in the folder.
func Standard(path string) bool {
	first := slices.IndexFunc(canonicalNames, func(n string) bool {
		_, err := os.Stat(filepath.Join(filepath.Dir(path), n))
		return err == nil
	})
	return first >= 0 && canonicalNames[first] == filepath.Base(path)
}

// Named reports the name of a compose file, in any case, and of one that docker compose
// starts from.
func Named(path string) (compose, base bool) {
	name := strings.ToLower(filepath.Base(path))
	return composeName().MatchString(name), slices.Contains(canonicalNames, name)
}

// Listed are the files that COMPOSE_FILE names, as docker compose reads it: of variables
// that are set in two places the first one counts, also where it is empty. A relative one
// stands in a folder, and one without a name, which docker compose refuses, is "". It is nil
// where the variable is not set.
func Listed(dir string, lookup func(string) (string, bool)) (paths []string) {
	list, ok := lookup("COMPOSE_FILE")
	if !ok {
		return nil
	}
	separator, _ := lookup("COMPOSE_PATH_SEPARATOR")
	for p := range strings.SplitSeq(list, cmp.Or(separator, string(os.PathListSeparator))) {
		if p != "" {
			p = tree.Absolute(dir, filepath.FromSlash(p))[0]
		}
		paths = append(paths, p)
	}
	return paths
}
