package cli

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/say"
)

func (c *commands) reconcile() *cli.Command {
	return &cli.Command{
		Name:      "reconcile",
		Usage:     "settle conflicts between fixed ports, with a plan that people review",
		ArgsUsage: "[PATH...]",
		Description: `Looks at the host ports of compose files, and at those that other files have (sources in
` + config.Name + `). Without flags it says what is contested and what would become of it. --plan writes
a plan with every place that has to change; people review it; --apply shows what it would
change, and with --write does exactly that. --verify looks whether everything agrees.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "plan", Usage: "write the plan to `FILE`, in Markdown", TakesFile: true},
			&cli.StringFlag{Name: "apply", Usage: "show what the plan in `FILE` changes", TakesFile: true},
			&cli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "with --apply: make the changes", DisableDefaultText: true},
			&cli.BoolFlag{Name: "verify", Usage: "look for ports that two services have and for places that name another port; with --apply: for what the plan has moved", DisableDefaultText: true},
			&cli.BoolFlag{Name: "health", Usage: "with --verify: ask each service over HTTP, and systemd", DisableDefaultText: true},
			&cli.StringFlag{Name: "author", Usage: "put `NAME` in the plan instead of that of the user"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "how to print, `FORMAT` is " + say.Or(formatNames)},
			&cli.StringSliceFlag{Name: "file", Aliases: []string{"f"}, Usage: "load `FILE`s as one project, as docker compose -f does", TakesFile: true},
			&cli.StringSliceFlag{Name: "profile", Usage: "take `PROFILE` for chosen, as docker compose --profile does; may be repeated"},
			&cli.StringFlag{Name: "config", Usage: "read `FILE` instead of the nearest " + config.Name, TakesFile: true},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say what is passed over; with --verify: list the places that are left to people", DisableDefaultText: true},
			&cli.StringFlag{Name: "color", Usage: "when to colour the output, `WHEN` is " + say.Or(colorNames)},
		},
		Action: c.runReconcile,
	}
}

// runReconcile plans, applies or verifies.
func (c *commands) runReconcile(ctx *cli.Context) error {
	if err := c.checkReconcile(ctx); err != nil {
		return err
	}
	w, err := c.openAll(ctx)
	if err != nil {
		return err
	}
	if ctx.String("apply") != "" {
		return c.applyPlan(ctx, w)
	}
	inv, err := c.inventory(w)
	if err != nil {
		return err
	}
	if ctx.Bool("verify") {
		return c.verifyPorts(ctx, w, inv, nil)
	}
	p, err := c.makePlan(ctx, w, inv)
	if err != nil {
		return err
	}
	if path := ctx.String("plan"); path != "" {
		return c.writePlan(ctx, p, path)
	}
	return c.showPlan(ctx, p)
}

// openAll opens the projects that reconcile is about: without paths, those of the
// configuration's whole folder.
func (c *commands) openAll(ctx *cli.Context) (*space, error) {
	r := c.request(ctx)
	r.Whole, r.MayBeEmpty = true, true
	return c.open(ctx, r)
}

func (c *commands) checkReconcile(ctx *cli.Context) error {
	apply, verify := ctx.String("apply") != "", ctx.Bool("verify")
	switch {
	case ctx.String("plan") != "" && (apply || verify):
		return say.Usagef("review the plan before it is applied", "portmoor reconcile: --plan excludes --apply and --verify")
	case ctx.Bool("write") && !apply:
		return say.Usagef("portmoor reconcile --plan plan.md writes a plan, --apply plan.md --write carries it out", "portmoor reconcile: --write needs --apply")
	case ctx.Bool("health") && !verify:
		return say.Usagef("add --verify", "portmoor reconcile: --health needs --verify")
	}
	return oneOf(ctx, "format", formatNames)
}

// settle decides about the ports of an inventory.
func (inv *inventory) settle(w *space) ([]contest.Settled, []contest.Contest, error) {
	settled, contests, err := contest.Decide(inv.ports, inv.options(w))
	var all []error
	for _, err := range say.Each(err) {
		p := say.Of(err)
		if u, ok := errors.AsType[*contest.Undecided](err); ok {
			p.Place = w.placeOf(u.Port.Places[0])
		}
		all = append(all, p)
	}
	return settled, contests, errors.Join(all...)
}

// showPlan prints what a plan decides, and exits with 1 if something is
// contested.
func (c *commands) showPlan(ctx *cli.Context, p plan.Plan) error {
	ports, services := p.Conflicts()
	if ports > 0 {
		c.fail(exitFindings)
	}
	if ctx.String("format") == "json" {
		return say.JSON(c.Out, p.Report(), true)
	}
	table := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tCURRENT\tNEW\tSTATUS\tRATIONALE")
	for _, s := range p.Services {
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\n", say.Visible(s.Name), s.Port.Port, s.New, s.Outcome, s.Rationale)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	c.summarize(p, ports, services)
	return nil
}

// summarize says in a line or two what a plan comes to.
func (c *commands) summarize(p plan.Plan, ports, services int) {
	if ports == 0 {
		fmt.Fprintf(c.Err, "%s, no conflict\n", say.Count(len(p.Services), "port"))
		if !c.sources {
			c.say("only compose files were looked at", "name other files that hold ports under sources in "+config.Name)
		}
		return
	}
	sum := p.Report().Summary
	fmt.Fprintf(c.Err, "%s contested by %s: %s to change, %s for a person to decide, %d left alone\n",
		say.Count(ports, "port"), say.Count(services, "service"), say.Count(sum.Changes, "place"), say.Count(sum.Open, "place"), sum.Left)
}

// writePlan writes the document. One that says the same already keeps its bytes,
// and a file that is no plan stays.
func (c *commands) writePlan(ctx *cli.Context, p plan.Plan, path string) error {
	if path == "-" {
		doc, err := p.Markdown("plan.md" + about(ctx))
		if err == nil {
			_, err = c.Out.Write(doc)
		}
		return err
	}
	before, err := readPlan(path)
	if err != nil {
		return err
	}
	name := planName(path) + about(ctx)
	if before != nil {
		if p, err = c.planAgain(p, before, path, name); err != nil {
			return err
		}
	}
	doc, err := p.Markdown(name)
	if err != nil {
		return err
	}
	if err := c.replace(path, before, doc); err != nil {
		return err
	}
	if ctx.String("format") == "json" {
		if err := say.JSON(c.Out, p.Report(), true); err != nil {
			return err
		}
	}
	ports, services := p.Conflicts()
	c.summarize(p, ports, services)
	fmt.Fprintf(c.Err, "%s: review it, then portmoor reconcile --apply %s --write\n", say.Visible(path), name)
	return nil
}

// planAgain is a plan that takes the place of an older one: with its date where
// nothing else has changed. What people have written is not overwritten, nor what
// was decided and has been carried out.
func (c *commands) planAgain(p plan.Plan, before []byte, path, name string) (plan.Plan, error) {
	old, err := plan.Parse(before)
	switch {
	case err != nil || old.Edited:
		return p, say.Failf("name another file, or remove it", "%s: was changed by hand, and stays as it is", path)
	case slices.ContainsFunc(p.Services, func(s plan.Service) bool {
		return slices.ContainsFunc(old.Moves(), func(m plan.Row) bool { return m.Service == s.Name && m.New == s.Port.Port })
	}):
		return p, say.Failf("name another file, or remove it", "%s: is the record of what was decided and has been carried out", path)
	}
	dated := p
	dated.Date = old.Date
	if doc, err := dated.Markdown(name); err == nil && bytes.Equal(doc, bytes.ReplaceAll(before, []byte("\r\n"), []byte("\n"))) {
		return dated, nil
	}
	return p, nil
}

// about are the arguments that say what a plan is about, as they are given again.
func about(ctx *cli.Context) string {
	var words strings.Builder
	for _, flag := range []string{"config", "file", "profile"} {
		values := ctx.StringSlice(flag)
		if flag == "config" && ctx.String(flag) != "" {
			values = []string{ctx.String(flag)}
		}
		for _, v := range values {
			words.WriteString(" --" + flag + " " + planName(v))
		}
	}
	for _, path := range ctx.Args().Slice() {
		words.WriteString(" " + planName(path))
	}
	return words.String()
}

// planName is a path as commands show it: with slashes, and no flag.
func planName(path string) string {
	if path = filepath.ToSlash(path); strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return say.Shell(path)
}
