package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/environ"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
)

func envCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "env",
		Usage: "print the ports as an env file, or for a shell or a tool",
		Flags: oneProjectFlags(
			&cli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "write them to .ports.env", DisableDefaultText: true},
			&cli.BoolFlag{Name: "live", Usage: "print what run sets: the ports that are bound, URLs, and what env in .portmoor.yaml derives", DisableDefaultText: true},
			formatFlag("how to print the variables", environ.Formats...),
			&cli.BoolFlag{Name: "args", Usage: "print the arguments for docker compose: env files, and the flags that were given", DisableDefaultText: true},
		),
		Action: c.runEnv,
	}
}

// runEnv prints the variables, or writes them for Compose.
func (c *program) runEnv(ctx *cli.Context) error {
	write, args, live, format := ctx.Bool("write"), ctx.Bool("args"), ctx.Bool("live"), ctx.String("format")
	switch {
	case (write || args) && (live || ctx.IsSet("format")):
		return say.Usagef("give one of the two", "portmoor env: --write and --args exclude --live and --format")
	case !write && !args:
		s, err := c.openOne(ctx, stack.Options{})
		if err != nil {
			return err
		}
		text, err := environ.Format(stack.Variables(s), format, s.PortsFile(s.Project)), error(nil)
		switch {
		case live:
			text, err = runner{c}.liveEnv(ctx.Context, s, format)
		case format == environ.Formats[0]:
			text = s.Env()
		}
		if err == nil {
			_, err = io.WriteString(c.Out, text)
		}
		return err
	}
	s, err := c.openOne(ctx, stack.Options{Access: stack.Writing})
	if err != nil {
		return err
	}
	err = s.WriteEnv()
	c.tellUnignored(s.Workspace, stack.Unignored(s))
	if err != nil || write {
		return err
	}
	if !s.Detected() && s.Isolation == nil {
		c.say("no port is remembered yet", "to assign them: "+s.About.Portmoor("detect"))
	}
	line, err := s.Args()
	if err != nil {
		return err
	}
	fmt.Fprintln(c.Out, line)
	return nil
}

// liveEnv is what run would set, as a tool reads it.
func (c runner) liveEnv(ctx context.Context, s *stack.Stack, format string) (string, error) {
	engine, err := c.connect()
	if err != nil {
		return "", err
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	variables, err := c.environment(ctx, s, engine, 0)
	if err != nil {
		return "", err
	}
	return environ.Format(variables, format, s.PortsFile(s.Project)), nil
}
