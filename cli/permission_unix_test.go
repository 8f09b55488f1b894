//go:build unix

package cli

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestUnreadable lints as a user who may not read a file and a folder, beside
// a file that is gone: each is a line and exit code 3, and the rest is linted.
func TestUnreadable(t *testing.T) {
	dir, err := os.MkdirTemp("", "portmoor-unreadable-") //nolint:usetesting // that of the test is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	bin := filepath.Join(dir, "portmoor")
	command(t, "..", 0, "go", "build", "-o", bin, ".")
	work := filepath.Join(dir, "work")
	const text = "services: {web: {image: x, ports: [\"8080:80\"]}}\n"
	for _, name := range []string{"good", "secret", "closed", "gone"} {
		put(t, filepath.Join(work, name, "compose.yaml"), text)
	}
	gone := filepath.Join(work, "gone", "compose.yaml")
	for _, err := range []error{
		os.Chmod(dir, 0o755), os.Chmod(filepath.Join(work, "secret", "compose.yaml"), 0), os.Chmod(filepath.Join(work, "closed"), 0),
		os.Remove(gone), os.Symlink("missing.yaml", gone),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), bin, "lint", ".")
	c.Dir = work
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 3 {
		t.Errorf("%v, want exit code 3", err)
	}
	for _, want := range []string{
		"\nsecret/compose.yaml: permission denied\n", "closed: permission denied\n", "gone/compose.yaml: no such file\n",
		"good/compose.yaml:1:37: warning: host port 8080 is hard-coded",
	} {
		if !strings.Contains("\n"+string(out), want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
}

// TestNameless asks as a user who may not see whose a socket is, where there is no
// engine and where containers are not running: a port that somebody has is taken.
func TestNameless(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root has what others can't see")
	}
	dir, err := os.MkdirTemp("", "portmoor-nameless-") //nolint:usetesting // that of the test is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	bin := filepath.Join(dir, "portmoor")
	command(t, "..", 0, "go", "build", "-o", bin, ".")
	port := listen(t)
	put(t, filepath.Join(dir, "compose.yaml"), fmt.Sprintf("name: shop\nservices: {web: {image: x, ports: [\"${WEB_HOST_PORT:-%d}:80\"]}}\n", port))
	put(t, filepath.Join(dir, "data", "ports.json"), fmt.Sprintf("{\"web\": %d}\n", port))
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	asNobody := func(host, command string) string {
		c := exec.CommandContext(t.Context(), bin, command)
		c.Dir, c.Env = dir, []string{"HOME=" + dir, "DOCKER_HOST=" + host}
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, _ := c.CombinedOutput()
		return string(out)
	}
	if out := asNobody("unix:///nonexistent/docker.sock", "validate"); !strings.Contains(out, fmt.Sprintf("port %d is held by process of another user\n", port)) {
		t.Errorf("without an engine: %s", out)
	}
	socket := filepath.Join(dir, "closed.sock")
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Chmod(socket, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := asNobody("unix://"+socket, "validate"); !strings.Contains(out, "permission denied") || !strings.HasSuffix(out, "1 port of project shop can be bound: web\n") {
		t.Errorf("with an engine that is closed to it: %s", out)
	}
	engine := record(t, dir)
	for state, want := range map[string]string{"created": "foreign", "exited": "foreign", "restarting": "down", "running": "down"} {
		engine.Set(listOf(t, dir, running{service: "web", number: 1, state: state}), map[string]string{"shop-web-1": `{"Id":"shop-web-1"}`})
		if out := asNobody(engine.Endpoint, "show"); !strings.Contains(out, " "+want+" ") {
			t.Errorf("%s, want %s: %s", state, want, out)
		}
	}
}
