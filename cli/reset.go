package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/checkout/follow"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/tree"
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
	if c.exit(follow.Remove(s)); done.Isolated {
		return isolator{c}.end(s, done)
	}
	if !done.Some() {
		fmt.Fprintln(c.Err, "no port is remembered: nothing to forget")
		return nil
	}
	c.tellForgotten(s.Workspace, done)
	return nil
}

// resetAll forgets the ports of several projects.
func (c *program) resetAll(r workspace.Request, keepManual bool) error {
	if len(r.Files)+len(r.EnvFiles) > 0 || r.Name+r.PortsFile != "" {
		return say.Usagef("name folders", "portmoor reset: --all excludes the flags that say which project it is")
	}
	r.Empty = true
	w, err := c.openAll(r)
	if err != nil {
		return err
	}
	folders := tree.Absolute(w.Dir, slices.Concat(r.Paths, []string{"."})[:max(len(r.Paths), 1)]...)
	none := true
	for _, folder := range folders {
		none = !(isolator{c}).endAll(r, folder, keepManual) && none
	}
	tell := func(done stack.Forgotten, err error) {
		if err != nil { // what is remembered there is not known
			c.exit(err)
		} else if done.Some() {
			c.tellForgotten(w, done)
		}
		none = none && err == nil && !done.Some()
	}
	var failed []string
	for _, q := range w.Projects {
		one, p, err := w.Only(r, q.Group)
		var s *stack.Stack
		if err == nil {
			s, err = stack.Open(one, p, stack.Options{Access: stack.Resetting})
		}
		var done stack.Forgotten
		if err == nil {
			done, err = s.Forget(keepManual)
			c.tellAll(s.Notes())
			c.exit(follow.Remove(s))
		}
		if err != nil {
			failed = append(failed, q.Dir)
		}
		tell(done, err)
	}
	for _, folder := range folders {
		all, notes, errs := stack.ForgetRest(w, r.Environ, folder, failed, keepManual)
		c.tellAll(notes)
		for _, err := range errs {
			tell(stack.Forgotten{}, err)
		}
		for _, done := range all {
			tell(done, nil)
		}
	}
	if none {
		fmt.Fprintln(c.Err, "no port is remembered: nothing to forget")
	}
	return nil
}

// tellForgotten says what was forgotten, which files still have it, and how to undo
// that.
func (c *program) tellForgotten(w *workspace.Workspace, done stack.Forgotten) {
	for _, path := range done.Left {
		c.say(path+": still has the ports that were forgotten", "remove it, and name it in -f, COMPOSE_FILE and --env-file no more")
	}
	backup := w.Show(done.Backup)
	if done.Corrupt {
		fmt.Fprintf(c.Err, "the file that could not be read is now %s\n", say.Visible(backup))
		return
	}
	undo := say.Words(append([]string{"cp"}, say.Paths(backup, w.Show(done.File))...))
	if done.About != nil {
		detect := done.Detect(w.Dir)
		if strings.HasPrefix(detect, "cd ") {
			detect = "(" + detect + ")" // so that the next command is where this one was
		}
		undo += " && " + detect
	}
	fmt.Fprintf(c.Err, "%s of project %s forgotten. To undo: %s\n", say.Count(done.Ports, "port"), say.Visible(done.Name), say.Visible(undo))
}
