package cli

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/say"
)

func (c *commands) get() *cli.Command {
	return &cli.Command{
		Name:      "get",
		Usage:     "print the host port of a service, and change nothing",
		ArgsUsage: "SERVICE[:PORT]",
		Flags:     oneProjectFlags(),
		Action: func(ctx *cli.Context) error {
			if ctx.Args().Len() != 1 {
				return say.Usagef("write portmoor get SERVICE[:PORT]", "portmoor get: want a service")
			}
			s, err := c.openStack(ctx, reading)
			if err != nil {
				return err
			}
			defer s.store.Close() //nolint:errcheck // the lock ends with the process
			i, err := s.unit(ctx.Args().First())
			if err != nil {
				return err
			}
			if s.units[i].Want.Zero() {
				return picked(ctx.Args().First())
			}
			fmt.Fprintln(c.Out, s.units[i].Want)
			return nil
		},
	}
}
