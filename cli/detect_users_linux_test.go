package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// user is who runs a command: a user, a group of his own, and one that he shares.
type user struct{ id, shared uint32 }

// run runs a command as a user, whose new files nobody else may read if it is left to
// him, and returns what it said.
func (u user) run(t *testing.T, bin, dir, ledger string, args ...string) string {
	t.Helper()
	line := `umask 077; exec "$0" "$@"`
	c := exec.CommandContext(t.Context(), "sh", append([]string{"-c", line, bin}, args...)...)
	c.Dir, c.Env = dir, []string{"PORTMOOR_LEDGER=" + ledger, "DOCKER_HOST=unix:///nonexistent.sock", "PATH=" + os.Getenv("PATH")}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: u.id, Gid: u.id, Groups: []uint32{u.shared}}}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("%d: %v: %v: %s", u.id, args, err, out)
	}
	return string(out)
}

// checkout makes a folder of a user's with a stack that wants one port.
func (u user) checkout(t *testing.T, dir string) string {
	t.Helper()
	put(t, filepath.Join(dir, "compose.yaml"), "services: {web: {image: x, ports: [\"${WEB_HOST_PORT:-28420}:80\"]}}\n")
	for _, path := range []string{dir, filepath.Join(dir, "compose.yaml")} {
		if err := os.Chown(path, int(u.id), int(u.id)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestTwoUsers: users who share a ledger, in a folder that their group may write, see
// each other's ports, in turn and for good, whatever their umask.
func TestTwoUsers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can run commands as other users")
	}
	for _, mode := range []os.FileMode{0o770, 0o775 | os.ModeSetgid, 0o777} {
		dir, bin := open(t)
		shared := filepath.Join(dir, "shared")
		if err := errors.Join(os.Mkdir(shared, 0o700), os.Chown(shared, 0, 4000), os.Chmod(shared, mode)); err != nil {
			t.Fatal(err)
		}
		a, b := user{4001, 4000}, user{4002, 4000}
		ledger := filepath.Join(shared, "portmoor", "ledger.json")
		homes := []string{a.checkout(t, filepath.Join(dir, "a")), b.checkout(t, filepath.Join(dir, "b")), a.checkout(t, filepath.Join(dir, "c"))}
		for range 2 {
			for i, u := range []user{a, b, a} {
				if said := u.run(t, bin, homes[i], ledger, "detect"); strings.Contains(said, "denied") {
					t.Errorf("%v: %s", mode, said)
				}
			}
		}
		u := user{4003, 4000}
		u.run(t, bin, u.checkout(t, filepath.Join(dir, "d")), ledger, "detect")
		b.run(t, bin, homes[1], ledger, "reset")
		a.run(t, bin, homes[2], ledger, "assign", "web", "28425")
		b.run(t, bin, homes[1], ledger, "detect")
		got := fmt.Sprint(assigned(t, homes[0]), assigned(t, homes[1]), assigned(t, homes[2]), assigned(t, filepath.Join(dir, "d")))
		if want := "map[web:28420] map[web:10000] map[web:28425] map[web:10002]"; got != want {
			t.Errorf("%v: got %s, want %s", mode, got, want)
		}
	}
}

// TestSudo: what root does in a user's folders stays that user's to change.
func TestSudo(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can run commands as other users")
	}
	dir, bin := open(t)
	a := user{4001, 4000}
	home := a.checkout(t, filepath.Join(dir, "home"))
	shop := a.checkout(t, filepath.Join(home, "shop"))
	ledger := filepath.Join(home, ".local", "state", "portmoor", "ledger.json")
	root := user{0, 0}
	root.run(t, bin, shop, ledger, "detect")
	a.run(t, bin, shop, ledger, "assign", "web", "28426")
	root.run(t, bin, shop, ledger, "assign", "web", "28427")
	if said := a.run(t, bin, shop, ledger, "detect"); strings.Contains(said, "denied") {
		t.Error(said)
	}
	a.run(t, bin, shop, ledger, "reset")
	err := filepath.WalkDir(home, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if st, ok := info.Sys().(*syscall.Stat_t); err == nil && (!ok || st.Uid != a.id) {
			t.Errorf("%s is not the user's", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
