package cli

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/stack"
)

func envCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "env",
		Usage: "print the remembered ports as an env file",
		Flags: oneProjectFlags(
			&cli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "write them to .ports.env", DisableDefaultText: true},
			&cli.BoolFlag{Name: "args", Usage: "print the arguments for docker compose: env files, and the flags that were given", DisableDefaultText: true},
		),
		Action: c.runEnv,
	}
}

// runEnv prints the variables, or writes them for Compose.
func (c *program) runEnv(ctx *cli.Context) error {
	write, args := ctx.Bool("write"), ctx.Bool("args")
	if !write && !args {
		s, err := c.openOne(ctx, stack.Options{})
		if err != nil {
			return err
		}
		_, err = io.WriteString(c.Out, s.Env())
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
