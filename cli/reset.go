package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/say"
)

func (c *commands) reset() *cli.Command {
	return &cli.Command{
		Name:   "reset",
		Usage:  "forget the project's ports; a backup stays beside the file",
		Flags:  oneProjectFlags(&cli.BoolFlag{Name: "keep-manual", Usage: "but for those that were assigned by hand", DisableDefaultText: true}),
		Action: c.runReset,
	}
}

func (c *commands) runReset(ctx *cli.Context) error {
	s, err := c.openStack(ctx, resetting)
	if err != nil {
		return err
	}
	defer s.store.Close() //nolint:errcheck // the lock ends with the process
	forgotten := []string{}
	for key, a := range s.store.Assigned {
		if !ctx.Bool("keep-manual") || !a.Manual {
			forgotten = append(forgotten, key)
		}
	}
	if len(forgotten) == 0 && !s.store.Corrupt {
		fmt.Fprintln(c.Err, "no port is remembered: nothing to forget")
		return nil
	}
	backup, err := s.store.Backup()
	if err != nil {
		return s.storeProblem(err)
	}
	for _, key := range forgotten {
		delete(s.store.Assigned, key)
	}
	if err := s.store.Save(); err != nil {
		return s.storeProblem(err)
	}
	if err := os.Remove(s.portsEnvPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return say.Failf("", "%s: can't be removed", s.Show(s.portsEnvPath()))
	}
	if err := s.writePortsEnv(); err != nil {
		return err
	}
	if s.store.Corrupt {
		fmt.Fprintf(c.Err, "what could not be read is in %s now\n", say.Visible(s.Show(backup)))
	} else {
		fmt.Fprintf(c.Err, "%s forgotten; to undo, put %s back in the place of the ports file, and run portmoor detect\n", say.Count(len(forgotten), "port"), say.Visible(s.Show(backup)))
	}
	return nil
}
