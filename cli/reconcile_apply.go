package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/reconcile/references"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// readPlan reads a file that is to be a plan, nil when it does not exist.
func readPlan(path string) ([]byte, error) {
	info, err := os.Stat(path)
	var src []byte
	if err == nil && info.Mode().IsRegular() {
		src, err = tree.Read(path, tree.MaxFile)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, say.Failf("", "%s: %s", path, say.Cause(err))
	case !plan.Is(src):
		return nil, say.Usagef("name another file; it stays as it is", "%s: is not a plan", path)
	}
	return src, nil
}

// replace writes a file, of which before is what it was read as.
func (c *commands) replace(path string, before, after []byte) error {
	if _, err := rewrite.WriteAll([]rewrite.Output{{Path: path, Before: before, After: after}}); err != nil {
		return say.Failf("nothing was written", "%s", err)
	}
	return nil
}

// applyPlan carries a plan out, or shows what that would change.
func (c *commands) applyPlan(ctx *cli.Context, w *space) error {
	path := ctx.String("apply")
	name := planName(path) + about(ctx)
	decided, err := c.openPlan(path, name)
	if err != nil {
		return err
	}
	if ctx.Bool("verify") && !ctx.Bool("write") {
		return c.verifyPlan(ctx, w, decided)
	}
	outputs, done, err := w.outputs(decided, name)
	if err != nil {
		return err
	}
	interrupted := done > 0 && len(outputs) > 0
	inv, err := c.inventory(w)
	switch {
	case interrupted && err == nil:
		err = w.noneNew(inv, decided, path)
	case interrupted: // which leaves services between their ports
		err = nil
	case err == nil:
		err = w.sameServices(inv, decided, path, name)
	}
	if err != nil {
		return err
	}
	if ctx.Bool("write") {
		if _, err := rewrite.WriteAll(outputs); err != nil {
			return say.Failf("mend this and run it again: it goes on where it was", "%s", err)
		}
	}
	if err := c.showApplied(ctx, w, decided, outputs); err != nil {
		return err
	}
	if !ctx.Bool("verify") {
		return nil
	}
	if w, err = c.openAll(ctx); err != nil { // with what has just been written
		return err
	}
	return c.verifyPlan(ctx, w, decided)
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
func (c *commands) showApplied(ctx *cli.Context, w *space, d plan.Decided, outputs []rewrite.Output) error {
	defer c.tellApplied(ctx, d, outputs)
	switch {
	case ctx.String("format") == "json" && ctx.Bool("verify"):
		return nil // verify has one object to say
	case ctx.String("format") == "json":
		a := applied{1, ctx.Bool("write"), []appliedEdit{}}
		for _, o := range outputs {
			for _, ch := range d.Changes {
				if ch.Path == w.FromHome(o.Path) {
					a.Changes = append(a.Changes, appliedEdit{ch.Path, ch.Line, ch.Column, ch.Text, ch.New, ch.Service})
				}
			}
		}
		return say.JSON(c.Out, a, true)
	case ctx.Bool("write"):
		return nil
	}
	fromHome := *w // the patch is for the folder of the plan
	fromHome.Dir = w.Home
	return c.diff(ctx, &fromHome, outputs)
}

// verifyPlan verifies what a plan has moved.
func (c *commands) verifyPlan(ctx *cli.Context, w *space, d plan.Decided) error {
	inv, err := c.inventory(w)
	if err != nil {
		return err
	}
	return c.verifyPorts(ctx, w, inv, &d)
}

func (c *commands) openPlan(path, name string) (plan.Decided, error) {
	src, err := readPlan(path)
	if err == nil && src == nil {
		err = say.Usagef("portmoor reconcile --plan "+name+" writes one", "%s: no such file", path)
	}
	if err != nil {
		return plan.Decided{}, err
	}
	decided, err := plan.Parse(src)
	if err != nil {
		p := say.Of(err)
		if p.Place == "" {
			p.Place = path
		} else {
			p.Place = path + ":" + p.Place
		}
		err = p
	}
	return decided, err
}

// outputs are the files that a plan changes and that are not changed yet, and how
// many others have been. It fails, and lists them, when files are neither what the plan was made from nor
// what it makes of them.
func (w *space) outputs(d plan.Decided, name string) (outputs []rewrite.Output, done int, err error) {
	again := "plan again: portmoor reconcile --plan " + name
	changes := map[string][]plan.Change{}
	for _, change := range d.Changes {
		changes[change.Path] = append(changes[change.Path], change)
	}
	var stale []error
	for _, in := range d.Inputs {
		out, err := w.output(in, changes[in.Path], again)
		switch {
		case err != nil:
			stale = append(stale, err)
		case out.Before != nil:
			outputs = append(outputs, out)
		case len(changes[in.Path]) > 0:
			done++
		}
		delete(changes, in.Path)
	}
	for _, path := range slices.Sorted(maps.Keys(changes)) { // people may add a place in any file
		out, err := w.output(plan.Input{Path: path}, changes[path], again)
		switch {
		case err != nil:
			stale = append(stale, err)
		case out.Before != nil:
			outputs = append(outputs, out)
		}
	}
	return outputs, done, errors.Join(stale...)
}

// output is what a plan makes of one of its inputs; it has no Before when there
// is nothing to do.
func (w *space) output(in plan.Input, changes []plan.Change, again string) (rewrite.Output, error) {
	path := tree.Absolute(w.Home, filepath.FromSlash(in.Path))[0]
	if rel, err := filepath.Rel(w.Home, path); err != nil || strings.HasPrefix(rel, "..") {
		return rewrite.Output{}, say.Failf(again, "%s: is outside the folder of the plan", in.Path)
	}
	src, err := tree.Read(path, tree.MaxFile)
	if err != nil {
		return rewrite.Output{}, say.Failf(again, "%s: %s", w.Show(path), say.Cause(err))
	}
	if len(changes) > 0 && outsideOf(w.Home, path) {
		return rewrite.Output{}, say.Failf(again, "%s: is outside the folder of the plan, through a symlink", w.Show(path))
	}
	file := &source.File{Path: path, Src: src}
	same := func(src []byte) bool { return references.Digest(src) == in.Digest }
	if in.Digest == "" {
		same = nil
	}
	edits, state := plan.Edits(file, changes, same)
	switch {
	case state == plan.Done || state == plan.Due && len(edits) == 0:
		return rewrite.Output{}, nil
	case state == plan.Due:
		after, err := rewrite.Apply(src, edits)
		return rewrite.Output{Path: path, Before: src, After: after}, err
	}
	if state == plan.Astray {
		return rewrite.Output{}, say.Failf("correct the place in the plan: file:line:column of the text's first character", "%s: a text that the plan changes is not at its place, though the file is as it was", w.Show(path))
	}
	return rewrite.Output{}, say.Failf(again, "%s: changed since the plan was made", w.Show(path))
}

// outsideOf reports a file that is not below a folder when links are followed.
func outsideOf(folder, path string) bool {
	folder, err1 := filepath.EvalSymlinks(folder)
	target, err2 := filepath.EvalSymlinks(path)
	rel, err3 := filepath.Rel(folder, target)
	return errors.Join(err1, err2, err3) != nil || strings.HasPrefix(rel, "..")
}

// sameServices refuses a plan that was made for other services, or that would
// not give them the ports it promises.
func (w *space) sameServices(inv *inventory, d plan.Decided, path, name string) error {
	var wrong []error
	refuse := func(format string, args ...any) {
		wrong = append(wrong, say.Failf("plan again: portmoor reconcile --plan "+name, "%s: %s", path, fmt.Sprintf(format, args...)))
	}
	now := map[string]int{}
	for _, p := range inv.ports {
		now[p.Name] = p.Port
	}
	for _, r := range d.Rows {
		port, known := now[r.Service]
		switch delete(now, r.Service); {
		case !known:
			refuse("%s is in the plan, but no longer there", r.Service)
		case port != r.Current && port != r.New:
			refuse("%s has port %d, in the plan it is %d", r.Service, port, r.Current)
		}
	}
	for _, p := range inv.ports {
		if _, unknown := now[p.Name]; unknown {
			refuse("%s (%d) is not in the plan", p.Name, p.Port)
		}
	}
	wrong = append(wrong, w.promised(inv, d)...)
	for _, r := range d.Moves() {
		if who := w.takenBy(inv, d, r); who != "" {
			refuse("port %d, which %s would get, is %s", r.New, r.Service, who)
		}
	}
	return errors.Join(wrong...)
}

// noneNew refuses services in files that a plan was not made from. Of the others it
// is known that each file is one of two.
func (w *space) noneNew(inv *inventory, d plan.Decided, path string) error {
	var wrong []error
	for _, p := range inv.ports {
		file := w.FromHome(p.Places[0].File.Path)
		if !slices.ContainsFunc(d.Inputs, func(in plan.Input) bool { return in.Path == file }) {
			wrong = append(wrong, say.Failf("leave it out under ignore until the plan is carried out", "%s: %s (%d) is not in the plan", path, p.Name, p.Port))
		}
	}
	return errors.Join(wrong...)
}

// takenBy says why a plan can't give a service a port, "" when it can.
func (w *space) takenBy(inv *inventory, d plan.Decided, move plan.Row) string {
	for _, p := range inv.ports {
		moves := slices.ContainsFunc(d.Moves(), func(r plan.Row) bool { return r.Service == p.Name })
		if r := p.Range(); p.Name != move.Service && !moves && r.First <= move.New && move.New <= r.Last {
			return "that of " + p.Name
		}
	}
	i := slices.IndexFunc(inv.ports, func(p contest.Port) bool { return p.Name == move.Service })
	if i < 0 {
		return "" // it is said that the service is gone
	}
	return inv.options(w).Refuses(inv.ports[i], move.New)
}

// promised reports the places that define a port which the plan moves, but that
// it does not change.
func (w *space) promised(inv *inventory, d plan.Decided) (wrong []error) {
	next := map[string]int{}
	for _, r := range d.Moves() {
		next[r.Service] = r.New
	}
	for _, p := range inv.ports {
		for _, place := range p.Places {
			if port, moves := next[p.Name]; moves && port != p.Port && !w.changes(d, place) {
				wrong = append(wrong, say.Failf("give it a step, or plan again", "%s: the plan gives %s port %d, but leaves this place", w.placeOf(place), p.Name, port))
			}
		}
	}
	return wrong
}

// changes reports whether a plan changes a place.
func (w *space) changes(d plan.Decided, place contest.Place) bool {
	line, column := place.File.Position(place.Span.Start)
	return slices.ContainsFunc(d.Changes, func(c plan.Change) bool {
		return c.Path == w.FromHome(place.File.Path) && c.Line == line && c.Column <= column && column < c.Column+utf8.RuneCountInString(c.Text)
	})
}

// tellApplied sums up what was changed, or would be.
func (c *commands) tellApplied(ctx *cli.Context, d plan.Decided, outputs []rewrite.Output) {
	if len(outputs) == 0 {
		fmt.Fprintln(c.Err, "nothing to do: the plan has been carried out")
		return
	}
	verb := "would change"
	if ctx.Bool("write") {
		verb = "changed"
	}
	fmt.Fprintf(c.Err, "%s %s, for %s\n", verb, say.Count(len(outputs), "file"), say.Count(len(d.Moves()), "service"))
	if !ctx.Bool("write") {
		fmt.Fprintf(c.Err, "portmoor reconcile --apply %s --write makes the changes\n", planName(ctx.String("apply"))+about(ctx))
	}
}
