package tree

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/portmoor/portmoor/lists"
)

// Options say what is passed over besides what Git ignores. The zero value is
// nothing.
type Options struct {
	// Base is the folder that patterns are relative to, absolute.
	Base string
	// Ignore are gitignore patterns.
	Ignore []string
	// Environ is the environment of the process, which says where the settings of Git
	// are that a repository does not have itself; nil for none.
	Environ map[string]string
}

// passedOver are folders that hold other people's files.
var passedOver = []string{".git", "node_modules", "vendor"}

// Ignores knows which paths in a folder Git ignores, and which the options do.
type Ignores struct {
	root     string // that Git's patterns are relative to
	patterns []gitignore.Pattern
	base     string // that the options' are relative to
	options  gitignore.Matcher
}

// Above are the patterns of the folders above a folder, up to the root of the Git
// repository.
func Above(dir string, options Options) Ignores {
	ig := Ignores{root: Root(dir), base: options.Base, options: matcher(options.Ignore)}
	if Exists(filepath.Join(ig.root, ".git")) {
		for _, file := range excludes(ig.root, options.Environ) {
			ig.patterns = append(ig.patterns, ig.read(file, nil)...)
		}
	}
	for d := ig.root; d != dir; {
		ig = ig.Enter(d)
		below, _, _ := strings.Cut(strings.TrimPrefix(dir[len(d):], string(filepath.Separator)), string(filepath.Separator))
		d = filepath.Join(d, below)
	}
	return ig
}

// Matches reports the paths that gitignore patterns match, which are relative to
// base.
func Matches(base string, patterns []string) func(path string) bool {
	m := matcher(patterns)
	return func(path string) bool { return m.Match(parts(base, path), false) }
}

func matcher(patterns []string) gitignore.Matcher {
	parsed := lists.Map(patterns, func(p string) gitignore.Pattern { return gitignore.ParsePattern(p, nil) })
	return gitignore.NewMatcher(parsed)
}

// Enter adds the patterns of a folder's own .gitignore.
func (ig Ignores) Enter(dir string) Ignores {
	ig.patterns = append(slices.Clip(ig.patterns), ig.read(filepath.Join(dir, ".gitignore"), parts(ig.root, dir))...)
	return ig
}

// maxPatterns bounds the patterns of one file, each of which every path is held against.
const maxPatterns = 10_000

func (ig Ignores) read(path string, domain []string) []gitignore.Pattern {
	src, err := Read(path, MaxFile)
	if err != nil {
		return nil
	}
	var patterns []gitignore.Pattern
	for lines := bufio.NewScanner(bytes.NewReader(src)); lines.Scan() && len(patterns) < maxPatterns; {
		if line := strings.TrimRight(lines.Text(), "\r"); line != "" && line[0] != '#' {
			patterns = append(patterns, gitignore.ParsePattern(line, domain))
		}
	}
	return patterns
}

// Asked is for a folder that was asked for by name, also when Git ignores it.
func (ig Ignores) Asked(dir string) Ignores {
	if dir != ig.root && (ig.byGit(dir, true) || ig.options.Match(parts(ig.base, dir), true)) {
		ig.patterns = nil
	}
	return ig
}

// Folder reports a folder that nobody looks into: Git or the options ignore it, or
// it holds other people's files.
func (ig Ignores) Folder(path string) bool {
	return slices.Contains(passedOver, filepath.Base(path)) || ig.byGit(path, true) || ig.options.Match(parts(ig.base, path), true)
}

// OtherRepository reports a folder with a .git of its own: a worktree, a submodule or
// a clone, whose files are another branch's or somebody else's. Entries are what is in
// the folder. The one that a walk began in, or that it came from above, is none.
func (ig Ignores) OtherRepository(dir string, entries []os.DirEntry) bool {
	return dir != ig.root && slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == ".git" })
}

// Nested reports a file in another repository that is below a folder.
func Nested(base, path string) bool {
	for dir := filepath.Dir(path); len(dir) > len(base); dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
	}
	return false
}

// Git reports a file that Git ignores.
func (ig Ignores) Git(path string) bool { return ig.byGit(path, false) }

func (ig Ignores) byGit(path string, isDir bool) bool {
	return len(ig.patterns) > 0 && gitignore.NewMatcher(ig.patterns).Match(parts(ig.root, path), isDir)
}

// Options reports a file that the options ignore.
func (ig Ignores) Options(path string) bool { return ig.options.Match(parts(ig.base, path), false) }

func parts(base, path string) []string {
	rel, err := filepath.Rel(base, path)
	if err != nil || rel == "." {
		return nil
	}
	return strings.Split(filepath.ToSlash(rel), "/")
}

// GitIgnored reports whether Git ignores a file, so that a clean clone lacks it. The
// environment is that of Options.
func GitIgnored(path string, environ map[string]string) bool {
	dir := filepath.Dir(path)
	ig := Above(dir, Options{Base: dir, Environ: environ}).Enter(dir)
	for at := dir; len(parts(ig.root, at)) > 0 && at != filepath.Dir(at); at = filepath.Dir(at) {
		if ig.byGit(at, true) {
			return true // Git does not look into the folder, whatever brings back the file
		}
	}
	return ig.Git(path)
}

// Files visits every regular file below a folder that neither Git nor the
// options ignore, in the order of paths. It follows no links, and passes over other
// repositories and what it can't read.
func Files(dir string, options Options, visit func(path string, e os.DirEntry)) {
	files(dir, Above(dir, options).Asked(dir), visit)
}

func files(dir string, ig Ignores, visit func(path string, e os.DirEntry)) {
	entries, err := os.ReadDir(dir)
	if err != nil || ig.OtherRepository(dir, entries) {
		return
	}
	ig = ig.Enter(dir)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if !ig.Folder(path) {
				files(path, ig, visit)
			}
		case e.Type().IsRegular() && !ig.Git(path) && !ig.Options(path):
			visit(path, e)
		}
	}
}

// Ignored reports the paths that the options ignore by their patterns, or that are
// below such a folder.
func (o Options) Ignored() func(path string) bool {
	m := matcher(o.Ignore)
	return func(path string) bool {
		names := parts(o.Base, path)
		for i := 1; i < len(names); i++ {
			if m.Match(names[:i], true) {
				return true
			}
		}
		return m.Match(names, false)
	}
}
