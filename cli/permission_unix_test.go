//go:build unix

package cli

import (
	"errors"
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
