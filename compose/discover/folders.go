package discover

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The bounds of [Below]: whoever stands in a home folder is not made to wait.
const (
	belowDepth   = 3
	belowFolders = 2000
	belowFound   = 20
)

// Below are the folders below a folder in which docker compose would find a project by
// itself, the nearest first and then by name; nil for none. It looks three folders deep,
// also into other repositories, and at no more than so many folders: it is for a hint, and
// what it does not find may be there.
func Below(dir string) (found []string) {
	level := []string{dir}
	for looked, depth := 0, 0; depth < belowDepth; depth++ {
		var next []string
		for _, in := range level {
			if looked++; looked > belowFolders {
				return found
			}
			entries, _ := os.ReadDir(in) // what can't be read has nothing to offer
			for _, e := range entries {
				if name := e.Name(); e.IsDir() && !strings.HasPrefix(name, ".") && !slices.Contains(notLooked, name) {
					next = append(next, filepath.Join(in, name))
				}
			}
		}
		for _, in := range next {
			if looked++; looked > belowFolders {
				return found
			}
			if _, there := ByName(in); there {
				if found = append(found, in); len(found) == belowFound {
					return found
				}
			}
		}
		level = next
	}
	return found
}

// Called are the files of a folder that have a compose file's name, and that docker compose
// does not find by itself, such as docker-compose.prod.yml; sorted, nil for none.
func Called(dir string) (paths []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !e.IsDir() && composeName().MatchString(e.Name()) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

// notLooked are folders of which nobody means the compose files.
var notLooked = []string{"node_modules", "vendor", "site-packages", "testdata"}
