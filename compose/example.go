package compose

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/portmoor/portmoor/compose/variable"
)

// exampleName matches the names under which projects keep an env file to copy.
var exampleName = regexp.MustCompile(`^(\.?env[._-](example|sample|dist|template|default)|(example|sample|default)\.env)$`)

// Examples reads the example env files of a folder, sorted by name.
func (l *Loader) Examples(dir string) []variable.File {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var paths []string
	for _, e := range entries {
		if exampleName.MatchString(e.Name()) && !e.IsDir() {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(paths)
	return l.Env(paths...).files
}
