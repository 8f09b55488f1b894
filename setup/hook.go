package setup

import (
	"bytes"
	"path/filepath"
	"strings"

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
	case bytes.Contains(src, []byte("portmoor")):
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
	if strings.TrimSpace(last) != "repos:" || !endsWithHook(out) {
		return p.keep(path, "add this under repos:\n"+strings.TrimRight(preCommitHook, "\n"))
	}
	return p.write(path, src, out, "the hook is added")
}

// endsWithHook reports whether a configuration can be read, and its last
// repository is ours.
func endsWithHook(src []byte) bool {
	f := source.Parse(".pre-commit-config.yaml", src)
	if len(f.Docs) != 1 {
		return false
	}
	repos := source.Deref(source.Value(source.Root(f.Docs[0]), "repos"))
	if repos == nil || len(repos.Content) == 0 {
		return false
	}
	repo := source.Deref(source.Value(repos.Content[len(repos.Content)-1], "repo"))
	return repo != nil && repo.Value == "https://github.com/portmoor/portmoor"
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
