package compose

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
)

// ignorer knows which paths Git ignores, and which the configuration does.
type ignorer struct {
	root     string // that Git's patterns are relative to
	patterns []gitignore.Pattern
	base     string // that the configuration's are relative to
	config   gitignore.Matcher
}

// newIgnorer starts at a folder with the patterns of the folders above it, up
// to the root of the Git repository.
func newIgnorer(dir string, options DiscoverOptions) ignorer {
	ig := ignorer{root: gitRoot(dir), base: options.Base, config: matcher(options.Ignore)}
	ig.patterns = ig.read(filepath.Join(ig.root, ".git", "info", "exclude"), nil)
	for d := ig.root; d != dir; {
		ig = ig.enter(d)
		below, _, _ := strings.Cut(strings.TrimPrefix(dir[len(d):], string(filepath.Separator)), string(filepath.Separator))
		d = filepath.Join(d, below)
	}
	return ig
}

func matcher(patterns []string) gitignore.Matcher {
	var parsed []gitignore.Pattern
	for _, p := range patterns {
		parsed = append(parsed, gitignore.ParsePattern(p, nil))
	}
	return gitignore.NewMatcher(parsed)
}

// gitRoot is the nearest folder above that holds .git, else dir itself.
func gitRoot(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Lstat(filepath.Join(d, ".git")); err == nil {
			return d
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}

// enter adds the patterns of a folder's own .gitignore.
func (ig ignorer) enter(dir string) ignorer {
	ig.patterns = append(slices.Clip(ig.patterns), ig.read(filepath.Join(dir, ".gitignore"), parts(ig.root, dir))...)
	return ig
}

func (ig ignorer) read(path string, domain []string) []gitignore.Pattern {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var patterns []gitignore.Pattern
	for lines := bufio.NewScanner(bytes.NewReader(src)); lines.Scan(); {
		if line := strings.TrimRight(lines.Text(), "\r"); line != "" && line[0] != '#' {
			patterns = append(patterns, gitignore.ParsePattern(line, domain))
		}
	}
	return patterns
}

// named is for a folder that was asked for by name, also when Git ignores it.
func (ig ignorer) named(dir string) ignorer {
	if dir != ig.root && ig.ignored(dir, true) {
		ig.patterns = nil
	}
	return ig
}

// ignored reports whether Git or the configuration ignores a path.
func (ig ignorer) ignored(path string, isDir bool) bool {
	if len(ig.patterns) > 0 && gitignore.NewMatcher(ig.patterns).Match(parts(ig.root, path), isDir) {
		return true
	}
	return isDir && ig.config.Match(parts(ig.base, path), true)
}

// excluded reports whether the configuration ignores a file.
func (ig ignorer) excluded(path string) bool { return ig.config.Match(parts(ig.base, path), false) }

func parts(base, path string) []string {
	rel, err := filepath.Rel(base, path)
	if err != nil || rel == "." {
		return nil
	}
	return strings.Split(filepath.ToSlash(rel), "/")
}

// Files visits every regular file below a folder that neither Git nor the
// options ignore, in the order of paths. It follows no links, and passes over
// what it can't read.
func Files(dir string, options DiscoverOptions, visit func(path string, e os.DirEntry)) {
	files(dir, newIgnorer(dir, options).named(dir), visit)
}

func files(dir string, ig ignorer, visit func(path string, e os.DirEntry)) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	ig = ig.enter(dir)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if !slices.Contains(passedOver, e.Name()) && !ig.ignored(path, true) {
				files(path, ig, visit)
			}
		case e.Type().IsRegular() && !ig.ignored(path, false) && !ig.excluded(path):
			visit(path, e)
		}
	}
}

// Ignored reports the paths that options ignore by their patterns, or that are
// below such a folder.
func Ignored(options DiscoverOptions) func(path string) bool {
	m := matcher(options.Ignore)
	return func(path string) bool {
		names := parts(options.Base, path)
		for i := 1; i < len(names); i++ {
			if m.Match(names[:i], true) {
				return true
			}
		}
		return m.Match(names, false)
	}
}
