package setup

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/workspace"
)

// TestHookOfHostileNames: whatever folders are called, the hook runs portmoor in them and
// nothing that a name says, and ends well.
func TestHookOfHostileNames(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	for _, name := range []string{
		"plain", "two words", "a$b", "a`touch $PWNED`", "a\"; touch $PWNED; \"", "a'$(touch $PWNED)'", "a%s%d", "-x", "a$'b",
		"a\n';touch $PWNED;'", "a\ntouch $PWNED",
	} {
		dir, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		pwned, root := filepath.Join(dir, "pwned"), filepath.Join(dir, "repo")
		for path, text := range map[string]string{
			filepath.Join("repo", ".git", "HEAD"):                  "",
			filepath.Join("repo", name, "compose.yaml"):            "services: {web: {image: x, ports: ['${WEB_HOST_PORT:-8080}:80']}}\n",
			filepath.Join("repo", "plain too", "compose.yaml"):     "services: {web: {image: x, ports: ['${WEB_HOST_PORT:-8080}:80']}}\n",
			filepath.Join("worktree", ".git"):                      "gitdir: ../repo/.git\n",
			filepath.Join("worktree", name, "compose.yaml"):        "",
			filepath.Join("worktree", "plain too", "compose.yaml"): "",
			filepath.Join("bin", "portmoor"):                       "#!/bin/sh\npwd\nexit 3\n",
		} {
			path = filepath.Join(dir, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		w, _, err := workspace.Open(workspace.Request{Dir: root, Git: map[string]string{}})
		if err != nil {
			t.Fatal(err)
		}
		files, err := Plan(root, w, Options{Worktree: true})
		if err != nil {
			t.Fatal(err)
		}
		hook := files[len(files)-1]
		if hook.After == nil {
			t.Fatalf("%q: %s", name, hook.Said)
		}
		run := exec.CommandContext(t.Context(), sh, "-c", string(hook.After), "hook", strings.Repeat("0", 40), strings.Repeat("a", 40), "1")
		run.Dir, run.Env = filepath.Join(dir, "worktree"), append(os.Environ(), "PWNED="+pwned, "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
		out, err := run.CombinedOutput()
		posix := !strings.Contains(name, "\n") && !strings.Contains(name, "$'")
		if got := strings.Contains(string(out), filepath.Join(dir, "worktree", name)+"\n"); err != nil || got != posix || !strings.Contains(string(out), "plain too\n") {
			t.Errorf("%q: %v\n%s", name, err, out)
		}
		if _, err := os.Stat(pwned); err == nil {
			t.Errorf("%q: the hook ran what the name says", name)
		}
	}
}
