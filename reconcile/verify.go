package reconcile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/reconcile/references"
	"github.com/portmoor/portmoor/say"
)

// Disagreement is something that Verify has found, for programs and for people.
type Disagreement struct {
	Kind    string `json:"kind"` // conflict, port, reference or open
	Service string `json:"service"`
	File    string `json:"file"` // relative to the working folder
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// Verified is what Verify has found. Neither list is nil.
type Verified struct {
	Problems []Disagreement `json:"problems"`
	Open     []Disagreement `json:"open"` // places that people have to decide about
}

// Verify finds ports that two services have, and places that do not agree with
// them: with a plan, those of the ports that it has moved. nil is no plan: then a
// place disagrees that says for certain whose port it names, by the service's name or as a
// default in the service's own folder, and what else may disagree is open.
func (inv *Inventory) Verify(o Search, d *plan.Decided) Verified {
	var moves []plan.Row
	if d != nil {
		moves = d.Moves()
	}
	v := Verified{Problems: append(append([]Disagreement{}, inv.conflicts()...), inv.unmoved(moves)...), Open: []Disagreement{}}
	for _, r := range inv.search(o, inv.expected(moves)).References {
		line, column := r.Line, r.Column-utf8.RuneCountInString(r.Text[:r.At]) // as in the plan
		found := Disagreement{"reference", r.Service, inv.w.Show(r.Path), line, column, fmt.Sprintf("%s: %s has port %d (%s)", r.Text, r.Service, r.New, r.Reason)}
		switch {
		case d != nil && d.Leaves(inv.w.FromHome(r.Path), r.Text, line, r.Column):
		case r.Verdict == references.Open:
			reason := r.Reason
			if d == nil && !strings.Contains(reason, "“") {
				reason, _, _ = strings.Cut(reason, ": ") // it may be that of every service
			}
			found.Kind, found.Message = "open", fmt.Sprintf("%s: %s", r.Text, reason)
			v.Open = append(v.Open, found)
		case r.Verdict == references.Change && (d != nil || r.Direct || r.Default):
			v.Problems = append(v.Problems, found)
		case r.Verdict == references.Change:
			found.Kind = "open"
			v.Open = append(v.Open, found)
		}
	}
	return v
}

// Held are notes about the ports that a plan moves services to and that somebody has on
// this machine; not those of services that some check has found well.
func (inv *Inventory) Held(d *plan.Decided, checks []Check) (notes []say.Problem) {
	if d == nil {
		return nil
	}
	for _, m := range d.Moves() {
		i := slices.IndexFunc(inv.Ports, func(p contest.Port) bool { return p.Name == m.Service })
		well := func(c Check) bool { return c.Service == m.Service && c.Port == m.New && c.Result == healthy }
		if i < 0 || slices.ContainsFunc(checks, well) {
			continue
		}
		if who := inv.holder(i, m.New); who != "" {
			notes = append(notes, say.Problem{
				Kind: say.Note, Message: fmt.Sprintf("port %d, the new one of %s, is held by %s", m.New, m.Service, who),
				Hint: "if that is not the service itself, stop it, or plan again with another range under reconcile: ranges",
			})
		}
	}
	return notes
}

// conflicts are the ports that two services have.
func (inv *Inventory) conflicts() (found []Disagreement) {
	_, contests, err := contest.Decide(inv.Ports, contest.Options{Apart: inv.apart})
	for _, c := range contests {
		names := lists.Map(c.Services, func(s contest.Port) string { return s.Name })
		found = append(found, inv.disagree("conflict", c.Services[1], "port %d is that of %s", c.Port, strings.Join(names, ", ")))
	}
	for _, err := range say.Each(err) {
		if u, ok := errors.AsType[*contest.Undecided](err); ok {
			found = append(found, inv.disagree("conflict", u.Port, "%s", u.Message))
		}
	}
	return found
}

// unmoved are the services that do not have the port that a plan gave them.
func (inv *Inventory) unmoved(moves []plan.Row) (found []Disagreement) {
	for _, m := range moves {
		i := slices.IndexFunc(inv.Ports, func(p contest.Port) bool { return p.Name == m.Service })
		switch {
		case i < 0:
			found = append(found, Disagreement{"port", m.Service, inv.w.Show(inv.w.Home), 1, 1, m.Service + " is no longer there"})
		case inv.Ports[i].Port != m.New:
			found = append(found, inv.disagree("port", inv.Ports[i], "%s has port %d, in the plan it is %d", m.Service, inv.Ports[i].Port, m.New))
		}
	}
	return found
}

// expected are the subjects of a search for what does not agree: the old ports
// of services that have moved, and whose they are now; without moves the port of
// each service in the name of every other.
func (inv *Inventory) expected(moves []plan.Row) (subjects []references.Subject) {
	for i, p := range inv.Ports {
		seen := map[int]bool{}
		add := func(was, is int) {
			if !seen[was] {
				seen[was] = true
				subjects = append(subjects, inv.subject(i, was, is))
			}
		}
		for _, m := range moves {
			if p.Name == m.Service {
				add(m.Current, m.New)
			}
		}
		for _, m := range moves {
			if p.Port == m.Current {
				add(p.Port, p.Port)
			}
		}
		first := slices.IndexFunc(inv.Ports, func(q contest.Port) bool { return q.Service == p.Service && q.Dir == p.Dir }) == i
		for _, other := range inv.Ports {
			if moves == nil && first { // a service with several ports may name each of them
				add(other.Port, inv.ownOr(p, other.Port))
			}
		}
	}
	return subjects
}

// ownOr is a number, if it is one of the ports of a port's service, else the port.
func (inv *Inventory) ownOr(p contest.Port, number int) int {
	for _, q := range inv.Ports {
		if q.Service == p.Service && q.Dir == p.Dir && q.Range().Has(number) {
			return number
		}
	}
	return p.Port
}

// disagree is what is wrong with a port, at the first place that writes it.
func (inv *Inventory) disagree(kind string, p contest.Port, format string, args ...any) Disagreement {
	at := p.Place()
	line, column := at.File.Position(at.Span.Start)
	return Disagreement{kind, p.Name, inv.w.Show(at.File.Path), line, column, fmt.Sprintf(format, args...)}
}
