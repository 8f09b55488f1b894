package reconcile

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/reconcile/references"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Apply gives the files of a workspace that a plan changes, and that are not as it
// makes them yet; [Write] writes them. The error is about files that are neither what
// the plan was made from nor what it makes of them, or about services that are not
// those of the plan; it joins one for each.
func (d Document) Apply(w *workspace.Workspace, decided plan.Decided) (outputs []rewrite.Output, notes []say.Problem, err error) {
	a := application{w, decided, d}
	outputs, done, err := a.outputs()
	if err != nil {
		return nil, nil, err
	}
	interrupted := done > 0 && len(outputs) > 0
	inv, notes, err := Read(w)
	switch {
	case interrupted && err == nil:
		err = a.noneNew(inv)
	case interrupted: // which leaves services between their ports
		err = nil
	case err == nil:
		err = a.sameServices(inv)
	}
	return outputs, notes, err
}

// Write writes what Apply gave for a workspace, all or nothing as far as the file system
// allows.
func Write(w *workspace.Workspace, outputs []rewrite.Output) error {
	if _, err := rewrite.WriteAll(w.Bounds, outputs); err != nil {
		return say.Failf("fix this and run it again; it resumes where it stopped", "%s", err)
	}
	return nil
}

// application is a plan that is being applied.
type application struct {
	*workspace.Workspace

	plan plan.Decided
	doc  Document
}

// again is the hint about a plan that no longer fits.
func (a application) again() string {
	return "plan again: " + a.doc.Command("--plan")
}

// outputs are the files that a plan changes and that are not changed yet, and how
// many of its inputs have been. It fails, and lists them, when files are neither
// what the plan was made from nor what it makes of them.
func (a application) outputs() (outputs []rewrite.Output, done int, err error) {
	changes := map[string][]plan.Change{}
	for _, change := range a.plan.Changes {
		changes[change.Path] = append(changes[change.Path], change)
	}
	inputs := slices.Clone(a.plan.Inputs)
	for _, path := range slices.Sorted(maps.Keys(changes)) { // people may add a place in any file
		if !a.rests(path) {
			inputs = append(inputs, plan.Input{Path: path})
		}
	}
	var stale []error
	for _, in := range inputs {
		out, err := a.output(in, changes[in.Path])
		switch {
		case err != nil:
			stale = append(stale, err)
		case out.Before != nil:
			outputs = append(outputs, out)
		case len(changes[in.Path]) > 0 && in.Digest != "":
			done++
		}
		delete(changes, in.Path)
	}
	return outputs, done, errors.Join(stale...)
}

// rests reports a file that the plan was made from.
func (a application) rests(path string) bool {
	return slices.ContainsFunc(a.plan.Inputs, func(in plan.Input) bool { return in.Path == path })
}

// output is what a plan makes of one of its inputs; it has no Before when there
// is nothing to do.
func (a application) output(in plan.Input, changes []plan.Change) (rewrite.Output, error) {
	path := tree.Absolute(a.Home, filepath.FromSlash(in.Path))[0]
	if !tree.Within(a.Home, path) {
		return rewrite.Output{}, say.Failf(a.again(), "%s: is outside the folder of the plan", in.Path)
	}
	src, err := tree.Read(path, tree.MaxFile)
	if err != nil {
		return rewrite.Output{}, say.Failf(a.again(), "%s: %s", a.Show(path), say.Cause(err))
	}
	if reason := a.Bounds.Refuses(path); len(changes) > 0 && reason != "" {
		return rewrite.Output{}, say.Failf(a.again(), "%s: %s, which is not written", a.Show(path), reason)
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
	case state == plan.Astray:
		return rewrite.Output{}, say.Failf("correct the place in the plan: file:line:column of the text's first character", "%s: a text that the plan changes is not at its place, though the file is as it was", a.Show(path))
	}
	return rewrite.Output{}, say.Failf(a.again(), "%s: changed since the plan was made", a.Show(path))
}

// sameServices refuses a plan that was made for other services, or that would
// not give them the ports it promises.
func (a application) sameServices(inv *Inventory) error {
	var wrong []error
	refuse := func(format string, args ...any) {
		wrong = append(wrong, say.Failf(a.again(), "%s: %s", a.doc.Path, fmt.Sprintf(format, args...)))
	}
	now := map[string]int{}
	for _, p := range inv.Ports {
		now[p.Name] = p.Port
	}
	for _, r := range a.plan.Rows {
		port, known := now[r.Service]
		switch delete(now, r.Service); {
		case !known:
			refuse("%s is in the plan, but no longer there", r.Service)
		case port != r.Current && port != r.New:
			refuse("%s has port %d, in the plan it is %d", r.Service, port, r.Current)
		}
	}
	for _, p := range inv.Ports {
		if _, unknown := now[p.Name]; unknown {
			refuse("%s (%d) is not in the plan", p.Name, p.Port)
		}
	}
	wrong = append(wrong, a.promised(inv)...)
	for _, r := range a.plan.Moves() {
		if who := a.takenBy(inv, r); who != "" {
			refuse("port %d, which %s would get, is %s", r.New, r.Service, who)
		}
	}
	return errors.Join(wrong...)
}

// noneNew refuses services in files that a plan was not made from. Of the others it
// is known that each file is one of two.
func (a application) noneNew(inv *Inventory) error {
	var wrong []error
	for _, p := range inv.Ports {
		if !a.rests(a.FromHome(p.Place().File.Path)) {
			wrong = append(wrong, say.Failf("leave it out under ignore until the plan is carried out", "%s: %s (%d) is not in the plan", a.doc.Path, p.Name, p.Port))
		}
	}
	return errors.Join(wrong...)
}

// takenBy says why a plan can't give a service a port, "" when it can.
func (a application) takenBy(inv *Inventory, move plan.Row) string {
	for _, p := range inv.Ports {
		moves := slices.ContainsFunc(a.plan.Moves(), func(r plan.Row) bool { return r.Service == p.Name })
		if p.Name != move.Service && !moves && p.Range().Has(move.New) {
			return "that of " + p.Name
		}
	}
	i := slices.IndexFunc(inv.Ports, func(p contest.Port) bool { return p.Name == move.Service })
	if i < 0 {
		return "" // it is said that the service is gone
	}
	return inv.options().Refuses(inv.Ports[i], move.New)
}

// promised reports the places that define a port which the plan moves, but that
// it does not change.
func (a application) promised(inv *Inventory) (wrong []error) {
	next := map[string]int{}
	for _, r := range a.plan.Moves() {
		next[r.Service] = r.New
	}
	for _, p := range inv.Ports {
		for _, place := range p.Places {
			if port, moves := next[p.Name]; moves && port != p.Port && !a.changes(place) {
				wrong = append(wrong, say.Failf("give it a step, or plan again", "%s: the plan gives %s port %d, but leaves this place", inv.place(place), p.Name, port))
			}
		}
	}
	return wrong
}

// changes reports whether a plan changes a place.
func (a application) changes(place contest.Place) bool {
	line, column := place.File.Position(place.Span.Start)
	return slices.ContainsFunc(a.plan.Changes, func(c plan.Change) bool {
		return c.Path == a.FromHome(place.File.Path) && c.Line == line && c.Column <= column && column < c.Column+utf8.RuneCountInString(c.Text)
	})
}
