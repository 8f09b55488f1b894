package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
)

func (c *commands) show() *cli.Command {
	return &cli.Command{
		Name:   "show",
		Usage:  "list the host ports of the project: default, assigned, and who says so",
		Flags:  oneProjectFlags(&cli.StringFlag{Name: "format", Value: "text", Usage: "how to print the ports, `FORMAT` is " + choice(formatNames)}),
		Action: c.runShow,
	}
}

func (c *commands) runShow(ctx *cli.Context) error {
	if err := oneOf(ctx, "format", formatNames); err != nil {
		return err
	}
	s, err := c.openStack(ctx, false)
	if err != nil {
		return err
	}
	defer s.store.Close() //nolint:errcheck // the lock ends with the process
	if ctx.String("format") == "json" {
		return c.portsJSON(s, s.wanted())
	}
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PORT OF\tDEFAULT\tASSIGNED\tVARIABLE\tFROM")
	for _, o := range s.wanted() {
		assigned := "-"
		if a, known := s.store.Assigned[o.Unit.Key]; known {
			assigned = compose.PortRange{First: a.Port, Last: a.Port + max(a.Width, 1) - 1}.String()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", visible(o.Unit.Key), s.defaultOf(o.Unit), assigned, o.Unit.Var, sourceName(o))
	}
	return t.Flush()
}

// defaultOf is the port that the compose file gives a unit, "-" for none.
func (s *stack) defaultOf(u allocate.Unit) string {
	for _, m := range s.project.Mappings {
		if s.names.AssignmentKey(m) == u.Key && !m.HostPort.DefaultPorts.Zero() {
			return m.HostPort.DefaultPorts.String()
		}
	}
	return "-"
}

func (c *commands) reset() *cli.Command {
	return &cli.Command{
		Name:   "reset",
		Usage:  "forget the project's ports; a backup stays beside the file",
		Flags:  oneProjectFlags(&cli.BoolFlag{Name: "keep-manual", Usage: "but for those that were assigned by hand", DisableDefaultText: true}),
		Action: c.runReset,
	}
}

func (c *commands) runReset(ctx *cli.Context) error {
	s, err := c.openStack(ctx, true)
	if err != nil {
		return err
	}
	defer s.store.Close() //nolint:errcheck // the lock ends with the process
	backup, err := s.store.Backup()
	if err != nil {
		return s.storeProblem(err)
	}
	forgotten := 0
	for key, a := range s.store.Assigned {
		if !ctx.Bool("keep-manual") || !a.Manual {
			delete(s.store.Assigned, key)
			forgotten++
		}
	}
	if err := s.store.Save(); err != nil {
		return s.storeProblem(err)
	}
	if err := os.Remove(s.portsEnvPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return problem{code: exitFailure, message: s.show(s.portsEnvPath()) + ": can't be removed"}
	}
	if err := s.writePortsEnv(); err != nil {
		return err
	}
	fmt.Fprintf(c.Err, "%s forgotten", plural(forgotten, "port"))
	if backup != "" {
		fmt.Fprintf(c.Err, "; they are in %s", visible(s.show(backup)))
	}
	fmt.Fprintln(c.Err)
	return nil
}
