package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose/corpustest"
)

// TestCorpus migrates a copy of every real repository. What --write leaves on
// disk must be what git makes of the diff that was shown before, a second run
// must change nothing, and the way to dynamic and back must end where it began.
func TestCorpus(t *testing.T) {
	written, patched := copyCorpus(t), copyCorpus(t)
	original := treeOf(t, written)

	t.Chdir(patched)
	_, diff, _ := run("portmoor", "migrate", "--strategy", "hybrid", ".")
	if n := strings.Count(diff, "\n+++ "); n < 300 {
		t.Fatalf("the diff has only %d files", n)
	}
	apply := exec.CommandContext(t.Context(), "git", "apply", "--whitespace=nowarn", "-")
	apply.Stdin = strings.NewReader(diff)
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v: %s", err, out)
	}

	t.Chdir(written)
	_, out, errs := run("portmoor", "migrate", "--strategy", "hybrid", "--write", ".")
	if out != "" {
		t.Errorf("printed: %.300s", out)
	}
	lines := strings.Split(strings.TrimSpace(errs), "\n")
	t.Log(lines[len(lines)-1])
	hybrid := treeOf(t, written)
	compareTrees(t, "the diff and what is written", treeOf(t, patched), hybrid)

	run("portmoor", "migrate", "--strategy", "hybrid", "--write", ".")
	compareTrees(t, "the first and the second run", hybrid, treeOf(t, written))

	run("portmoor", "migrate", "--strategy", "dynamic", "--write", ".")
	dynamic := treeOf(t, written)
	if len(dynamic) != len(original)+1 {
		t.Errorf("%d files became %d: only the configuration should be new", len(original), len(dynamic))
	}
	run("portmoor", "migrate", "--strategy", "hybrid", "--write", ".")
	back := treeOf(t, written)
	delete(back, ".portmoor.yaml")
	compareTrees(t, "hybrid before and after dynamic", hybrid, back)
}

func compareTrees(t *testing.T, what string, a, b map[string]string) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%s: %d and %d files", what, len(a), len(b))
	}
	for path := range a {
		if a[path] != b[path] {
			t.Errorf("%s differ in %s", what, path)
		}
	}
}

func treeOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		src, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// copyCorpus copies the folder of real compose files; it must be there in CI.
func copyCorpus(t *testing.T) string {
	t.Helper()
	from := corpustest.Dir(t)
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}
