package setup

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/workspace"
)

// TestTargetsOfHostileNames: whatever a folder or a compose file is called, make runs the
// commands of the targets and nothing that a name says.
func TestTargetsOfHostileNames(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{
		"plain", "two words", "a$b", "a$(PROFILE:%=--profile %) $(ARGS)b", "a $(PROFILE$(shell touch $$PWNED)", "$(shell touch $$PWNED)",
		"a)$(shell touch $$PWNED)", "a#b", "a;touch $PWNED", "a'$(touch $PWNED)'", "a%b", "a,b", "-x",
		"a\n';touch $PWNED;'", "a\ntouch $$PWNED", "a\tb", // which get no targets
	} {
		dir, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		pwned := filepath.Join(dir, "pwned")
		for path, text := range map[string]string{
			filepath.Join("repo", ".git", "HEAD"):       "",
			filepath.Join("repo", "Makefile"):           "all:\n\t@true\n",
			filepath.Join("repo", name, "compose.yaml"): "services: {web: {image: x, ports: ['${WEB_HOST_PORT:-8080}:80']}}\n",
			filepath.Join("bin", "portmoor"):            "#!/bin/sh\npwd\n",
		} {
			path = filepath.Join(dir, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		root := filepath.Join(dir, "repo")
		w, _, err := workspace.Open(workspace.Request{Dir: root})
		if err != nil {
			t.Fatal(err)
		}
		files, err := Plan(root, w, Options{Make: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.After != nil {
				if err := os.WriteFile(f.Path, f.After, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		run := exec.CommandContext(t.Context(), "make", "ports-auto-detect", "ports-reset")
		run.Dir, run.Env = root, append(os.Environ(), "PWNED="+pwned, "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
		out, err := run.CombinedOutput()
		want := filepath.Join(root, name) + "\n"
		if plain := !strings.ContainsAny(name, "\n\t"); plain && (err != nil || strings.Count(string(out), want) < 2) || !plain && err == nil {
			t.Errorf("%q: %v\n%s", name, err, out)
		}
		if _, err := os.Stat(pwned); err == nil {
			t.Errorf("%q: make ran what the name says", name)
		}
	}
}
