//go:build !unix

package child

import (
	"os"
	"os/exec"
)

// ownProcessGroup changes nothing: the console signals every process on it.
func ownProcessGroup(*exec.Cmd) {}

// signalGroup signals a command. It may just have ended.
func signalGroup(cmd *exec.Cmd, sig os.Signal) { _ = cmd.Process.Signal(sig) }
