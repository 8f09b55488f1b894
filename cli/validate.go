package cli

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

func (c *commands) validate() *cli.Command {
	return &cli.Command{
		Name:  "validate",
		Usage: "check that every host port of the project is free, or its own",
		Description: `Changes nothing. Exits with 0 when the project can start, also when it runs already, and
with 1 when somebody else holds one of its ports: portmoor validate && docker compose up
Services that the chosen profiles do not start may have theirs taken.`,
		Flags:  oneProjectFlags(&cli.StringFlag{Name: "format", Value: "text", Usage: "how to print the ports, `FORMAT` is " + say.Or(formatNames)}),
		Action: c.runValidate,
	}
}

func (c *commands) runValidate(ctx *cli.Context) error {
	if err := oneOf(ctx, "format", formatNames); err != nil {
		return err
	}
	s, err := c.openStack(ctx, reading)
	if err != nil {
		return err
	}
	defer s.store.Close() //nolint:errcheck // the lock ends with the process
	if err := c.ask(ctx.Context, s); err != nil {
		return err
	}
	outcomes := allocate.Assign(s.units, s.machine, s.options(s.units))
	taken, bindable := false, 0
	for i := range outcomes {
		o := &outcomes[i]
		if !o.Moved && o.Problem == "" {
			bindable++
			continue
		}
		taken = taken || slices.ContainsFunc(o.Unit.Services, s.started)
		if o.Moved { // detect would move it: here it is what stops the project
			o.Moved, o.Ports, o.Hint = false, ports.Range{}, "run portmoor detect, or stop who holds it"
		}
		o.Problem = cmp.Or(o.Unit.Broken, fmt.Sprintf("port %s is held by %s", o.Unit.Want, o.Owner))
	}
	c.tellStart(s, outcomes)
	if ctx.String("format") == "json" {
		return c.portsJSON(s, outcomes)
	}
	if !taken {
		fmt.Fprintf(c.Err, "%s of project %s can be bound\n", say.Count(bindable, "port"), s.project.Name)
	}
	return nil
}
