// Package child runs another program in the place of Portmoor: on the same terminal,
// told of what is to end it, and with its exit code.
//
// The model: a [Program] is what to run. On a terminal it is in our process group, where
// Ctrl-C gets to both; elsewhere it has one of its own, all of which is signalled. It is
// always waited for.
//
//	code, err := child.Program{Path: path, Args: []string{"compose", "ps"}, Environ: os.Environ(), In: os.Stdin, Out: os.Stdout, Err: os.Stderr}.Pass(ctx)
package child

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/portmoor/portmoor/say"
)

// Program is a program to run.
type Program struct {
	// Path is where it is, or its name, which is looked for in PATH.
	Path string
	Args []string // without its name
	// Environ is its environment, NAME=value; nil for that of the process.
	Environ []string
	Dir     string // that it runs in; "" for the working folder
	// In, Out and Err are its streams; nil for none.
	In       io.Reader
	Out, Err io.Writer
}

// Find is where a program is, "" where PATH has none of the name.
func Find(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

// Composer is where the program is whose command compose runs projects: docker, or podman
// where PATH has no docker; "" where it has neither.
func Composer() string { return cmp.Or(Find("docker"), Find("podman")) }

// Name is what people call a program.
func Name(path string) string { return strings.TrimSuffix(filepath.Base(path), ".exe") }

// Pass runs the program, and returns its exit code; of one that a signal has ended, 128
// and the number of the signal, as shells have it. The error says why it was not started.
func (p Program) Pass(ctx context.Context) (code int, err error) {
	cmd := p.command(ctx)
	_, err = run(cmd)
	if cmd.ProcessState == nil {
		return 0, err
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return signalled + int(status.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

const signalled = 128

// Run runs the program, and reports whether what ends a command has come meanwhile, or
// has ended the program itself. The error is nil when it has succeeded.
func (p Program) Run(ctx context.Context) (interrupted bool, err error) {
	cmd := p.command(ctx)
	interrupted, err = run(cmd)
	// It may hear of the signal before us.
	heard := cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == signalled+int(syscall.SIGINT)
	return interrupted || heard, err
}

func (p Program) command(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.Path, p.Args...)
	cmd.Env, cmd.Dir = p.Environ, p.Dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.In, p.Out, p.Err
	return cmd
}

// patience is how long a program has to end after Ctrl-C on a terminal, before it
// is signalled again: the first signal may have been for us alone.
const patience = 3 * time.Second

// run runs a program and passes on what ends it. On a terminal both are in one process
// group, and Ctrl-C gets to both without us.
func run(cmd *exec.Cmd) (interrupted bool, err error) {
	onTerminal := terminal(cmd.Stdin) || terminal(cmd.Stdout) || terminal(cmd.Stderr)
	if !onTerminal {
		ownProcessGroup(cmd)
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, Endings()...)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return false, err
	}
	ended := make(chan error, 1)
	go func() {
		var err error
		bug := say.Guard(func() { err = cmd.Wait() })
		ended <- cmp.Or(bug, err)
	}()
	for {
		select {
		case err := <-ended:
			return interrupted, err
		case sig := <-signals:
			interrupted = true
			switch {
			case !onTerminal:
				signalGroup(cmd, sig)
			case sig != os.Interrupt:
				_ = cmd.Process.Signal(sig) // it may just have ended
			default:
				defer time.AfterFunc(patience, func() { _ = say.Guard(func() { _ = cmd.Process.Signal(sig) }) }).Stop()
			}
		}
	}
}

// Endings are the signals that end a command: on Ctrl-C, by kill, and when the terminal
// is closed, unless nohup has seen to it that it goes on.
func Endings() []os.Signal {
	if signal.Ignored(syscall.SIGHUP) {
		return []os.Signal{os.Interrupt, syscall.SIGTERM}
	}
	return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
}

// terminal reports a stream that is one.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Missing reports an error of a program that was not started since it is not there.
func Missing(err error) bool {
	return errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist)
}
