package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// openTerminal makes a pseudo terminal: what people see and type, and what programs have.
func openTerminal(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = ours.Close() })
	var number, unlock uint32
	for request, arg := range map[uintptr]*uint32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &unlock} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, ours.Fd(), request, uintptr(unsafe.Pointer(arg))); errno != 0 {
			t.Fatal(errno)
		}
	}
	theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	return ours, theirs
}

// TestRunTerminal: the command has the terminal, and Ctrl-C there is for it.
func TestRunTerminal(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "portmoor")
	command(t, "..", 0, "go", "build", "-o", bin, ".")
	runHere(t)
	for _, c := range []struct{ script, typed, want string }{
		{"test -t 0 && test -t 1 && test -t 2 && read -r line && echo got $line; exit 6", "hello\n", "got hello\r\n"},
		{"trap 'echo caught; exit 6' INT; echo ready; while :; do sleep 0.1; done", "\x03", "caught\r\n"},
	} {
		ours, theirs := openTerminal(t)
		cmd := exec.CommandContext(t.Context(), bin, "run", "--", "sh", "-c", c.script)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_ = theirs.Close()
		var seen bytes.Buffer
		read := make(chan bool)
		ready := make(chan bool, 1)
		go func() {
			defer close(read)
			buffer := make([]byte, 1024)
			for {
				n, err := ours.Read(buffer)
				seen.Write(buffer[:n])
				if bytes.Contains(seen.Bytes(), []byte("ready")) || c.typed != "\x03" {
					select {
					case ready <- true:
					default:
					}
				}
				if err != nil { // the other end is closed
					return
				}
			}
		}()
		if c.typed == "\x03" {
			select {
			case <-ready:
			case <-time.After(20 * time.Second):
			}
		}
		if _, err := io.WriteString(ours, c.typed); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		<-read
		if cmd.ProcessState.ExitCode() != 6 || !strings.Contains(seen.String(), c.want) {
			t.Errorf("%s: %v: %q", c.script, err, seen.String())
		}
	}
}
