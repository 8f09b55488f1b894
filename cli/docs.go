package cli

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lint/mend"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
)

func docsCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "docs",
		Usage: "make the tables of ports in documents say what compose files do",
		Description: `Shows a diff of what would change; --write makes the changes. Tables are written between
<!-- portmoor:ports --> and <!-- /portmoor:ports -->, in README.md and in what docs lists.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "write the changes", DisableDefaultText: true},
			&cli.StringFlag{Name: "config", Usage: "read `FILE` instead of the nearest " + config.Name, TakesFile: true},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say what is passed over", DisableDefaultText: true},
			oneOfFlag("color", "", "when to colour the output, `WHEN` is "+say.Or(colorNames), colorNames),
		},
		Action: c.runDocs,
	}
}

// runDocs shows or writes what documents become. It is about all projects of the
// configuration: a table of some would lose the others.
func (c *program) runDocs(ctx *cli.Context) error {
	r := c.request(ctx)
	r.Environ, r.Paths, r.Whole = nil, nil, true
	w, err := c.openAll(r)
	if err != nil {
		return err
	}
	outputs, notes, err := mend.Tables(w)
	c.tellAll(notes)
	if err != nil || !ctx.Bool("write") {
		if len(outputs) > 0 {
			c.say("nothing is written yet: add --write", "")
		}
		return errors.Join(err, c.diff(w.Dir, outputs, c.style(ctx)))
	}
	if _, err := rewrite.WriteAll(w.Bounds, outputs); err != nil {
		return say.Failf("nothing was written", "%s", err)
	}
	for _, o := range outputs {
		c.say(o.Path+": has the ports of the compose files now", "")
	}
	return nil
}
