package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/child"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/registry/announce"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/workspace"
)

func upCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:      "up",
		Usage:     "find free ports, and start the project with docker compose",
		ArgsUsage: "[SERVICE...] [-- ARGS]",
		Description: `Does what detect does, then docker compose up -d with the project's env files and the
remembered ports; services and ARGS are passed on. If another program takes a port in the meantime, the
next free one is tried, up to three times. Then it does what sync does, and lists the ports.`,
		Flags: oneProjectFlags(
			&cli.BoolFlag{Name: "detach", Aliases: []string{"d"}, Usage: "run in the background, which it does anyway", DisableDefaultText: true},
			isolateFlag(),
			formatFlag("how to print the ports", portFormats...),
		),
		Action: c.runUp,
	}
}

const retries = 3

// projectWords are the flags that say which project it is.
var projectWords = []string{"-f", "--file", "-p", "--project-name", "--profile", "--env-file"}

var errNoDocker = say.Failf("install the docker command with its compose plugin, or podman with podman compose", "docker is not in PATH")

// runUp looks whether all is there, what is cheap to know first, and starts the project.
func (c *program) runUp(ctx *cli.Context) error {
	args := ctx.Args().Slice()
	for _, arg := range args {
		name, _, _ := strings.Cut(arg, "=")
		if slices.Contains(projectWords, name) {
			return say.Usagef("write it before --", "portmoor up: %s says which project it is, and is for both", name)
		}
	}
	engine, err := c.connect()
	if err == nil {
		defer engine.Close() //nolint:errcheck // nothing is left to be sent
	}
	s, found, err := starter{c}.up(ctx.Context, c.requestOne(ctx), engine, err, args)
	if err != nil || s == nil {
		return err
	}
	format := question{format: ctx.String("format")}
	ports, err := s.On(engine).Judged(ctx.Context, format.Question, found)
	if err != nil {
		return err
	}
	return porter{c}.printPorts(format, s, ports)
}

// starter is the program at work for up.
type starter struct{ *program }

// up starts the project with arguments for docker compose up, and tells the services their
// ports. There is no stack where what is said already stops it. Unconnected is why there is
// no engine.
func (c starter) up(ctx context.Context, r workspace.Request, engine *docker.Engine, unconnected error, args []string) (s *stack.Stack, found stack.Found, err error) {
	o := stack.Options{Access: stack.Writing, UpArgs: args}
	if s, err = openRequest(r, o); err != nil {
		return nil, found, err
	}
	command, err := c.composeCommand(ctx)
	if err = cmp.Or(err, unconnected); err != nil {
		return nil, found, err
	}
	facts, err := c.need(ctx, (*docker.Engine).Everything)
	if err != nil {
		return nil, found, err
	}
	c.engine = &facts
	if s, err = isolator(c).begin(ctx, r, s, o, facts); err != nil {
		return nil, found, err
	}
	if c.tellNames(ctx, s, facts); c.code != exitOK {
		return nil, found, nil
	}
	if s, err = c.assignAndStart(ctx, r, engine, facts, append([]string{command}, args...)); err != nil || c.code != exitOK {
		return nil, found, err
	}
	if found, err = s.On(engine).Settled(ctx); err != nil {
		return nil, found, err
	}
	if _, err := syncer(c).deliver(ctx, engine, found, map[string]string{}); err != nil {
		c.exit(err) // it runs all the same
	}
	c.tellAll(announce.Project(ctx, s, found.On(engine)))
	return s, found, nil
}

