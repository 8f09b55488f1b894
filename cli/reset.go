package cli

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/workspace"
)

func resetCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:        "reset",
		Usage:       "forget the project's ports; a backup stays beside the file",
		ArgsUsage:   "[--all [PATH...]]",
		Description: "With --all it forgets the ports of every project in a folder, and below it: the working folder, or each PATH.",
		Flags: oneProjectFlags(
			&cli.BoolFlag{Name: "keep-manual", Usage: "keep those that were assigned by hand", DisableDefaultText: true},
			&cli.BoolFlag{Name: "all", Usage: "forget the ports of every project in a folder, and below it", DisableDefaultText: true},
		),
		Action: c.runReset,
	}
}

// runReset forgets, and says how to undo that.
func (c *program) runReset(ctx *cli.Context) error {
	keepManual := ctx.Bool("keep-manual")
	if ctx.Bool("all") {
		return c.resetAll(c.request(ctx), keepManual)
	}
	if err := noArguments(ctx); err != nil {
		return err
	}
	s, err := c.openOne(ctx, stack.Options{Access: stack.Resetting})
	if err != nil {
		return err
	}
	done, err := s.Forget(keepManual)
	if err != nil {
		return err
	}
	c.tellAll(s.Notes())
	if done == (stack.Forgotten{}) {
		fmt.Fprintln(c.Err, "no port is remembered: nothing to forget")
		return nil
	}
	c.tellForgotten(s, done)
	return nil
}

// resetAll forgets the ports of several projects.
func (c *program) resetAll(r workspace.Request, keepManual bool) error {
	if len(r.Files)+len(r.EnvFiles) > 0 || r.Name+r.PortsFile != "" {
		return say.Usagef("name folders", "portmoor reset: --all excludes the flags that say which project it is")
	}
	w, err := c.openAll(r)
	if err != nil {
		return err
	}
	none := true
	for _, p := range w.Projects {
		one, p, err := w.Only(r, p.Group)
		var s *stack.Stack
		if err == nil {
			s, err = stack.Open(one, p, stack.Options{Access: stack.Resetting})
		}
		var done stack.Forgotten
		if err == nil {
			done, err = s.Forget(keepManual)
			c.tellAll(s.Notes())
		}
		switch {
		case err != nil: // what is remembered there is not known
			c.exit(err)
			none = false
		case done != stack.Forgotten{}:
			c.tellForgotten(s, done)
			none = false
		}
	}
	if none {
		fmt.Fprintln(c.Err, "no port is remembered: nothing to forget")
	}
	return nil
}

// tellForgotten says what was forgotten, and how to undo that.
func (c *program) tellForgotten(s *stack.Stack, done stack.Forgotten) {
	backup := s.Show(done.Backup)
	if done.Corrupt {
		fmt.Fprintf(c.Err, "the file that could not be read is now %s\n", say.Visible(backup))
		return
	}
	fmt.Fprintf(c.Err, "%s of project %s forgotten. To undo: %s && %s\n", say.Count(done.Ports, "port"), s.Project.Name,
		say.Visible(say.Words([]string{"cp", backup, s.Show(done.File)})), say.Visible(s.About.Portmoor("detect")))
}
