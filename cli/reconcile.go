package cli

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/reconcile"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/workspace"
)

func reconcileCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:      "reconcile",
		Usage:     "resolve conflicts of fixed ports, by a plan that people review",
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
			&cli.BoolFlag{Name: "suggest-sources", Usage: "print sources for what looks like one service a folder with a port in its configuration", DisableDefaultText: true},
			&cli.StringFlag{Name: "author", Usage: "name `NAME` as the author of the plan, instead of the user"},
			formatFlag("how to print", formatNames...),
			&cli.StringSliceFlag{Name: "file", Aliases: []string{"f"}, Usage: "load `FILE`s as one project, as docker compose -f does", TakesFile: true},
			&cli.StringSliceFlag{Name: "profile", Usage: "choose `PROFILE`, as docker compose --profile does; may be repeated"},
			configFlag(),
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say what is passed over; with --verify: list the places that people have to decide about", DisableDefaultText: true},
			oneOfFlag("color", "", "when to colour the output, `WHEN` is "+say.Or(colorNames), colorNames),
		},
		Action: c.runReconcile,
	}
}

// reconcileRequest is what the flags of reconcile say.
type reconcileRequest struct {
	about               workspace.Request
	doc                 reconcile.Document // of --plan or --apply
	plan, apply, verify bool
	suggest             bool
	write, health       bool
	author              string
	json, verbose       bool
	style               style
}

// runReconcile reads the flags, and plans, applies or verifies.
func (c *program) runReconcile(ctx *cli.Context) error {
	r := reconcileRequest{
		about: c.request(ctx), plan: ctx.String("plan") != "", apply: ctx.String("apply") != "", verify: ctx.Bool("verify"), suggest: ctx.Bool("suggest-sources"),
		write: ctx.Bool("write"), health: ctx.Bool("health"), author: ctx.String("author"), json: ctx.String("format") == "json", verbose: ctx.Bool("verbose"),
		style: c.style(ctx),
	}
	if err := r.check(); err != nil {
		return err
	}
	r.doc = reconcile.Document{Path: cmp.Or(ctx.String("plan"), ctx.String("apply")), About: r.about}
	r.about.Whole, r.about.MayBeEmpty, r.about.Empty = true, true, r.suggest // without paths, the configuration's whole folder
	w, err := c.openAll(r.about)
	switch {
	case err != nil:
		return err
	case r.suggest:
		return reconciler{c}.suggestSources(w)
	case r.apply:
		return reconciler{c}.applyPlan(ctx.Context, r, w)
	case r.verify:
		return reconciler{c}.verifyPorts(ctx.Context, r, w, nil)
	}
	return reconciler{c}.makePlan(r, w)
}

// check refuses flags that do not go together.
func (r reconcileRequest) check() error {
	switch {
	case r.suggest && (r.plan || r.apply || r.verify):
		return say.Usagef("name the sources in "+config.Name+" first", "portmoor reconcile: --suggest-sources excludes --plan, --apply and --verify")
	case r.plan && (r.apply || r.verify):
		return say.Usagef("review the plan before it is applied", "portmoor reconcile: --plan excludes --apply and --verify")
	case r.write && !r.apply:
		return say.Usagef("write a plan with --plan FILE, then carry it out with --apply FILE --write", "portmoor reconcile: --write needs --apply")
	case r.health && !r.verify:
		return say.Usagef("add --verify", "portmoor reconcile: --health needs --verify")
	}
	return nil
}

// reconciler is the program at work for reconcile.
type reconciler struct{ *program }

// inventory gathers the ports of a workspace.
func (c reconciler) inventory(w *workspace.Workspace) (*reconcile.Inventory, error) {
	inv, notes, err := reconcile.Read(w)
	c.tellAll(notes)
	return inv, err
}

// makePlan writes a plan, or says what it would be.
func (c reconciler) makePlan(r reconcileRequest, w *workspace.Workspace) error {
	inv, err := c.inventory(w)
	if err != nil {
		return err
	}
	progress, finish := c.progress("looking for ports")
	p, err := inv.Plan(reconcile.Search{Plan: r.doc.Path, Progress: progress})
	finish()
	if err != nil {
		return err
	}
	c.tellAll(p.Held())
	p.Date, p.Author = c.date(), cmp.Or(r.author, c.variable("GIT_AUTHOR_NAME"), c.variable("USER"), c.variable("USERNAME"))
	sources := len(w.Config.Sources) > 0
	switch {
	case !r.plan:
		return c.showPlan(p, r.json, sources)
	case r.doc.Path == "-":
		r.doc.Path = "plan.md"
		text, err := p.Markdown(r.doc.Arguments())
		if err == nil {
			_, err = c.Out.Write(text)
		}
		return err
	}
	if err := r.doc.Save(w, p); err != nil {
		return err
	}
	return c.showSaved(p, r.doc, r.json, sources)
}

// applyPlan carries a plan out, or shows what that would change.
func (c reconciler) applyPlan(ctx context.Context, r reconcileRequest, w *workspace.Workspace) error {
	decided, err := r.doc.Open()
	if err != nil {
		return err
	}
	if r.verify && !r.write {
		return c.verifyPorts(ctx, r, w, &decided)
	}
	outputs, notes, err := r.doc.Apply(w, decided)
	c.tellAll(notes)
	if err == nil && r.write {
		err = reconcile.Write(w, outputs)
	}
	if err != nil {
		return err
	}
	if err := c.showApplied(r, w, decided, outputs); err != nil || !r.verify {
		return err
	}
	if w, err = c.openAll(r.about); err != nil { // with what has just been written
		return err
	}
	return c.verifyPorts(ctx, r, w, &decided)
}

// verifyPorts reports ports that two services have, and places that do not agree
// with them: with a plan, those of the ports that it has moved.
func (c reconciler) verifyPorts(ctx context.Context, r reconcileRequest, w *workspace.Workspace, d *plan.Decided) error {
	inv, err := c.inventory(w)
	if err != nil {
		return err
	}
	progress, finish := c.progress("looking for ports")
	v := inv.Verify(reconcile.Search{Plan: r.doc.Path, Progress: progress}, d)
	finish()
	checks := []reconcile.Check{}
	if r.health {
		checks = append(checks, inv.Health(ctx)...)
	}
	c.tellAll(inv.Held(d, checks))
	if len(v.Problems) > 0 || slices.ContainsFunc(checks, reconcile.Check.Failed) {
		c.fail(exitFindings)
	}
	return c.showVerified(v, checks, len(inv.Ports), r)
}

// suggestSources prints what the configuration could name under sources.
func (c reconciler) suggestSources(w *workspace.Workspace) error {
	text := reconcile.SuggestSources(w)
	if text == "" {
		c.say("nothing looks like one service a folder with a port in its configuration", "name a file with path and key under sources in "+config.Name)
	}
	_, err := io.WriteString(c.Out, text)
	return err
}

// date is the day that a plan is made on: that of SOURCE_DATE_EPOCH, else what
// the process was given.
func (c reconciler) date() string {
	now := c.Now
	if seconds, err := strconv.ParseInt(c.variable("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		now = time.Unix(seconds, 0).UTC()
	}
	if now.IsZero() {
		return ""
	}
	return now.Format(time.DateOnly)
}