// assignAndStart does both, and again while ports are lost meanwhile. The command is
// followed by the arguments for docker compose up.
func (c starter) assignAndStart(ctx context.Context, r workspace.Request, engine *docker.Engine, facts stack.Engine, command []string) (*stack.Stack, error) {
	for try := 1; ; try++ {
		s, err := openRequest(r, stack.Options{Access: stack.Writing, UpArgs: command[1:]})
		if err != nil {
			return nil, err
		}
		outcomes, err := s.Detect(facts, false)
		if err != nil {
			return nil, err
		}
		c.tellUnignored(s.Workspace, stack.Unignored(s))
		if c.reportStart(s, outcomes); c.code != exitOK {
			return nil, nil
		}
		if s, err = isolator(c).write(r, s, command[1:], try == 1); err != nil {
			return nil, err
		}
		isolator(c).follow(s, false)
		lost, failed := c.start(ctx, s, engine, command[0], command[1:])
		known := len(facts.Lost)
		switch {
		case failed == nil:
			return openRequest(r, stack.Options{UpArgs: command[1:]}) // with what was assigned
		case try > retries || !facts.Lose(lost):
			return nil, failed
		}
		by := "taken by another program"
		if owner := facts.Lost[known].Owner; owner.Kind == allocate.Mapping {
			by = owner.Has() + " of the project itself"
		}
		c.say(fmt.Sprintf("port %d was %s: trying again, %d of %d", facts.Lost[known].Port, by, try, retries), "")
		again, err := c.need(ctx, (*docker.Engine).Everything)
		if err != nil {
			return nil, err
		}
		again.Lost = facts.Lost
		facts = again
	}
}

// start runs docker compose up. Where it fails because ports were lost to others
// since they were assigned, it returns those too.
func (c starter) start(ctx context.Context, s *stack.Stack, engine *docker.Engine, command string, args []string) (lost []allocate.Held, failed error) {
	before, err := engine.StartFailures(ctx, s.Project.Name)
	if err != nil {
		return nil, err
	}
	if failed = c.composeUp(ctx, s, command, args); failed == nil || errors.Is(failed, errInterrupted) {
		return nil, failed
	}
	now, err := engine.StartFailures(ctx, s.Project.Name)
	if err != nil {
		return nil, err
	}
	own, err := engine.Project(ctx, s.Project.Name)
	if err != nil {
		return nil, err
	}
	if lost, err = s.LostSince(before, now, own); err != nil {
		return nil, err
	}
	return lost, failed
}

// composing is the environment in which docker compose gets to the engine that we ask.
func (c starter) composing() []string {
	engine, err := c.connect()
	if err != nil {
		return c.Environ
	}
	defer engine.Close() //nolint:errcheck // nothing was asked
	return slices.Concat(c.Environ, engine.Settings)
}

// composeCommand is the docker command, or podman where there is none, which has to have compose.
func (c starter) composeCommand(ctx context.Context) (path string, err error) {
	if path = child.Composer(); path == "" {
		return "", errNoDocker
	}
	if _, err := (child.Program{Path: path, Args: []string{"compose", "version"}, Environ: c.composing()}).Run(ctx); err != nil {
		hint := "install the compose plugin of docker, version 2 or later"
		if child.Name(path) == "podman" {
			hint = "install Podman 4.7 or later and docker-compose, or the docker command with its compose plugin"
		}
		return "", say.Failf(hint, "%s compose can't be run: %s", child.Name(path), err)
	}
	return path, nil
}

// errInterrupted is why docker compose ended early when the user wanted it to.
var errInterrupted = error(say.Problem{Kind: say.Interrupted, Message: "interrupted"})

// composeUp runs docker compose up.
func (c starter) composeUp(ctx context.Context, s *stack.Stack, command string, args []string) error {
	args = slices.Concat([]string{"compose"}, s.ComposeArgs(), []string{"up", "-d"}, args)
	// Standard output is for the ports.
	switch interrupted, err := (child.Program{Path: command, Args: args, Environ: c.composing(), Dir: s.Dir, In: c.In, Out: c.Err, Err: c.Err}).Run(ctx); {
	case err == nil:
		return nil
	case interrupted:
		return errInterrupted
	default:
		return say.Failf("it says above why", "%s compose up failed: %s", child.Name(command), err)
	}
}
