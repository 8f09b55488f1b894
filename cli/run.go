package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/child"
	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/environ"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/workspace"
)

func runCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run a command with the live ports of the project in its environment",
		ArgsUsage: "-- COMMAND [ARG...]",
		Description: `The command sees each host port as port --format env prints it, the URL of each service, such as
WEB_URL, what clients of well-known images read, such as PGHOST, and what env in .portmoor.yaml
derives. It has the terminal and standard input, is passed signals, and its exit code is that of
portmoor: 127 when it is not found, 126 when it can't be run.`,
		Flags: oneProjectFlags(
			&cli.BoolFlag{Name: "up", Usage: "start the project first, as portmoor up does", DisableDefaultText: true},
			&cli.BoolFlag{Name: "down", Usage: "stop the project after, with docker compose down, whatever became of the command", DisableDefaultText: true},
			&cli.DurationFlag{Name: "wait", Usage: "wait for `DURATION` at most until all ports are bound, such as 30s"},
		),
		Action: runner{c}.runRun,
	}
}

// runner is the program at work for run.
type runner struct{ *program }

// runRun asks for the ports, and runs the command with them.
func (c runner) runRun(ctx *cli.Context) error {
	args, up, down, wait := ctx.Args().Slice(), ctx.Bool("up"), ctx.Bool("down"), ctx.Duration("wait")
	switch {
	case len(args) == 0 || args[0] == "":
		return say.Usagef("write portmoor run -- npm test", "portmoor run: no command is named")
	case wait < 0:
		return say.Usagef("leave it out, or give a higher one", "portmoor run: --wait can't be negative")
	}
	r := c.requestOne(ctx)
	engine, err := c.connect()
	if err == nil {
		defer engine.Close() //nolint:errcheck // nothing is left to be sent
	}
	until, stop := signal.NotifyContext(ctx.Context, child.Endings()...) // so that what was started is stopped
	defer stop()
	var s *stack.Stack
	if up {
		s, _, err = starter(c).up(ctx.Context, r, engine, err, nil)
		if s == nil && err == nil {
			return nil // nothing was started
		}
	} else if opened, failed := openRequest(r, stack.Options{}); failed != nil {
		return failed
	} else {
		s = opened
	}
	var variables []dotenv.Variable
	if err == nil {
		variables, err = c.environment(until, s, engine, wait)
	}
	switch {
	case until.Err() != nil:
		err = errInterrupted
	case err == nil:
		c.pass(ctx.Context, args, variables)
	}
	code := c.exit(err)
	if down {
		if failed := c.exit(c.down(ctx.Context, r)); code == exitOK { // what the command says counts first
			code = failed
		}
	}
	c.code = code
	return nil
}

// pass runs a command with variables. What it exits with is what the program does.
func (c runner) pass(ctx context.Context, args []string, variables []dotenv.Variable) {
	set := lists.Map(variables, func(v dotenv.Variable) string { return v.Name + "=" + v.Value })
	code, err := child.Program{Path: args[0], Args: args[1:], Environ: slices.Concat(c.Environ, set), Dir: c.dir, In: c.In, Out: c.stdout(), Err: c.Err}.Pass(ctx)
	switch {
	case child.Missing(err):
		c.say(fmt.Sprintf("portmoor run: %s: no such command", args[0]), "is it installed, and its folder in PATH?")
		code = 127
	case err != nil:
		c.say(fmt.Sprintf("portmoor run: %s: can't be run: %s", args[0], say.Cause(err)), "")
		code = 126
	}
	c.code = code
}

// down stops the project, as it is now.
func (c runner) down(ctx context.Context, r workspace.Request) error {
	s, err := openRequest(r, stack.Options{})
	if err != nil {
		return err
	}
	args := slices.Concat([]string{"compose"}, s.ComposeArgs(), []string{"down"})
	if _, err := (child.Program{Path: cmp.Or(child.Composer(), "docker"), Args: args, Environ: starter(c).composing(), Dir: s.Dir, Out: c.Err, Err: c.Err}).Run(ctx); err != nil {
		return say.Failf("to stop it: "+s.About.Docker("down"), "docker compose down failed: %s", err)
	}
	return nil
}

// environment is what commands are told of a project. What is not bound is said.
func (c runner) environment(ctx context.Context, s *stack.Stack, engine *docker.Engine, wait time.Duration) ([]dotenv.Variable, error) {
	values, err := workspace.Derived(s.Workspace, s.Project)
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		engine.Timeout = max(docker.Timeout, wait)
	}
	ports, err := s.On(engine).Wait(ctx, live.Question{}, wait, porter(c).waiting)
	if missing, ok := errors.AsType[*live.Missing](err); ok && strings.HasPrefix(missing.Hint, "to start it: ") {
		missing.Hint += "; or give run --up"
	}
	if err != nil {
		return nil, err
	}
	variables, notes := environ.Of(s.Project, ports, stack.Planned(s, engine.Machine()), values, s.VariableOf)
	c.tellAll(notes)
	return variables, nil
}

// stdout is standard output for a command that runs in our place, which may be a terminal.
func (c *console) stdout() io.Writer {
	if o, ok := c.Out.(*output); ok {
		return o.Writer
	}
	return c.Out
}
