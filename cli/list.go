package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/checkouts"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/workspace"
)

func listCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list every checkout of this machine: folder, branch, state, ports",
		Description: `Checkouts are known from the ledger of ports and from the engine's containers. STATE has how
many of the containers run. A port without a URL is assigned, and nothing has bound it.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "all", Usage: "also list the ports that no compose project has", DisableDefaultText: true},
			&cli.IntFlag{Name: "port", Usage: "list only who has the host port `N`, of all that is on the machine", DefaultText: "all"},
			&cli.BoolFlag{Name: "prune", Usage: "forget the ports of folders that are gone, and say how to stop their containers", DisableDefaultText: true},
			formatFlag("how to print the list", formatNames...),
		},
		Action: lister{c}.runList,
	}
}

// lister is the program at work for list.
type lister struct{ *program }

// runList lists what is known, as far as the ledger can be read and the engine answers.
func (c lister) runList(ctx *cli.Context) error {
	ledger, err := workspace.Ledger(c.dir, c.environ())
	if err != nil {
		return err
	}
	prune := ctx.Bool("prune")
	remembered, err := allocate.All(ledger)
	if err != nil {
		c.exit(err)
	} else if prune {
		remembered = c.forget(ledger, remembered)
	}
	engine := c.containers(ctx.Context)
	all := checkouts.List(remembered, engine)
	if prune {
		stopped, err := c.offer(ctx.Context, all, engine)
		if err != nil {
			return err
		}
		if stopped {
			all = checkouts.List(remembered, c.containers(ctx.Context))
		}
	}
	var others []checkouts.Other
	if port := ctx.Int("port"); port != 0 || ctx.Bool("all") {
		others = append([]checkouts.Other{}, checkouts.Others(engine, allocate.Listeners())...)
		all, others = checkouts.Having(all, others, port)
	}
	if ctx.String("format") == "json" {
		return say.JSON(c.Out, checkouts.ReportOf(all, others), true)
	}
	return checkouts.Write(c.Out, all, others, checkouts.Look{Home: c.variable("HOME"), Width: terminal(c.Out)})
}

// containers are all that the engine has, as far as it answers.
func (c lister) containers(ctx context.Context) stack.Engine {
	engine, err := c.need(ctx, (*docker.Engine).Containers)
	if err != nil {
		c.say(err.Error()+": what runs is not known", say.Of(err).Hint)
	}
	return engine
}

// forget forgets the folders that are gone, says which, and returns the rest.
func (c lister) forget(ledger string, remembered []allocate.Remembered) []allocate.Remembered {
	gone, err := allocate.Prune(ledger)
	if err != nil {
		c.exit(err)
		return remembered
	}
	for _, r := range gone {
		c.say(fmt.Sprintf("%s: the folder is gone: %s of project %s forgotten", r.Checkout, say.Count(len(r.Ports), "port"), r.Project), "")
	}
	return lists.Only(remembered, func(r allocate.Remembered) bool { return !r.Gone })
}

// offer stops the containers of folders that are gone where somebody says so, and
// otherwise says how. It reports whether it has stopped some.
func (c lister) offer(ctx context.Context, all []checkouts.Checkout, e stack.Engine) (stopped bool, err error) {
	for _, one := range all {
		if !one.Gone || e.Remote || len(one.Containers) == 0 {
			continue
		}
		running := lists.Only(one.Containers, docker.Container.Running)
		c.say(fmt.Sprintf("%s: the folder is gone: project %s still has %s, %d of them running", one.Folder, one.Project, say.Count(len(one.Containers), "container"), len(running)), "")
		switch {
		case len(running) == 0:
		case c.agreed(fmt.Sprintf("stop %s?", say.And(lists.Map(running, nameOf)))):
			if err := c.stop(ctx, running); err != nil {
				return stopped, err
			}
			stopped = true
		default:
			fmt.Fprintln(c.Err, "to stop them: "+say.Visible(say.Words(append([]string{"docker", "stop"}, lists.Map(running, nameOf)...))))
		}
		fmt.Fprintln(c.Err, "to remove them: "+say.Visible(say.Words(append([]string{"docker", "rm"}, lists.Map(one.Containers, nameOf)...))))
	}
	return stopped, nil
}

func nameOf(d docker.Container) string { return d.Name }

// agreed asks whoever sits at the terminal. Elsewhere nobody has.
func (c lister) agreed(question string) bool {
	in, isFile := c.In.(*os.File)
	if !isFile || !term.IsTerminal(int(in.Fd())) || terminal(c.Err) == 0 {
		return false
	}
	fmt.Fprint(c.Err, say.Visible(question)+" [y/N] ")
	answer, _ := bufio.NewReader(in).ReadString('\n')
	return slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(answer)))
}

func (c lister) stop(ctx context.Context, running []docker.Container) error {
	engine, err := c.connect()
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	for _, d := range running {
		if err := engine.Stop(ctx, d.ID); err != nil {
			return err
		}
	}
	return nil
}
