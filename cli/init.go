package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/setup"
	"github.com/portmoor/portmoor/tree"
)

func initCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "init",
		Usage: "write " + config.Name + ", and what Git should ignore",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "make", Usage: "also write targets for make, beside the Makefile of each project", DisableDefaultText: true},
			&cli.BoolFlag{Name: "pre-commit", Usage: "also write the hook of pre-commit", DisableDefaultText: true},
			&cli.BoolFlag{Name: "baseline", Usage: "also record what lint finds today, so that it tells only what is new", DisableDefaultText: true},
			&cli.BoolFlag{Name: "agents", Usage: "also tell agents how to find ports, in a section of AGENTS.md", DisableDefaultText: true},
			&cli.BoolFlag{Name: "worktree", Usage: "also write a hook of Git that finds ports for a new worktree", DisableDefaultText: true},
			&cli.BoolFlag{Name: "dry-run", Usage: "show what would be written", DisableDefaultText: true},
			oneOfFlag("color", "", "when to colour the output, `WHEN` is "+say.Or(colorNames), colorNames),
		},
		Action: c.runInit,
	}
}

// runInit writes what is not there yet, and touches nothing else.
func (c *program) runInit(ctx *cli.Context) error {
	options := setup.Options{Make: ctx.Bool("make"), PreCommit: ctx.Bool("pre-commit"), Baseline: ctx.Bool("baseline"), Agents: ctx.Bool("agents"), Worktree: ctx.Bool("worktree")}
	base, err := os.Getwd()
	if err != nil {
		return err
	}
	root := tree.Root(tree.Folder(base))
	home, err := config.Find(base)
	if err != nil {
		return err
	}
	if home = filepath.Dir(home); home == "." {
		home = root // where it will be
	}
	w, passed, err := setup.Open(home, c.environ())
	if err != nil {
		return err
	}
	options.EnvFiles = passed
	files, err := setup.Plan(root, w, options)
	if err != nil {
		return err
	}
	outputs, bounds := setup.Outputs(w, files)
	dry := ctx.Bool("dry-run")
	if dry {
		err = c.diff(base, outputs, c.style(ctx))
	} else if _, err = rewrite.WriteAll(bounds, outputs); err != nil {
		err = say.Failf("nothing was written", "%s", err)
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.After == nil || !dry {
			fmt.Fprintf(c.Err, "%s: %s\n", say.Visible(say.Path(base, f.Path)), say.VisibleLines(f.Said))
		}
	}
	if !tree.InGit(root) {
		c.say("no .gitignore is written: "+say.Path(base, root)+" is not in a Git repository", "")
	}
	return nil
}
