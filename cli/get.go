package cli

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
)

func getCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:      "get",
		Usage:     "print the host port of a service, and change nothing",
		ArgsUsage: "SERVICE[:PORT]",
		Flags:     oneProjectFlags(),
		Action:    c.runGet,
	}
}

// runGet prints a number.
func (c *program) runGet(ctx *cli.Context) error {
	if ctx.Args().Len() != 1 {
		return say.Usagef("write portmoor get SERVICE[:PORT]", "portmoor get: want a service")
	}
	s, err := c.openOne(ctx, stack.Options{})
	if err != nil {
		return err
	}
	u, err := s.Unit(ctx.Args().First())
	if err != nil {
		return err
	}
	fmt.Fprintln(c.Out, u.Want)
	return nil
}
