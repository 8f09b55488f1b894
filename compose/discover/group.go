package discover

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/tree"
)

// ByEnvFile is the project that COMPOSE_FILE in a folder's .env names, or in the env
// files that take its place, as docker compose starts it when it is called in that
// folder, but not from below it.
func ByEnvFile(l *compose.Loader, dir string, envFiles ...string) (g compose.Group, named bool) {
	files := composeFile(dir, l.Env(envFiles...))
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
	_, link := os.Readlink(path)
	_, target := os.Stat(path)
	return link == nil && errors.Is(target, fs.ErrNotExist)
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

// composeFile is what COMPOSE_FILE in a folder's .env names, nil when unset.
func composeFile(dir string, env compose.Env) []string {
	list, ok := env.Lookup("COMPOSE_FILE")
	if !ok || list == "" {
		return nil
	}
	separator, ok := env.Lookup("COMPOSE_PATH_SEPARATOR")
	if !ok || separator == "" {
		separator = string(os.PathListSeparator)
	}
	var paths []string
	for p := range strings.SplitSeq(list, separator) {
		if p != "" {
			paths = append(paths, tree.Absolute(dir, filepath.FromSlash(p))[0])
		}
	}
	return paths
}
