//go:build unix

package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestUpEnds: whatever ends up, docker compose is told and waited for; what nohup keeps
// from it ends neither.
func TestUpEnds(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "portmoor")
	command(t, "..", 0, "go", "build", "-o", bin, ".")
	dir := stackHere(t)
	record(t, dir)
	log := filepath.Join(dir, "log")
	composeScript(t, `[ "$2" = version ] && exit 0
for s in INT TERM HUP; do trap "echo $s >>`+log+`; sleep 0.3; echo over >>`+log+`; exit 1" $s; done
echo started >>`+log+`; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.1; done; exit 1`)
	wait := func(text string) {
		t.Helper()
		for range 500 {
			if src, _ := os.ReadFile(log); strings.Contains(string(src), text) {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		src, _ := os.ReadFile(log)
		t.Fatalf("no %s: %s", text, src)
	}
	for _, c := range []struct {
		shell string
		sent  syscall.Signal
		code  int
		want  string
	}{
		{`exec "$0" up`, syscall.SIGINT, exitInterrupted, "started\nINT\nover\n"},
		{`exec "$0" up`, syscall.SIGTERM, exitInterrupted, "started\nTERM\nover\n"},
		{`exec "$0" up`, syscall.SIGHUP, exitInterrupted, "started\nHUP\nover\n"},
		{`trap "" HUP; exec "$0" up`, syscall.SIGHUP, exitFailure, "started\n"},
	} {
		if c.sent == syscall.SIGHUP && c.code == exitInterrupted && signal.Ignored(c.sent) {
			continue // the tests themselves run under nohup
		}
		_ = os.Remove(log)
		var said bytes.Buffer
		cmd := exec.CommandContext(t.Context(), "sh", "-c", c.shell, bin)
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		wait("started\n")
		if err := cmd.Process.Signal(c.sent); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		exit, _ := errors.AsType[*exec.ExitError](err)
		src, _ := os.ReadFile(log)
		if exit == nil || exit.ExitCode() != c.code || string(src) != c.want {
			t.Errorf("%s, %v: %v: %q: %s", c.shell, c.sent, err, src, said.String())
		}
	}
}
