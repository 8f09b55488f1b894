package cli

import (
	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
)

func validateCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "validate",
		Usage: "check that every host port of the project is free, or its own",
		Description: `Changes nothing. Exits with 0 when the project can start, also when it runs already, and
with 1 when something else holds one of its ports, or has a name of its containers, networks or
volumes: portmoor validate && docker compose $(portmoor env --args) up
Who has a port of services that the chosen profiles do not start is said, and stops nothing.`,
		Flags:  oneProjectFlags(formatFlag("how to print the ports", formatNames...)),
		Action: c.runValidate,
	}
}

// runValidate asks the machine, and tells what stops the project from starting.
func (c *program) runValidate(ctx *cli.Context) error {
	s, err := c.openOne(ctx, stack.Options{})
	if err != nil {
		return err
	}
	facts := c.ask(ctx.Context)
	outcomes, err := s.Check(facts)
	if err != nil {
		return err
	}
	c.tellNames(ctx.Context, s, facts)
	c.reportMoves(s, stack.Notable(s, outcomes))
	if line, hint := s.Gone(); line != "" {
		c.say(line, hint)
	}
	if ctx.String("format") == "json" {
		return say.JSON(c.Out, portReportOf(s, outcomes), true)
	}
	for _, line := range s.Looked(outcomes) {
		c.say(line, "")
	}
	if line := stack.Plain(s, outcomes); line != "" {
		c.say(line, "to start on the ports that were looked at: "+stack.Start(s, s.About))
	}
	return nil
}

// reportStart is reportMoves for what is about to be started: a problem of services
// that are not started does not stop the others.
func (c *program) reportStart(s *stack.Stack, outcomes []allocate.Outcome) {
	c.reportMoves(s, lists.Only(outcomes, func(o allocate.Outcome) bool { return o.Problem == "" || s.StartsAny(o.Unit.Services) }))
}
