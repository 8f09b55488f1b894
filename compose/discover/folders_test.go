package discover

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBelow: the nearest first, no folder of others, and no deeper than three.
func TestBelow(t *testing.T) {
	dir := t.TempDir()
	touch := func(path string) {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{
		"z/compose.yaml", "a/b/docker-compose.yml", "a/b/c/compose.yml", "a/b/c/d/compose.yaml", "clone/.git/HEAD", "clone/compose.yaml",
		"node_modules/x/compose.yaml", ".hidden/compose.yaml", "compose.yaml", "a/other.yaml", "a/compose.yaml/x",
	} {
		touch(path)
	}
	var got []string
	for _, found := range Below(dir) {
		rel, err := filepath.Rel(dir, found)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, filepath.ToSlash(rel))
	}
	if diff := cmp.Diff([]string{"clone", "z", "a/b", "a/b/c"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Below(filepath.Join(dir, "nowhere")); got != nil {
		t.Errorf("of no folder: %q", got)
	}
	for i := range belowFolders {
		if err := os.Mkdir(filepath.Join(dir, fmt.Sprint("many", i)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got := Below(dir); len(got) != 1 {
		t.Errorf("behind many folders: %q", got)
	}
}
