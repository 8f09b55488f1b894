package cli

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
)

func resetCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:   "reset",
		Usage:  "forget the project's ports; a backup stays beside the file",
		Flags:  oneProjectFlags(&cli.BoolFlag{Name: "keep-manual", Usage: "keep those that were assigned by hand", DisableDefaultText: true}),
		Action: c.runReset,
	}
}

// runReset forgets, and says how to undo that.
func (c *program) runReset(ctx *cli.Context) error {
	s, err := c.openOne(ctx, stack.Options{Access: stack.Resetting})
	if err != nil {
		return err
	}
	done, err := s.Forget(ctx.Bool("keep-manual"))
	if err != nil {
		return err
	}
	c.tellAll(s.Notes())
	backup := say.Visible(s.Show(done.Backup))
	switch {
	case done == stack.Forgotten{}:
		fmt.Fprintln(c.Err, "no port is remembered: nothing to forget")
	case done.Corrupt:
		fmt.Fprintf(c.Err, "the file that could not be read is now %s\n", backup)
	default:
		fmt.Fprintf(c.Err, "%s forgotten; to undo, copy %s over the ports file, and run portmoor detect\n", say.Count(done.Ports, "port"), backup)
	}
	return nil
}
