//go:build !unix

package cli

import (
	"os"
	"os/exec"
)

// apart changes nothing: the console signals every process on it.
func apart(*exec.Cmd) {}

// signalApart signals a command. It may just have ended.
func signalApart(cmd *exec.Cmd, sig os.Signal) { _ = cmd.Process.Signal(sig) }
