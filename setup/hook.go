package setup

import (
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/source"
)

const preCommitHook = `  - repo: https://github.com/portmoor/portmoor
    rev: main
    hooks:
      - id: portmoor-lint
`

// hook adds the hook to pre-commit's configuration, whose last key has to be its list
// of repositories for that.
func (p *planner) hook() error {
	path := filepath.Join(p.root, ".pre-commit-config.yaml")
	src, err := p.read(path)
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(repositories(src), isOurs):
		return p.keep(path, "has the hook already")
	case src == nil:
		return p.write(path, nil, []byte("repos:\n"+preCommitHook), "written")
	}
	last := ""
	for line := range strings.Lines(string(src)) {
		if line[0] != ' ' && line[0] != '-' && line[0] != '#' && strings.TrimSpace(line) != "" {
			last = strings.TrimRight(line, "\r\n")
		}
	}
	out := append(ended(src), indentAs(src, preCommitHook)...)
	if repos := repositories(out); strings.TrimSpace(last) != "repos:" || len(repos) == 0 || !isOurs(repos[len(repos)-1]) {
		return p.keep(path, "add this under repos:\n"+strings.TrimRight(preCommitHook, "\n"))
	}
	return p.write(path, src, out, "the hook is added")
}

// repositories are the entries of a configuration of pre-commit, nil where it can't be
// read.
func repositories(src []byte) []*yaml.Node {
	f := source.Parse(".pre-commit-config.yaml", src)
	if len(f.Docs) != 1 {
		return nil
	}
	if repos := source.Deref(source.Value(source.Root(f.Docs[0]), "repos")); repos != nil {
		return repos.Content
	}
	return nil
}

// isOurs reports a repository that has a hook of Portmoor, be it our own or a local one.
func isOurs(repo *yaml.Node) bool {
	if name := source.Deref(source.Value(repo, "repo")); name != nil && strings.HasSuffix(strings.TrimSuffix(name.Value, ".git"), "/portmoor") {
		return true
	}
	hooks := source.Deref(source.Value(repo, "hooks"))
	return hooks != nil && slices.ContainsFunc(hooks.Content, func(hook *yaml.Node) bool {
		id := source.Deref(source.Value(hook, "id"))
		return id != nil && strings.HasPrefix(id.Value, "portmoor")
	})
}

// indentAs indents lines as the first entry of a list in a text is.
func indentAs(src []byte, text string) string {
	for line := range strings.Lines(string(src)) {
		if entry := strings.TrimLeft(line, " "); strings.HasPrefix(entry, "- repo:") {
			pad := line[:len(line)-len(entry)]
			return pad + strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(text, "  "), "\n"), "\n  ", "\n"+pad) + "\n"
		}
	}
	return text
}
