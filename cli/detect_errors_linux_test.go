package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// asNobody runs a built command as a user who owns nothing, and returns its exit
// code and what it said.
func asNobody(t *testing.T, bin, dir string, environ []string, args ...string) (code int, errs string) {
	t.Helper()
	var said bytes.Buffer
	c := exec.CommandContext(t.Context(), bin, args...)
	c.Dir, c.Env, c.Stderr = dir, append(environ, "DOCKER_HOST=unix:///nonexistent.sock"), &said
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	err := c.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), said.String()
	} else if err != nil {
		t.Fatal(err)
	}
	return 0, said.String()
}

// open makes a folder that every user may enter, with the program in it.
func open(t *testing.T) (dir, bin string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "portmoor-open-") //nolint:usetesting // that of the test is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	bin = filepath.Join(dir, "portmoor")
	command(t, "..", 0, "go", "build", "-o", bin, ".")
	return dir, bin
}

// TestForbidden: a folder that can't be written is an error that names it, and nothing
// changes; a ledger that only can't be written is a warning, as long as what others
// have can be read there.
func TestForbidden(t *testing.T) {
	dir, bin := open(t)
	const text = "services: {web: {image: x, ports: [\"${WEB_HOST_PORT:-28400}:80\"]}}\n"
	ledgers, mine := filepath.Join(dir, "ledgers"), filepath.Join(dir, "mine")
	put(t, filepath.Join(dir, "work", "compose.yaml"), text)
	put(t, filepath.Join(mine, "compose.yaml"), text)
	put(t, filepath.Join(ledgers, "ledger.json"), fmt.Sprintf(`{"version":1,"checkouts":{%q:{"work data/ports.json":{"web":{"port":28400,"sockets":[{"protocol":"tcp"}]}}}}}`, filepath.Join(dir, "work")))
	put(t, filepath.Join(ledgers, "secret.json"), "{}")
	if err := errors.Join(os.Chmod(mine, 0o777), os.Chmod(filepath.Join(ledgers, "secret.json"), 0)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, folder, ledger string
		code                 int
		want                 string
		port                 int
	}{
		{"somebody else's folder", "work", "mine/ledger.json", 3, "\ndata/ports.json: cannot create its folder: permission denied\nhint: name files that you may write: --ports-file for the assignments", 0},
		{"a ledger that can't be read", "mine", "ledgers/secret.json", 3, "secret.json: permission denied\n", 0},
		{"somebody else's ledger", "mine", "ledgers/ledger.json", 0, "\n../ledgers/ledger.json.lock: permission denied: other checkouts do not learn which ports this one has\n", 10000},
		{"somebody else's folder for it", "mine", "ledgers/new/ledger.json", 0, "\n../ledgers/new: permission denied: other checkouts do not learn which ports this one has\n", 28400},
	}
	for _, test := range tests {
		work := filepath.Join(dir, test.folder)
		_, _ = os.RemoveAll(filepath.Join(work, "data")), os.RemoveAll(filepath.Join(work, ".ports.env"))
		before := treeOf(t, work)
		environ := []string{"PORTMOOR_LEDGER=" + filepath.Join(dir, test.ledger)}
		code, errs := asNobody(t, bin, work, environ, "detect")
		if code != test.code || !strings.Contains("\n"+errs, test.want) || strings.Count(errs, "hint: ") != 1 {
			t.Errorf("%s: exit %d, want %q in: %s", test.name, code, test.want, errs)
		}
		if test.code != 0 {
			delete(before, "ledger.json")
			now := treeOf(t, work)
			delete(now, "ledger.json")
			compareTrees(t, test.name, before, now)
			continue
		}
		if ports := assigned(t, work); ports["web"] != test.port {
			t.Errorf("%s: %v", test.name, ports)
		}
		for _, args := range [][]string{{"detect"}, {"assign", "web", "28401"}} {
			if code, errs := asNobody(t, bin, work, environ, args...); code != 0 || strings.Count(errs, "do not learn") != 1 {
				t.Errorf("%s: %v: exit %d: %s", test.name, args, code, errs)
			}
		}
	}
	code, errs := asNobody(t, bin, mine, []string{"PORTMOOR_LEDGER=" + filepath.Join(ledgers, "secret.json")}, "validate")
	if code != 3 || !strings.Contains(errs, "secret.json: permission denied\n") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestFullDisk runs detect where the disk has no room: it is an error, and the
// files that were there keep every byte.
func TestFullDisk(t *testing.T) {
	dir, bin := open(t)
	small := filepath.Join(dir, "small")
	if err := os.Mkdir(small, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("none", small, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small disk can't be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(small, 0) })
	put(t, filepath.Join(small, "compose.yaml"), "services: {web: {image: x, ports: [\"${WEB_HOST_PORT:-28410}:80\"]}}\n")
	detect := func() (int, string) {
		var said bytes.Buffer
		c := exec.CommandContext(t.Context(), bin, "detect")
		c.Dir, c.Stderr = small, &said
		c.Env = append(os.Environ(), "DOCKER_HOST=unix:///nonexistent.sock", "PORTMOOR_LEDGER="+filepath.Join(small, "state", "ledger.json"))
		err := c.Run()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode(), said.String()
		}
		return 0, said.String()
	}
	if code, errs := detect(); code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	put(t, filepath.Join(small, "compose.yaml"), "services: {api: {image: x, ports: [\"${API_HOST_PORT:-28411}:80\"]}, web: {image: x, ports: [\"${WEB_HOST_PORT:-28410}:80\"]}}\n")
	full := filepath.Join(small, "full")
	_ = os.WriteFile(full, make([]byte, 1<<20), 0o600) // as much as there is room for
	before := treeOf(t, small)
	code, errs := detect()
	if code != 3 || !strings.Contains(errs, "no space left on device\n") {
		t.Errorf("exit %d: %s", code, errs)
	}
	compareTrees(t, "on a full disk", before, treeOf(t, small))
	if err := os.Remove(full); err != nil {
		t.Fatal(err)
	}
	if code, errs := detect(); code != 0 || len(assigned(t, small)) != 2 {
		t.Errorf("with room again: exit %d: %s", code, errs)
	}
}
