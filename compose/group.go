package compose

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/source"
)

// ByEnvFile is the project that COMPOSE_FILE in a folder's .env names, as docker
// compose starts it when it is called in that folder, but not from below it.
func (l *Loader) ByEnvFile(dir string) (g Group, named bool) {
	var problems []source.Problem // which loading the project says
	file := filepath.Join(dir, ".env")
	files := composeFile(dir, l.env([]string{file}, unset, &problems))
	if len(files) == 0 {
		return Group{}, false
	}
	g = Group{Dir: filepath.Dir(files[0]), Files: files}
	if g.Dir != dir { // whose own is read too
		g.EnvFiles = slices.DeleteFunc([]string{filepath.Join(g.Dir, ".env"), file}, func(f string) bool { return regular(f) != nil })
	}
	return g, true
}

// ByName is the project that docker compose finds in a folder by the names of
// its files, with an override file.
func ByName(dir string) (g Group, found bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Group{}, false
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
func standard(dir string, names []string) (Group, []string) {
	g := Group{Dir: dir}
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
