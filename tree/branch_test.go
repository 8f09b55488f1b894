package tree

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// git runs Git in a folder, with no settings but ours.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestBranch: what Git itself says, in a repository, a folder of it, linked worktrees and
// where no branch is; nothing where there is none.
func TestBranch(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	main := filepath.Join(dir, "main")
	git(t, dir, "init", "-q", "-b", "trunk", main)
	if err := os.MkdirAll(filepath.Join(main, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := Branch(main); got != "trunk" {
		t.Errorf("before the first commit: %q", got)
	}
	git(t, main, "commit", "-q", "--allow-empty", "-m", "first")
	git(t, main, "worktree", "add", "-q", "-b", "feature/a", filepath.Join(dir, "linked"))
	git(t, main, "worktree", "add", "-q", "--detach", filepath.Join(dir, "detached"))
	for path, want := range map[string]string{
		main: "trunk", filepath.Join(main, "app"): "trunk", filepath.Join(dir, "linked"): "feature/a",
		filepath.Join(dir, "detached"): git(t, main, "rev-parse", "HEAD")[:7], dir: "", filepath.Join(dir, "none"): "",
	} {
		if got := Branch(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	for head, want := range map[string]string{"": "", "ref: refs/heads/.invalid\n": "", "nonsense\n": "", "ref: refs/bisect/x\n": "refs/bisect/x", "ref:refs/heads/x": "x"} {
		if err := os.WriteFile(filepath.Join(main, ".git", "HEAD"), []byte(head), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := Branch(main); got != want {
			t.Errorf("%q: %q, want %q", head, got, want)
		}
	}
}

// TestHooksFolder: what git rev-parse says, with and without core.hooksPath.
func TestHooksFolder(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	dir := Resolved(t.TempDir())
	main, linked := filepath.Join(dir, "main"), filepath.Join(dir, "linked")
	git(t, dir, "init", "-q", main)
	git(t, main, "commit", "-q", "--allow-empty", "-m", "first")
	git(t, main, "worktree", "add", "-q", linked)
	environ := map[string]string{"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
	check := func(at string, named bool) {
		t.Helper()
		want := Absolute(at, git(t, at, "rev-parse", "--git-path", "hooks"))[0]
		if got, is := HooksFolder(at, environ); got != want || is != named {
			t.Errorf("%s: %s %v, want %s %v", at, got, is, want, named)
		}
	}
	check(main, false)
	check(linked, false)
	git(t, main, "config", "core.hooksPath", ".husky")
	check(main, true)
	check(linked, true)
	git(t, main, "config", "core.hooksPath", filepath.Join(dir, "all"))
	check(linked, true)
}
