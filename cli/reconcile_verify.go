package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/plan"
	"github.com/portmoor/portmoor/references"
	"github.com/portmoor/portmoor/strategies"
)

// disagreement is something that verify has found.
type disagreement struct {
	Kind    string `json:"kind"` // conflict, port or reference
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
	Open     int            `json:"open"` // places that people have to decide about
	Health   []check        `json:"health"`
}

// verifyPorts reports ports that two services have, and places that do not agree
// with them: with moves, those of the ports that a plan has moved.
func (c *commands) verifyPorts(ctx *cli.Context, w *workspace, inv *inventory, moves []plan.Row) error {
	v := verified{Version: 1, Problems: append([]disagreement{}, inv.conflicts(w)...), Health: []check{}}
	v.Problems = append(v.Problems, inv.unmoved(w, moves)...)
	found := c.search(ctx, w, inv, inv.expected(moves))
	for _, r := range found.References {
		switch {
		case r.Verdict == references.Open && moves != nil:
			v.Open++
		case r.Verdict == references.Change && (moves != nil || r.Direct):
			v.Problems = append(v.Problems, disagreement{
				"reference", r.Service, w.show(r.Path), r.Line, r.Column,
				fmt.Sprintf("%s: %s has port %d (%s)", r.Text, r.Service, r.New, r.Reason),
			})
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
		return c.printJSON(v)
	}
	c.showVerified(v, len(inv.ports))
	return nil
}

// conflicts are the ports that two services have.
func (inv *inventory) conflicts(w *workspace) (found []disagreement) {
	_, contests, err := strategies.Reconcile(inv.ports, strategies.ReconcileOptions{Apart: inv.options(w).Apart, Ranges: nil})
	for _, contest := range contests {
		second := contest.Services[1]
		line, column := second.Places[0].File.Position(second.Places[0].Span.Start)
		var names []string
		for _, s := range contest.Services {
			names = append(names, s.Name)
		}
		found = append(found, disagreement{"conflict", second.Name, w.show(second.Places[0].File.Path), line, column, fmt.Sprintf("port %d is that of %s", contest.Port, strings.Join(names, ", "))})
	}
	for _, err := range joined(err) {
		if u, ok := errors.AsType[*strategies.Undecided](err); ok {
			place := u.Port.Places[0]
			line, column := place.File.Position(place.Span.Start)
			found = append(found, disagreement{"conflict", u.Port.Name, w.show(place.File.Path), line, column, u.Message})
		}
	}
	return found
}

// unmoved are the services that do not have the port that a plan gave them.
func (inv *inventory) unmoved(w *workspace, moves []plan.Row) (found []disagreement) {
	for _, m := range moves {
		i := slices.IndexFunc(inv.ports, func(p strategies.Port) bool { return p.Name == m.Service })
		switch {
		case i < 0:
			found = append(found, disagreement{Kind: "port", Service: m.Service, Message: m.Service + " is no longer there"})
		case inv.ports[i].Port != m.New:
			place := inv.ports[i].Places[0]
			line, column := place.File.Position(place.Span.Start)
			found = append(found, disagreement{"port", m.Service, w.show(place.File.Path), line, column, fmt.Sprintf("%s has port %d, in the plan it is %d", m.Service, inv.ports[i].Port, m.New)})
		}
	}
	return found
}

// expected are the subjects of a search for what does not agree: the old ports
// of services that have moved, and whose they are now; without moves the port of
// each service in the name of every other.
func (inv *inventory) expected(moves []plan.Row) (subjects []references.Subject) {
	for i, p := range inv.ports {
		for _, m := range moves {
			if p.Name == m.Service {
				subjects = append(subjects, inv.subject(i, m.Current, m.New))
			} else if p.Port == m.Current && !slices.ContainsFunc(subjects, func(s references.Subject) bool { return s.Name == p.Name && s.Was == p.Port }) {
				subjects = append(subjects, inv.subject(i, p.Port, p.Port))
			}
		}
		if moves == nil {
			seen := map[int]bool{}
			for _, other := range inv.ports {
				if !seen[other.Port] {
					seen[other.Port] = true
					subjects = append(subjects, inv.subject(i, other.Port, p.Port))
				}
			}
		}
	}
	return subjects
}

// showVerified prints the problems, and how the services are.
func (c *commands) showVerified(v verified, ports int) {
	for _, p := range v.Problems {
		place := ""
		if p.File != "" {
			place = fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
		}
		fmt.Fprintln(c.Out, visible(place+p.Message))
	}
	c.showHealth(v.Health)
	if v.Open > 0 {
		c.say(plural(v.Open, "place")+" with an old port for a person to decide", "they are in the plan")
	}
	if len(v.Problems) > 0 {
		fmt.Fprintln(c.Err, plural(len(v.Problems), "problem"))
		return
	}
	fmt.Fprintf(c.Err, "%s, no conflict, and every place that was looked at agrees\n", plural(ports, "port"))
}
