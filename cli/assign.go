package cli

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/checkout"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
)

func assignCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:        "assign",
		Usage:       "give a service a host port by hand; it is never moved",
		ArgsUsage:   "SERVICE[:PORT] N",
		Description: "SERVICE:PORT names the container port of a service that has several.",
		Flags:       oneProjectFlags(&cli.BoolFlag{Name: "force", Usage: "even if the port is reserved or held", DisableDefaultText: true}),
		Action:      c.runAssign,
	}
}

// runAssign remembers what a person has chosen.
func (c *program) runAssign(ctx *cli.Context) error {
	if ctx.Args().Len() != 2 {
		return say.Usagef("write portmoor assign SERVICE[:PORT] N", "portmoor assign: want a service and a port")
	}
	name, number := ctx.Args().Get(0), ctx.Args().Get(1)
	port, err := strconv.Atoi(number)
	if err != nil || port < 1 || port > ports.Last {
		return say.Usagef("choose one from 1 to 65535", "portmoor assign: %q is not a port", number)
	}
	r := c.requestOne(ctx)
	s, err := openRequest(r, stack.Options{Access: stack.Writing})
	if err != nil {
		return err
	}
	before, err := s.Unit(name)
	if err != nil {
		return err
	}
	u, err := s.Choose(c.ask(ctx.Context), name, port, ctx.Bool("force"))
	if err != nil {
		return err
	}
	c.tellAll(s.Notes())
	c.tellAll(stack.Stale(s, []allocate.Outcome{{Unit: before, Ports: u.Want, Moved: u.Want != before.Want}}))
	c.tellUnignored(s.Workspace, stack.Unignored(s))
	fmt.Fprintf(c.Err, "%s has port %s (%s)\n", u.Key, u.Want, cmp.Or(u.Var, "by the override file"))
	if s.Isolation != nil {
		if s, err = openRequest(r, stack.Options{Access: stack.Writing}); err == nil {
			_, err = checkout.Write(s, nil)
		}
	}
	if err == nil {
		isolator{c}.follow(s, false)
	}
	return err
}
