package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

func (c *commands) up() *cli.Command {
	return &cli.Command{
		Name:      "up",
		Usage:     "find free ports, start the project with docker compose, and list where it is",
		ArgsUsage: "[SERVICE...] [-- ARGS]",
		Description: `Does what detect does, then docker compose up -d with the project's env files and the
remembered ports; services and ARGS are passed on. If a port is lost to somebody else meanwhile, the
next free one is tried, three times. Then it does what sync does, and lists the ports.`,
		Flags:  oneProjectFlags(&cli.StringFlag{Name: "format", Value: "table", Usage: "how to print the ports, `FORMAT` is " + say.Or(portFormats)}),
		Action: c.runUp,
	}
}

const retries = 3

func (c *commands) runUp(ctx *cli.Context) error {
	if err := oneOf(ctx, "format", portFormats); err != nil {
		return err
	}
	for _, arg := range ctx.Args().Slice() {
		name, _, _ := strings.Cut(arg, "=")
		if slices.Contains([]string{"-f", "--file", "-p", "--project-name", "--profile", "--env-file"}, name) {
			return say.Usagef("write it before --", "portmoor up: %s says which project it is, and is for both", name)
		}
	}
	engine, err := c.connect()
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	if err := c.needEngine(ctx.Context); err != nil {
		return err
	}
	command, err := c.composeCommand(ctx)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		s, err := c.assigned(ctx)
		if err != nil || c.code != exitOK {
			return err
		}
		before, err := engine.StartFailures(ctx.Context, s.project.Name)
		if err != nil {
			return err
		}
		failed := c.composeUp(ctx, s, command)
		switch {
		case failed == nil:
			return c.afterStart(ctx, engine)
		case errors.Is(failed, errInterrupted):
			return failed
		}
		known := len(c.lost)
		if err := c.noteLost(ctx, s, engine, before); err != nil {
			return err
		}
		if try > retries || len(c.lost) == known {
			return failed
		}
		c.say(fmt.Sprintf("port %d was lost to somebody else: trying again, %d of %d", c.lost[known].Port, try, retries), "")
		if err := c.needEngine(ctx.Context); err != nil {
			return err
		}
	}
}

// noteLost notes the assigned sockets that containers could not bind in this try,
// other than before. One that the project itself has is an error.
func (c *commands) noteLost(ctx *cli.Context, s *stack, engine *docker.Engine, before []docker.Failure) error {
	failures, err := engine.StartFailures(ctx.Context, s.project.Name)
	if err != nil {
		return err
	}
	containers, err := engine.Project(ctx.Context, s.project.Name)
	if err != nil {
		return err
	}
	for _, f := range failures {
		if f.Port == 0 || slices.ContainsFunc(before, func(b docker.Failure) bool { return b.Container.ID == f.Container.ID && b.Text == f.Text }) {
			continue
		}
		for _, socket := range s.assignedSockets(f.Container.Service, f.Port) {
			lost := allocate.Held{Socket: socket, Port: f.Port, Owner: allocate.Owner{Kind: allocate.Process, Name: "that only the engine sees"}}
			if own, by := ownHolder(containers, lost); own {
				return say.Failf("a service that runs several times needs ports that Docker picks: portmoor migrate --strategy auto --write", "port %d is bound by %s of the project itself", f.Port, by.Name)
			}
			if !slices.Contains(c.lost, lost) {
				c.lost = append(c.lost, lost)
			}
		}
	}
	return nil
}

// assignedSockets are those of a service that have a host port now.
func (s *stack) assignedSockets(service string, port int) (sockets []ports.Socket) {
	for _, u := range s.units {
		if !s.now(u).Overlaps(ports.Range{First: port, Last: port}) {
			continue
		}
		for _, m := range s.served[u.Key] {
			if m.Service == service {
				sockets = append(sockets, ports.Socket{Address: m.HostIP, Protocol: m.Protocol})
			}
		}
	}
	return sockets
}

// ownHolder is the container of the project that has a socket. What docker
// compose run has started is not its own: the next start does not replace it.
func ownHolder(containers []docker.Container, lost allocate.Held) (own bool, by docker.Container) {
	for _, from := range containers {
		for _, b := range from.Bindings {
			if !from.OneOff && b.HostPort == lost.Port && socketOf(b).Overlaps(lost.Socket) {
				return true, from
			}
		}
	}
	return false, docker.Container{}
}

// now is what a unit has since ports were assigned.
func (s *stack) now(u allocate.Unit) ports.Range {
	a, known := s.store.Assigned[u.Key]
	if !known || u.Source == allocate.Environment || u.Source == allocate.EnvFile {
		return u.Want
	}
	return ports.Range{First: a.Port, Last: a.Port + max(a.Width, 1) - 1}
}

// assigned does what detect does, and says what has moved or can't be had.
func (c *commands) assigned(ctx *cli.Context) (*stack, error) {
	s, err := c.openStack(ctx, assigning)
	if err != nil {
		return nil, err
	}
	s.only = s.selected(ctx.Args().Slice())
	s.setIdle(c.engine.containers)
	outcomes, err := c.assignPorts(ctx, s)
	if err != nil {
		return nil, err
	}
	c.tellStart(s, outcomes)
	return s, nil
}

// composeCommand is the docker command, which has to have its compose plugin.
func (c *commands) composeCommand(ctx *cli.Context) (path string, err error) {
	path, err = exec.LookPath("docker")
	if err != nil {
		return "", say.Failf("install the docker command with its compose plugin", "docker is not in PATH")
	}
	version := exec.CommandContext(ctx.Context, path, "compose", "version")
	version.Env = c.Environ
	if err := version.Run(); err != nil {
		return "", say.Failf("install the compose plugin of docker, version 2 or later", "docker compose can't be run: %s", err)
	}
	return path, nil
}

// errInterrupted is why docker compose ended early when the user wanted it to.
var errInterrupted = error(say.Problem{Kind: say.Interrupted, Message: "interrupted"})

// composeUp runs docker compose up.
func (c *commands) composeUp(ctx *cli.Context, s *stack, command string) error {
	args := slices.Concat([]string{"compose"}, s.composeArgs(), []string{"up", "-d"}, ctx.Args().Slice())
	cmd := exec.CommandContext(ctx.Context, command, args...)
	cmd.Env, cmd.Dir = c.Environ, s.Dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.In, c.Err, c.Err // standard output is for the ports
	switch interrupted, err := c.runInterruptible(cmd); {
	case err == nil:
		return nil
	case interrupted:
		return errInterrupted
	default:
		return say.Failf("it says above why", "docker compose up failed: %s", err)
	}
}

// patience is how long a command has to end after Ctrl-C on a terminal, before it
// is signalled again: the first signal may have been for us alone.
const patience = 3 * time.Second

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
			default:
				defer time.AfterFunc(patience, func() { _ = cmd.Process.Signal(sig) }).Stop()
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

// afterStart tells the services their ports, and lists them.
func (c *commands) afterStart(ctx *cli.Context, engine *docker.Engine) error {
	s, err := c.openStack(ctx, reading) // with what was assigned
	if err != nil {
		return err
	}
	found, err := c.settled(ctx.Context, s, engine)
	if err != nil {
		return err
	}
	_, _, failed := c.deliver(ctx.Context, s, engine, found, map[string]string{})
	q := question{format: ctx.String("format")}
	ports, err := c.judged(ctx.Context, engine, s, q, found)
	if err != nil {
		return errors.Join(failed, err)
	}
	return errors.Join(failed, c.printPorts(q, s, ports))
}
