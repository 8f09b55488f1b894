package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/docker"
)

func (c *commands) up() *cli.Command {
	return &cli.Command{
		Name:      "up",
		Usage:     "find free ports, start the project with docker compose, and list where it is",
		ArgsUsage: "[-- ARGS]",
		Description: `Does what detect does, then docker compose up -d with the project's env files and the
remembered ports; ARGS are passed on. If a port is lost to somebody else meanwhile, the
next free one is tried, three times. Then it does what sync does, and lists the ports.`,
		Flags:  oneProjectFlags(&cli.StringFlag{Name: "format", Value: "table", Usage: "how to print the ports, `FORMAT` is " + choice(portFormats)}),
		Action: c.runUp,
	}
}

const retries = 3

func (c *commands) runUp(ctx *cli.Context) error {
	if err := oneOf(ctx, "format", portFormats); err != nil {
		return err
	}
	engine, err := c.connect()
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	for try := 0; ; try++ {
		if err := c.needEngine(ctx.Context); err != nil {
			return err
		}
		s, err := c.assigned(ctx)
		if err != nil || c.code != exitOK {
			return err
		}
		failed := c.composeUp(ctx, s)
		if failed == nil {
			return c.afterStart(ctx, s, engine)
		}
		lost, err := engine.LostPorts(ctx.Context, s.project.Name)
		if errors.Is(failed, errInterrupted) || err != nil || len(lost) == 0 || try == retries {
			return failed
		}
		c.lost = append(c.lost, lost...)
		c.say(fmt.Sprintf("port %d was lost to somebody else: trying again, %d of %d", lost[0], try+1, retries), "")
	}
}

// assigned does what detect does, and says what has moved or can't be had.
func (c *commands) assigned(ctx *cli.Context) (*stack, error) {
	s, err := c.openStack(ctx, assigning)
	if err != nil {
		return nil, err
	}
	outcomes, err := c.assignPorts(ctx, s)
	if err != nil {
		return nil, err
	}
	c.tell(outcomes)
	return s, nil
}

// errInterrupted is why docker compose ended early when the user wanted it to.
var errInterrupted = problem{code: exitInterrupted, message: "interrupted"}

// composeUp runs docker compose up.
func (c *commands) composeUp(ctx *cli.Context, s *stack) error {
	path, err := exec.LookPath("docker")
	if err != nil {
		return problem{exitFailure, "docker is not in PATH", "install the docker command with its compose plugin"}
	}
	args := slices.Concat([]string{"compose"}, s.composeArgs(), []string{"up", "-d"}, ctx.Args().Slice())
	cmd := exec.CommandContext(ctx.Context, path, args...)
	cmd.Env, cmd.Dir = c.Environ, s.base
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.In, c.Err, c.Err // standard output is for the ports
	interrupted, err := c.runInterruptible(cmd)
	var exit *exec.ExitError
	switch {
	case interrupted:
		return errInterrupted
	case errors.As(err, &exit):
		return problem{exitFailure, fmt.Sprintf("docker compose up failed with exit code %d", exit.ExitCode()), "it says above why"}
	case err != nil:
		return problem{code: exitFailure, message: "docker compose: " + err.Error()}
	}
	return nil
}

// runInterruptible runs a command and passes on what ends it. On a terminal both
// are in one process group, and Ctrl-C gets to both without us.
func (c *commands) runInterruptible(cmd *exec.Cmd) (interrupted bool, err error) {
	onTerminal := c.onTerminal()
	if !onTerminal {
		apart(cmd)
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return false, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			return interrupted, err
		case sig := <-signals:
			interrupted = true
			switch {
			case !onTerminal:
				signalApart(cmd, sig)
			case sig != os.Interrupt:
				_ = cmd.Process.Signal(sig) // it may just have ended
			}
		}
	}
}

func (c *commands) onTerminal() bool {
	f, ok := c.In.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// composeArgs are what docker compose needs to see the project as it was seen
// here, whatever said so: arguments, the environment, .env or the configuration.
func (s *stack) composeArgs() (args []string) {
	for _, f := range s.project.Group.Files {
		args = append(args, "-f", f)
	}
	args = append(args, "-p", s.project.Name)
	for _, profile := range s.project.Group.Profiles {
		args = append(args, "--profile", profile)
	}
	for _, f := range s.envFileList() {
		args = append(args, "--env-file", f)
	}
	return args
}

// holdLost keeps ports that were lost from being tried again, where nobody is
// seen to hold them.
func (s *stack) holdLost(lost []int) {
	owner := allocate.Owner{Kind: allocate.Process, Name: "that only the engine sees"}
	for _, port := range lost {
		for _, protocol := range []string{"tcp", "udp"} {
			socket := allocate.Socket{Protocol: protocol}
			if _, held := s.machine.Holder(socket, port, false); !held {
				s.machine.Hold(allocate.Held{Socket: socket, Port: port, Owner: owner})
			}
		}
	}
}

// afterStart tells the services their ports, and lists them.
func (c *commands) afterStart(ctx *cli.Context, s *stack, engine *docker.Engine) error {
	found, err := c.settled(ctx.Context, s, engine)
	if err != nil {
		return err
	}
	_, failed := c.deliver(ctx.Context, s, engine, found, map[string]string{})
	q := question{format: ctx.String("format")}
	ports, err := q.answer(s, found)
	if err != nil {
		return errors.Join(failed, err)
	}
	return errors.Join(failed, c.printPorts(q, s, ports))
}
