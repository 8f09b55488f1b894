package compose

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/portmoor/portmoor/source"
)

// exampleName matches the names under which projects keep an env file to copy.
var exampleName = regexp.MustCompile(`^(\.?env[._-](example|sample|dist|template|default)|(example|sample|default)\.env)$`)

// Examples reads the example env files of a folder, sorted by name.
func (l *Loader) Examples(dir string) []EnvFile {
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
	var problems []source.Problem // an example that can't be read is no example
	return l.env(paths, unset, &problems).files
}

// GitIgnored reports whether Git ignores a file, so that a clean clone lacks it.
func GitIgnored(path string) bool {
	dir := filepath.Dir(path)
	return newIgnorer(dir, DiscoverOptions{Base: dir}).enter(dir).ignored(path, false)
}
