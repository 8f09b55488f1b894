package rewrite

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/compose"
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
		for !within(m.base, f.Path) {
			m.base = filepath.Dir(m.base)
		}
		files[f.Path] = f.Src
	}
	for _, e := range p.Env.Files() {
		if within(m.base, e.File.Path) {
			files[e.File.Path] = nil // compose-go asks whether it exists
		}
	}
	relative := map[string][]byte{}
	for path, src := range files {
		rel, err := filepath.Rel(m.base, path)
		if err != nil {
			return m, err
		}
		relative[rel] = src
	}
	var err error
	m.root, err = writeTemporary(relative)
	return m, err
}

func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func (m mirror) path(path string) string {
	rel, err := filepath.Rel(m.base, path)
	if err != nil {
		return path
	}
	return filepath.Join(m.root, rel)
}

func (m mirror) remove() { _ = removeTemporary(m.root) }

func (m mirror) load(content map[string][]byte, environ map[string]string) (*types.Project, error) {
	files := map[string][]byte{}
	for path, src := range content {
		files[m.path(path)] = src
	}
	if err := overwriteTemporary(files); err != nil {
		return nil, errors.Join(errMirror, err)
	}
	in := compose.ModelInput{Dir: m.path(m.project.Dir), Environ: environ}
	for _, f := range m.project.Group.Files {
		in.Files = append(in.Files, m.path(f))
	}
	return compose.LoadModel(in)
}

var errMirror = errors.New("can't copy the project to verify it")
