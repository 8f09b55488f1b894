package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/reconcile/references"
	"github.com/portmoor/portmoor/say"
)

// disagreement is something that verify has found.
type disagreement struct {
	Kind    string `json:"kind"` // conflict, port, reference or open
	Service string `json:"service"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// verified is what verify has to say.
type verified struct {
	Version  int            `json:"version"`
	Problems []disagreement `json:"problems"`
	Open     []disagreement `json:"open"` // places that people have to decide about
	Health   []check        `json:"health"`
}

// verifyPorts reports ports that two services have, and places that do not agree
// with them: with moves, those of the ports that a plan has moved.
func (c *program) verifyPorts(ctx *cli.Context, w *space, inv *inventory, d *plan.Decided) error {
	var moves []plan.Row
	if d != nil {
		moves = d.Moves()
	}
	v := verified{Version: 1, Problems: append([]disagreement{}, inv.conflicts(w)...), Open: []disagreement{}, Health: []check{}}
	v.Problems = append(v.Problems, inv.unmoved(w, moves)...)
	found := c.search(ctx, w, inv, inv.expected(moves))
	for _, r := range found.References {
		line, column := r.Line, r.Column-utf8.RuneCountInString(r.Text[:r.At]) // as in the plan
		found := disagreement{"reference", r.Service, w.Show(r.Path), line, column, fmt.Sprintf("%s: %s has port %d (%s)", r.Text, r.Service, r.New, r.Reason)}
		switch {
		case d != nil && d.Leaves(w.FromHome(r.Path), r.Text, line, r.Column):
		case r.Verdict == references.Open && d != nil:
			found.Kind, found.Message = "open", fmt.Sprintf("%s: %s", r.Text, r.Reason)
			v.Open = append(v.Open, found)
		case r.Verdict == references.Change && (d != nil || r.Direct):
			v.Problems = append(v.Problems, found)
		}
	}
	if ctx.Bool("health") {
		v.Health = append(v.Health, c.health(ctx.Context, w, inv)...)
	}
	failed := slices.ContainsFunc(v.Health, func(h check) bool { return h.Result == failing })
	if len(v.Problems) > 0 || failed {
		c.fail(exitFindings)
	}
	if ctx.String("format") == "json" {
		return say.JSON(c.Out, v, true)
	}
	c.showVerified(ctx, v, len(inv.ports))
	return nil
}

// conflicts are the ports that two services have.
func (inv *inventory) conflicts(w *space) (found []disagreement) {
	_, contests, err := contest.Decide(inv.ports, contest.Options{Apart: inv.options(w).Apart, Ranges: nil})
	for _, contest := range contests {
		second := contest.Services[1]
		line, column := second.Places[0].File.Position(second.Places[0].Span.Start)
		var names []string
		for _, s := range contest.Services {
			names = append(names, s.Name)
		}
		found = append(found, disagreement{"conflict", second.Name, w.Show(second.Places[0].File.Path), line, column, fmt.Sprintf("port %d is that of %s", contest.Port, strings.Join(names, ", "))})
	}
	for _, err := range say.Each(err) {
		if u, ok := errors.AsType[*contest.Undecided](err); ok {
			place := u.Port.Places[0]
			line, column := place.File.Position(place.Span.Start)
			found = append(found, disagreement{"conflict", u.Port.Name, w.Show(place.File.Path), line, column, u.Message})
		}
	}
	return found
}

// unmoved are the services that do not have the port that a plan gave them.
func (inv *inventory) unmoved(w *space, moves []plan.Row) (found []disagreement) {
	for _, m := range moves {
		i := slices.IndexFunc(inv.ports, func(p contest.Port) bool { return p.Name == m.Service })
		switch {
		case i < 0:
			found = append(found, disagreement{"port", m.Service, w.Show(w.Home), 1, 1, m.Service + " is no longer there"})
		case inv.ports[i].Port != m.New:
			place := inv.ports[i].Places[0]
			line, column := place.File.Position(place.Span.Start)
			found = append(found, disagreement{"port", m.Service, w.Show(place.File.Path), line, column, fmt.Sprintf("%s has port %d, in the plan it is %d", m.Service, inv.ports[i].Port, m.New)})
		}
	}
	return found
}

// expected are the subjects of a search for what does not agree: the old ports
// of services that have moved, and whose they are now; without moves the port of
// each service in the name of every other.
func (inv *inventory) expected(moves []plan.Row) (subjects []references.Subject) {
	for i, p := range inv.ports {
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
		first := slices.IndexFunc(inv.ports, func(q contest.Port) bool { return q.Service == p.Service && q.Dir == p.Dir }) == i
		for _, other := range inv.ports {
			if moves == nil && first { // a service with several ports may name each of them
				add(other.Port, inv.ownOr(p, other.Port))
			}
		}
	}
	return subjects
}

// ownOr is a number, if it is one of the ports of a port's service, else the port.
func (inv *inventory) ownOr(p contest.Port, number int) int {
	for _, q := range inv.ports {
		if r := q.Range(); q.Service == p.Service && q.Dir == p.Dir && r.First <= number && number <= r.Last {
			return number
		}
	}
	return p.Port
}

// showVerified prints the problems, and how the services are.
func (c *program) showVerified(ctx *cli.Context, v verified, ports int) {
	shown := v.Problems
	if ctx.Bool("verbose") {
		shown = slices.Concat(shown, v.Open)
	}
	for _, p := range shown {
		fmt.Fprintln(c.Out, say.Visible(fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)))
	}
	c.showHealth(v.Health)
	if n := len(v.Open); n > 0 {
		c.say(say.Count(n, "place")+" with an old port for a person to decide", "-v lists them; one that stays is named under References Left Alone in the plan")
	}
	failed := 0
	for _, h := range v.Health {
		if h.Result == failing {
			failed++
		}
	}
	switch {
	case len(v.Problems) > 0:
		fmt.Fprintln(c.Err, say.Count(len(v.Problems), "problem"))
	default:
		fmt.Fprintf(c.Err, "%s, no conflict, and every place that was looked at agrees\n", say.Count(ports, "port"))
	}
	if failed > 0 {
		fmt.Fprintf(c.Err, "%d of %s failed\n", failed, say.Count(len(v.Health), "check"))
	}
}
