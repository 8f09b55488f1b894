package tree

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-git/gcfg"
	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
)

// excludes are the files of patterns that Git reads for a repository besides those
// called .gitignore, the last one wins: what core.excludesFile names in the settings of
// the machine, the user and the repository, and info/exclude.
func excludes(root string, environ map[string]string) []string {
	own, common := gitDirs(root)
	s := settings{environ: environ, dir: own, values: map[string]string{}}
	s.readAll(common)
	file, named := s.values["core.excludesfile"]
	if !named {
		if home := s.configHome(); home != "" {
			file = filepath.Join(home, "git", "ignore")
		}
	}
	files := []string{filepath.Join(common, "info", "exclude")}
	if file = s.path(file); file != "" {
		files = append(Absolute(root, file), files...)
	}
	return files
}

// gitDirs are the folder that Git keeps a checkout in, and the one that it shares with
// others: in a linked worktree and a submodule .git is a file that names the first.
func gitDirs(root string) (own, common string) {
	own = filepath.Join(root, ".git")
	if src, err := Read(own, MaxFile); err == nil {
		if dir, ok := strings.CutPrefix(strings.TrimSpace(string(src)), "gitdir:"); ok {
			own = Absolute(root, filepath.FromSlash(strings.TrimSpace(dir)))[0]
		}
	}
	common = own
	if src, err := Read(filepath.Join(own, "commondir"), MaxFile); err == nil {
		common = Absolute(own, filepath.FromSlash(strings.TrimSpace(string(src))))[0]
	}
	return own, common
}

// settings are what Git's configuration says, by section and key in lower case.
type settings struct {
	environ map[string]string
	dir     string // of the checkout
	values  map[string]string
}

// readAll reads every file of the configuration as Git does: the later one wins.
func (s settings) readAll(common string) {
	if off, _ := strconv.ParseBool(s.environ["GIT_CONFIG_NOSYSTEM"]); !off {
		s.read(cmp.Or(s.environ["GIT_CONFIG_SYSTEM"], "/etc/gitconfig"), 0)
	}
	if file, set := s.environ["GIT_CONFIG_GLOBAL"]; set {
		s.read(file, 0)
	} else {
		if home := s.configHome(); home != "" {
			s.read(filepath.Join(home, "git", "config"), 0)
		}
		s.read(s.path("~/.gitconfig"), 0)
	}
	s.read(filepath.Join(common, "config"), 0)
	if own, _ := strconv.ParseBool(s.values["extensions.worktreeconfig"]); own {
		s.read(filepath.Join(s.dir, "config.worktree"), 0)
	}
	count, _ := strconv.Atoi(s.environ["GIT_CONFIG_COUNT"])
	for i := range min(count, 1000) {
		if key, set := s.environ[fmt.Sprint("GIT_CONFIG_KEY_", i)]; set {
			s.values[strings.ToLower(key)] = s.environ[fmt.Sprint("GIT_CONFIG_VALUE_", i)]
		}
	}
}

// read reads one file and those that it includes, as deep as Git does. What can't be
// read says nothing.
func (s settings) read(file string, depth int) {
	const deepest = 10
	if file == "" || depth > deepest {
		return
	}
	src, err := Read(file, MaxFile)
	if err != nil {
		return
	}
	before := maps.Clone(s.values)
	defer func() {
		if recover() != nil { // the library gave up on the text
			clear(s.values)
			maps.Copy(s.values, before)
		}
	}()
	_ = gcfg.ReadWithCallback(bytes.NewReader(src), func(section, sub, key, value string, _ bool) error {
		switch section, key = strings.ToLower(section), strings.ToLower(key); {
		case key == "path" && (section == "include" && sub == "" || section == "includeif" && s.holds(sub, file)):
			if path := s.path(value); path != "" {
				s.read(Absolute(filepath.Dir(file), path)[0], depth+1)
			}
		case sub == "" && key != "":
			s.values[section+"."+key] = value
		}
		return nil
	})
}

// holds reports that a condition of a file's includes holds: that the checkout is kept
// somewhere. Others, such as its branch, do not.
func (s settings) holds(condition, file string) bool {
	pattern, ok := strings.CutPrefix(condition, "gitdir:")
	dir := s.dir
	if !ok {
		if pattern, ok = strings.CutPrefix(condition, "gitdir/i:"); !ok {
			return false
		}
		pattern, dir = strings.ToLower(pattern), strings.ToLower(dir)
	}
	switch rest, here := strings.CutPrefix(pattern, "./"); {
	case here:
		pattern = filepath.ToSlash(filepath.Dir(file)) + "/" + rest
	case strings.HasPrefix(pattern, "~/"):
		pattern = filepath.ToSlash(s.path(pattern)) + strings.Repeat("/", len(pattern)-len(strings.TrimRight(pattern, "/")))
	case !filepath.IsAbs(pattern):
		pattern = "**/" + pattern
	}
	if strings.HasSuffix(pattern, "/") {
		pattern += "**"
	}
	p, below := gitignore.ParsePattern(pattern, nil), strings.HasSuffix(pattern, "/**")
	within := func(dir string) bool { return p.Match(parts("/", filepath.ToSlash(dir)), true) == gitignore.Exclude }
	matches := func(dir string) bool { return within(dir) && (below || !within(filepath.Dir(dir))) } // the whole of it
	resolved, err := filepath.EvalSymlinks(s.dir)
	return matches(dir) || err == nil && matches(resolved)
}

// path is a path of the configuration, "" for none: ~/ is the user's folder. The folder
// of another user is not known.
func (s settings) path(value string) string {
	rest, below := strings.CutPrefix(value, "~/")
	home := cmp.Or(s.environ["HOME"], s.environ["USERPROFILE"])
	switch {
	case below && home != "":
		return filepath.Join(home, filepath.FromSlash(rest))
	case strings.HasPrefix(value, "~"):
		return ""
	}
	return filepath.FromSlash(value)
}

// configHome is the folder of the user's settings, "" for none.
func (s settings) configHome() string {
	return cmp.Or(s.environ["XDG_CONFIG_HOME"], s.path("~/.config"))
}

// Worktrees are the folders of the other checkouts that share a repository with that of a
// folder, the root of one, without links; linked reports that this one is a linked
// worktree, whose .git is a file. A submodule is none.
func Worktrees(root string) (linked bool, others []string) {
	own, common := gitDirs(root)
	if linked = own != common; linked && filepath.Base(common) == ".git" {
		others = append(others, filepath.Dir(common))
	}
	entries, _ := os.ReadDir(filepath.Join(common, "worktrees")) // without it there are none
	for _, e := range entries {
		src, err := Read(filepath.Join(common, "worktrees", e.Name(), "gitdir"), MaxFile)
		if err != nil {
			continue
		}
		dotGit := Absolute(filepath.Join(common, "worktrees", e.Name()), filepath.FromSlash(strings.TrimSpace(string(src))))[0]
		if !Same(filepath.Dir(dotGit), root) {
			others = append(others, Resolved(filepath.Dir(dotGit)))
		}
	}
	return linked, others
}
