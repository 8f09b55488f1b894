//go:build unix

package child

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPass: every exit code is passed on as it is, and what a signal has ended has the
// code that shells give it.
func TestPass(t *testing.T) {
	for _, code := range []int{0, 1, 2, 3, 42, 125, 127, 128, 130, 255} {
		got, err := Program{Path: "sh", Args: []string{"-c", fmt.Sprint("exit ", code)}}.Pass(t.Context())
		if got != code || err != nil {
			t.Errorf("exit %d: %d, %v", code, got, err)
		}
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL, syscall.SIGINT} {
		got, err := Program{Path: "sh", Args: []string{"-c", fmt.Sprintf("kill -%d $$", sig)}}.Pass(t.Context())
		if got != 128+int(sig) || err != nil {
			t.Errorf("%v: %d, %v", sig, got, err)
		}
	}
	if _, err := (Program{Path: "no-such-program"}).Pass(t.Context()); !Missing(err) {
		t.Errorf("no program: %v", err)
	}
	if _, err := (Program{Path: filepath.Join(t.TempDir(), "none")}).Pass(t.Context()); !Missing(err) {
		t.Errorf("no file: %v", err)
	}
}

// TestStreams: what goes in comes out whole, and folder and environment are those given.
func TestStreams(t *testing.T) {
	var out, said bytes.Buffer
	text := strings.Repeat("0123456789abcde\n", 1<<16)
	dir := t.TempDir()
	p := Program{Path: "sh", Args: []string{"-c", `cat; echo "$A $(pwd -P)" >&2`}, Environ: []string{"A=b", "PATH=" + os.Getenv("PATH")}, Dir: dir, In: strings.NewReader(text), Out: &out, Err: &said}
	code, err := p.Pass(t.Context())
	dir, _ = filepath.EvalSymlinks(dir)
	if code != 0 || err != nil || out.String() != text || said.String() != "b "+dir+"\n" {
		t.Errorf("%d, %v: %d bytes, %q", code, err, out.Len(), said.String())
	}
}

// TestSignals: what is to end us ends the program with all that it has started, and it is
// waited for.
func TestSignals(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		log := filepath.Join(t.TempDir(), "log")
		script := fmt.Sprintf(`trap 'sleep 0.2; echo over >>%[1]s; exit 7' %[2]d; sleep 60 & echo $! >%[1]s.child; echo on >>%[1]s; wait`, log, sig)
		go func() {
			for range 500 {
				if src, _ := os.ReadFile(log); len(src) > 0 {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			_ = syscall.Kill(os.Getpid(), sig)
		}()
		code, err := Program{Path: "sh", Args: []string{"-c", script}}.Pass(t.Context())
		src, _ := os.ReadFile(log)
		if code != 7 || err != nil || string(src) != "on\nover\n" {
			t.Errorf("%v: %d, %v: %q", sig, code, err, src)
		}
		pid, _ := os.ReadFile(log + ".child")
		var n int
		_, _ = fmt.Sscan(string(pid), &n)
		gone := false
		for range 100 {
			if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n)); n > 0 && (err != nil || strings.Contains(string(state), ") Z ")) {
				gone = true
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if _, err := os.Stat("/proc/self/stat"); err == nil && !gone && sig == syscall.SIGTERM { // a shell has its background ignore SIGINT
			t.Errorf("%v: process %d is left", sig, n)
		}
	}
}
