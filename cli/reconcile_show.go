package cli

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/reconcile"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/workspace"
)

// showPlan prints what a plan decides, and exits with 1 if something is
// contested.
func (c reconciler) showPlan(p plan.Plan, json, sources bool) error {
	if ports, _ := p.Conflicts(); ports > 0 {
		c.fail(exitFindings)
	}
	if json {
		return say.JSON(c.Out, p.Report(), true)
	}
	table := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tCURRENT\tNEW\tSTATUS\tRATIONALE")
	for _, s := range p.Services {
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\n", say.Visible(s.Name), s.Port.Port, s.New, s.Outcome, say.Visible(s.Rationale))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	c.summarize(p, sources)
	return nil
}

// summarize says in a line or two what a plan comes to.
func (c reconciler) summarize(p plan.Plan, sources bool) {
	ports, services := p.Conflicts()
	if ports == 0 {
		fmt.Fprintf(c.Err, "%s, no conflict\n", say.Count(len(p.Services), "port"))
		if !sources {
			c.say("only compose files were searched", "if other files hold ports, name them under sources in "+config.Name+"; reconcile --suggest-sources prints some")
		}
		return
	}
	sum := p.Report().Summary
	fmt.Fprintf(c.Err, "%s contested by %s: %s to change, %s for a person to decide, %d left alone\n",
		say.Count(ports, "port"), say.Count(services, "service"), say.Count(sum.Changes, "place"), say.Count(sum.Open, "place"), sum.Left)
}

// showSaved says what is in a plan that has been written, and what to do with it.
func (c reconciler) showSaved(p plan.Plan, doc reconcile.Document, json, sources bool) error {
	if json {
		if err := say.JSON(c.Out, p.Report(), true); err != nil {
			return err
		}
	}
	c.summarize(p, sources)
	fmt.Fprintf(c.Err, "%s: review it, then: %s\n", say.Visible(doc.Path), say.Visible(doc.Command("--apply", "--write")))
	return nil
}

// applied is what applying a plan has changed, or would.
type applied struct {
	Version int           `json:"version"`
	Written bool          `json:"written"`
	Changes []appliedEdit `json:"changes"`
}

type appliedEdit struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Before  string `json:"before"`
	After   string `json:"after"`
	Service string `json:"service"`
}

// showApplied prints the diff of what is not written yet, or the changes for
// programs, and sums up.
func (c reconciler) showApplied(r reconcileRequest, w *workspace.Workspace, d plan.Decided, outputs []rewrite.Output) error {
	defer c.tellApplied(r, d, outputs)
	switch {
	case r.json && r.verify:
		return nil // verify has one object to say
	case r.json:
		a := applied{1, r.write, []appliedEdit{}}
		for _, o := range outputs {
			for _, ch := range d.Changes {
				if ch.Path == w.FromHome(o.Path) {
					a.Changes = append(a.Changes, appliedEdit{ch.Path, ch.Line, ch.Column, ch.Text, ch.New, ch.Service})
				}
			}
		}
		return say.JSON(c.Out, a, true)
	case r.write:
		return nil
	}
	private := w.Private()
	shown := slices.DeleteFunc(slices.Clone(outputs), func(o rewrite.Output) bool { return private(o.Path) })
	for _, o := range outputs {
		if private(o.Path) {
			c.say(say.Path(w.Home, o.Path)+": would change as the plan says; its lines are not shown, since an env file may hold secrets", "")
		}
	}
	return c.diff(w.Home, shown, r.style) // the patch is for the folder of the plan
}

// tellApplied sums up what was changed, or would be.
func (c reconciler) tellApplied(r reconcileRequest, d plan.Decided, outputs []rewrite.Output) {
	if len(outputs) == 0 {
		fmt.Fprintln(c.Err, "nothing to do: the plan has been carried out")
		return
	}
	verb := "would change"
	if r.write {
		verb = "changed"
	}
	fmt.Fprintf(c.Err, "%s %s, for %s\n", verb, say.Count(len(outputs), "file"), say.Count(len(d.Moves()), "service"))
	if !r.write {
		fmt.Fprintf(c.Err, "to make the changes: %s\n", say.Visible(r.doc.Command("--apply", "--write")))
	}
}

// showVerified prints the problems, and how the services are.
func (c reconciler) showVerified(v reconcile.Verified, checks []reconcile.Check, ports int, r reconcileRequest) error {
	if r.json {
		return say.JSON(c.Out, struct {
			Version int `json:"version"`
			reconcile.Verified
			Health []reconcile.Check `json:"health"`
		}{1, v, checks}, true)
	}
	shown := v.Problems
	if r.verbose {
		shown = slices.Concat(shown, v.Open)
	}
	for _, p := range shown {
		fmt.Fprintln(c.Out, say.Visible(fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)))
	}
	c.showHealth(checks)
	agrees := "every place that was searched agrees"
	switch n := len(v.Open); {
	case n == 0:
	case r.apply:
		c.say(say.Count(n, "place")+" with an old port for a person to decide", "-v lists them; one that stays is named under References Left Alone in the plan")
	default:
		c.say(say.Count(n, "place")+" not judged: whose port it is does not stand there for certain", "-v lists them")
		agrees = "every other place agrees"
	}
	if len(v.Problems) > 0 {
		fmt.Fprintln(c.Err, say.Count(len(v.Problems), "problem"))
	} else {
		fmt.Fprintf(c.Err, "%s, no conflict, and %s\n", say.Count(ports, "port"), agrees)
	}
	if failed := len(lists.Only(checks, reconcile.Check.Failed)); failed > 0 {
		fmt.Fprintf(c.Err, "%d of %s failed\n", failed, say.Count(len(checks), "check"))
	}
	return nil
}

// showHealth prints a table of the checks.
func (c reconciler) showHealth(checks []reconcile.Check) {
	if len(checks) == 0 {
		return
	}
	table := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tPORT\tCHECK\tRESULT\tDETAIL")
	for _, r := range checks {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\n", say.Visible(r.Service), r.Port, say.Visible(r.What), r.Result, say.Visible(r.Detail))
	}
	_ = table.Flush()
}

// progress is a bar for people who wait for more than a second at a terminal.
// done is nil where there are none.
func (c reconciler) progress(what string) (done func(done, all int), finish func()) {
	if terminal(c.Err) == 0 || c.dumb() {
		return nil, func() {}
	}
	var late atomic.Bool
	late.Store(c.BarDelay < 0)
	timer := time.AfterFunc(cmp.Or(max(c.BarDelay, 0), time.Second), func() { _ = say.Guard(func() { late.Store(true) }) })
	shown := -1
	done = func(done, all int) {
		if percent := 100 * done / max(all, 1); late.Load() && percent != shown {
			shown = percent
			fmt.Fprintf(c.Err, "\r%s %3d%% (%d/%d)", what, percent, done, all)
		}
	}
	return done, func() {
		timer.Stop()
		if shown >= 0 {
			fmt.Fprintf(c.Err, "\r%*s\r", len(what)+24, "") // no control sequence: there may be no colours
		}
	}
}
