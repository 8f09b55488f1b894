package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestPreCommit runs the hooks with the real pre-commit in a repository made
// for it. The hooks are those of .pre-commit-hooks.yaml, run from a copy of this
// one; only the language is changed, since the one program is built already.
func TestPreCommit(t *testing.T) {
	if _, err := exec.LookPath("pre-commit"); err != nil {
		if os.Getenv("PORTMOOR_CI") != "" {
			t.Fatal("pre-commit is missing: install it with the system's package manager")
		}
		t.Skip("no pre-commit")
	}
	bin := filepath.Join(t.TempDir(), "portmoor")
	command(t, "..", 0, "go", "build", "-o", bin, ".")

	hooks, err := os.ReadFile(filepath.Join("..", ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(hooks), "- id: "); n != 6 || strings.Count(string(hooks), "require_serial: true") != n {
		t.Errorf("a hook that pre-commit splits over processes misses conflicts between their files: %s", hooks)
	}
	source := t.TempDir()
	text := strings.ReplaceAll(string(hooks), "language: golang", "language: system")
	text = strings.ReplaceAll(text, "entry: portmoor", "entry: "+bin)
	put(t, filepath.Join(source, ".pre-commit-hooks.yaml"), text)
	commit(t, source)
	revision := strings.TrimSpace(command(t, source, 0, "git", "rev-parse", "HEAD"))

	repo := t.TempDir()
	t.Setenv("PRE_COMMIT_HOME", t.TempDir())
	put(t, filepath.Join(repo, ".pre-commit-config.yaml"), "repos:\n  - repo: "+source+"\n    rev: "+revision+
		"\n    hooks: [{id: portmoor-lint}, {id: portmoor-migrate-check-system}]\n")
	put(t, filepath.Join(repo, ".portmoor.yaml"), "strategy: hybrid\n")
	put(t, filepath.Join(repo, "good", "docker-compose.yml"), "services: {web: {image: x, ports: [\"${WEB_HOST_PORT:-8080}:80\"]}}\n")
	put(t, filepath.Join(repo, "notes.yaml"), "services: {web: {image: x, ports: [\"8080:80\"]}}\n")
	commit(t, repo)
	out := command(t, repo, 0, "pre-commit", "run", "--all-files")
	if strings.Count(out, "Passed") != 2 {
		t.Errorf("got %s", out)
	}

	// A file whose name begins with a dash is a file; others are not looked at.
	put(t, filepath.Join(repo, "-compose.yaml"), "services: {web: {image: x, ports: [\"8080:80\"]}}\n")
	put(t, filepath.Join(repo, "sub", "my-compose.prod.yml"), "services: {web: {image: x, ports: [\"8081:80\"]}}\n")
	command(t, repo, 0, "git", "add", "-A")
	out = command(t, repo, 1, "pre-commit", "run")
	for _, want := range []string{
		"-compose.yaml:1:37: warning: host port 8080 is hard-coded", "sub/my-compose.prod.yml:1:37: warning: host port 8081 is hard-coded",
		"sub/my-compose.prod.yml:1:36: service web: \"8081:80\" would become",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "notes.yaml") || strings.Contains(out, "good/") {
		t.Errorf("more than what is staged: %s", out)
	}

	// Many files are one run: conflicts are found wherever pre-commit would have
	// split them.
	const pairs = 20
	for i := range pairs {
		for _, side := range []string{"a", "b"} {
			put(t, filepath.Join(repo, fmt.Sprintf("%s%02d", side, i), "compose.yaml"), fmt.Sprintf("services: {web: {image: x, ports: [\"%d:80\"]}}\n", 8100+i))
		}
	}
	command(t, repo, 0, "git", "add", "-A")
	out = command(t, repo, 1, "pre-commit", "run", "--all-files", "portmoor-lint")
	found := regexp.MustCompile(`(?m)^host-port-conflict +(\d+)`).FindStringSubmatch(out)
	if found == nil || len(found[1]) < 2 || found[1] < "20" {
		t.Errorf("fewer than %d conflicts: %s", pairs, out)
	}
	if strings.Contains(out, "a40/compose.yaml b") || strings.Contains(out, "a00/compose.yaml a01") {
		t.Errorf("a command repeats the paths of a hook: %s", out)
	}
}

func commit(t *testing.T, dir string) {
	t.Helper()
	command(t, dir, 0, "git", "init", "-q")
	command(t, dir, 0, "git", "add", "-A")
	command(t, dir, 0, "git", "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x")
}

func command(t *testing.T, dir string, want int, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if code := c.ProcessState.ExitCode(); code != want {
		t.Fatalf("%s %v: exit code %d, want %d: %v\n%s", name, args, code, want, err, out)
	}
	return string(out)
}

func put(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestTemplates: the files for other programs are YAML and name commands and
// flags that exist.
func TestTemplates(t *testing.T) {
	for _, path := range []string{".pre-commit-hooks.yaml", "action.yml", "docs/gitlab.yml", ".goreleaser.yaml", "packaging/aqua/registry.yaml", ".github/workflows/release.yml", ".github/workflows/ci.yml"} {
		src, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := yaml.Unmarshal(src, &v); err != nil || v == nil {
			t.Errorf("%s: %v", path, err)
		}
		for line := range strings.Lines(string(src)) {
			_, flags, found := strings.Cut(line, "portmoor\" lint ")
			if _, other, ok := strings.Cut(line, "portmoor lint "); ok && !strings.Contains(line, "name:") {
				flags, found = other, true
			}
			for word := range strings.FieldsSeq(flags) {
				if _, help, _ := run("portmoor", "lint", "--help"); found && strings.HasPrefix(word, "--") && len(word) > 2 && !strings.Contains(help, word) {
					t.Errorf("%s: there is no flag %s", path, word)
				}
			}
		}
	}
}
