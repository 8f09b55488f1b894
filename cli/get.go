package cli

import (
	"context"
	"errors"
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
		Description: `It is the port of the next start. One that Docker picks is known only while the service runs,
and then it is that of the first container that does.`,
		Flags:  oneProjectFlags(),
		Action: c.runGet,
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
	if picked, ok := errors.AsType[*stack.Picked](err); ok {
		return c.getPicked(ctx.Context, s, picked)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(c.Out, u.Want)
	return nil
}

// getPicked prints the port that Docker has picked.
func (c *program) getPicked(ctx context.Context, s *stack.Stack, picked *stack.Picked) error {
	engine, err := c.connect()
	if err != nil {
		return picked.Because(err)
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	ports, err := s.On(engine).Wait(ctx, picked.Question, 0, func(error) {})
	if err != nil {
		return picked.Because(err)
	}
	return porter{c}.printPorts(question{format: "port"}, s, ports)
}
