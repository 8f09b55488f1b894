package rewrite

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/source"
)

// TestMirrorIsAFolder: the copy in which a project is verified is filled with the files
// of that project only. A run edits others too, and those lie elsewhere.
func TestMirrorIsAFolder(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", filepath.Join(tmp, "tmp"))
	if err := os.Mkdir(os.Getenv("TMPDIR"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(tmp, "a", "compose.yaml")
	src := []byte("services: {web: {image: x}}\n")
	m, err := newMirror(&compose.Project{Dir: filepath.Dir(path), Files: []*source.File{{Path: path, Src: src}}, Group: compose.Group{Files: []string{path}}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.remove()
	if _, err := m.load(map[string][]byte{path: src, filepath.Join(tmp, "b", "compose.yaml"): src}, nil, whole); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(entries) > 1 {
		t.Errorf("beside the copy there is now %v, %v", entries, err)
	}
}
