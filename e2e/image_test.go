package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestImage builds the image of a release, lints a folder that is mounted into it, as
// whom it says by itself, and writes as the user that is told. The hook of pre-commit
// that is for the image runs it.
func TestImage(t *testing.T) {
	const name, file = "ghcr.io/portmoor/portmoor", "services: {web: {image: x, ports: [\"8080:80\"]}}\n"
	s := newStack(t, "mounted", file)
	platform := "linux/" + runtime.GOARCH
	context := t.TempDir()
	if err := os.MkdirAll(filepath.Join(context, platform), 0o755); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(filepath.Join(os.Getenv("PORTMOOR_E2E"), "portmoor"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(context, platform, "portmoor"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	dockerfile, err := filepath.Abs("../packaging/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	s.env = []string{"DOCKER_BUILDKIT=0"}
	s.run("docker", "build", "-q", "-t", name, "--build-arg", "TARGETPLATFORM="+platform, "-f", dockerfile, context)
	t.Cleanup(func() { s.try("docker", "rmi", "-f", name) })
	if user := s.run("docker", "inspect", "-f", "{{.Config.User}}", name); strings.TrimSpace(user) != "65532:65532" {
		t.Errorf("it runs as %q", user)
	}
	for dir := s.dir; dir != filepath.Dir(os.Getenv("PORTMOOR_E2E")); dir = filepath.Dir(dir) { // for who is not root
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ends := func(code int, says, name string, args ...string) {
		t.Helper()
		if r := s.try(name, args...); r.code != code || !strings.Contains(r.out+r.err, says) {
			t.Errorf("%s %v: exit code %d, want %d and %q: %s%s", name, args, r.code, code, says, r.out, r.err)
		}
	}
	read := func() string {
		got, err := os.ReadFile(filepath.Join(s.dir, "compose.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	inside := func(mount string, args ...string) []string {
		return append([]string{"run", "--rm", "--network=none", "--read-only", "--cap-drop=ALL", "-v", s.dir + mount}, args...)
	}
	const found = "compose.yaml:1:37: warning: host port 8080 is hard-coded"
	ends(1, found, "docker", inside(":/src:ro", name, "lint")...)
	ends(3, "compose.yaml", "docker", inside(":/src", name, "migrate", "--write", "--detect=false")...)
	if got := read(); got != file {
		t.Errorf("nobody in particular has written %s", got)
	}
	ends(0, "", "docker", inside(":/src", "--user=0:0", name, "migrate", "--write", "--detect=false")...)
	if got := read(); !strings.Contains(got, "WEB_HOST_PORT:-8080") {
		t.Errorf("the user that is told has not written: %s", got)
	}

	if _, err := exec.LookPath("pre-commit"); err != nil {
		t.Fatal(err)
	}
	hooks, err := os.ReadFile("../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	source := &stack{t: t, dir: t.TempDir()}
	source.write(".pre-commit-hooks.yaml", string(hooks))
	git := func(s *stack) {
		s.run("git", "init", "-q")
		s.run("git", "add", "-A")
		s.run("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "x")
	}
	git(source)
	s.write(".pre-commit-config.yaml", "repos:\n  - repo: "+source.dir+"\n    rev: "+strings.TrimSpace(source.run("git", "rev-parse", "HEAD"))+"\n    hooks: [{id: portmoor-lint-docker}]\n")
	s.write("compose.yaml", file)
	git(s)
	s.env = []string{"PRE_COMMIT_HOME=" + t.TempDir()}
	ends(1, found, "pre-commit", "run", "--all-files")
}
