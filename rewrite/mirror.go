package rewrite

import (
	"errors"
	"path/filepath"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/tree"
)

// mirror is a copy of a project's files in a temporary folder.
type mirror struct {
	project *compose.Project
	root    string // the temporary folder
	base    string // the folder whose place it takes
}

func newMirror(p *compose.Project) (mirror, error) {
	m := mirror{project: p, base: p.Dir}
	files := map[string][]byte{}
	for _, f := range p.Files {
		for !tree.Within(m.base, f.Path) {
			m.base = filepath.Dir(m.base)
		}
		files[f.Path] = f.Src
	}
	for _, e := range p.Env.Files() {
		if tree.Within(m.base, e.File.Path) {
			files[e.File.Path] = nil // compose-go asks whether it exists
		}
	}
	relative := map[string][]byte{}
	for path, src := range files {
		relative[m.name(path)] = src
	}
	var err error
	m.root, err = writeTemporary(relative)
	return m, err
}

// name is what a file is called in the copy.
func (m mirror) name(path string) string {
	if rel, err := filepath.Rel(m.base, path); err == nil {
		return rel
	}
	return path
}

func (m mirror) path(path string) string { return filepath.Join(m.root, m.name(path)) }

func (m mirror) remove() { _ = removeTemporary(m.root) }

func (m mirror) load(content map[string][]byte, environ map[string]string, ports bool) (model, error) {
	files := map[string][]byte{}
	for _, f := range m.project.Files { // also those that the last content has changed
		if files[m.name(f.Path)] = f.Src; content[f.Path] != nil {
			files[m.name(f.Path)] = content[f.Path]
		}
	}
	if err := overwriteTemporary(m.root, files); err != nil {
		return model{}, errors.Join(errMirror, err)
	}
	return load(canonical.Input{Dir: m.path(m.project.Dir), Files: lists.Map(m.project.Group.Files, m.path), Environ: environ}, ports)
}

var errMirror = errors.New("can't copy the project to verify it")
