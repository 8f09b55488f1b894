//go:build unix

package child

import (
	"os"
	"os/exec"
	"syscall"
)

// ownProcessGroup gives a command a process group of its own, so that the whole group can
// be signalled: docker runs Compose as a child, and old ones do not pass on what
// they take for the terminal's to send.
func ownProcessGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// signalGroup signals a command that was set apart. It may just have ended.
func signalGroup(cmd *exec.Cmd, sig os.Signal) {
	if number, ok := sig.(syscall.Signal); ok {
		_ = syscall.Kill(-cmd.Process.Pid, number)
	}
}
