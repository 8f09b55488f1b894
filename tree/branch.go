package tree

import (
	"path/filepath"
	"strings"
)

// Branch is the branch that the checkout of a path is on, the beginning of the commit
// where it is on none, and "" where there is no telling: in no Git repository, or in
// one that somebody else's rights hide. Git itself is not run.
func Branch(path string) string {
	own, _ := gitDirs(Root(path))
	head, err := Read(filepath.Join(own, "HEAD"), MaxFile)
	if err != nil {
		return ""
	}
	text := strings.TrimSpace(string(head))
	ref, symbolic := strings.CutPrefix(text, "ref:")
	switch ref = strings.TrimSpace(ref); {
	case symbolic && ref == "refs/heads/.invalid": // of a repository that keeps its refs in tables
		return ""
	case symbolic:
		return strings.TrimPrefix(ref, "refs/heads/")
	case len(text) < 40 || strings.Trim(text, "0123456789abcdef") != "":
		return ""
	}
	return text[:7]
}

// HooksFolder is where Git looks for the hooks of a checkout: what core.hooksPath names,
// else the folder that a repository shares with its worktrees. Named reports the first.
func HooksFolder(path string, environ map[string]string) (folder string, named bool) {
	root := Root(path)
	own, common := gitDirs(root)
	s := settings{environ: environ, dir: own, values: map[string]string{}}
	s.readAll(common)
	if value, set := s.values["core.hookspath"]; set && s.path(value) != "" {
		return Absolute(root, s.path(value))[0], true
	}
	return filepath.Join(common, "hooks"), false
}
