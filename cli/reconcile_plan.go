package cli

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/reconcile/references"
)

// makePlan decides about the ports, and finds every place that has to follow.
func (c *commands) makePlan(ctx *cli.Context, w *space, inv *inventory) (plan.Plan, error) {
	settled, contests, err := inv.settle(w)
	if err != nil {
		return plan.Plan{}, err
	}
	p := plan.Plan{Date: c.date(), Author: c.author(ctx), Contests: contests}
	next := map[string]int{}
	for _, s := range settled {
		next[s.Name] = s.New
		p.Services = append(p.Services, plan.Service{Settled: s, Health: w.healthPath(s.Port), Place: w.FromHome(s.Places[0].File.Path)})
		if s.Outcome != contest.Changed {
			continue
		}
		if r := s.Range.String(); !slices.Contains(p.Ranges, r) {
			p.Ranges = append(p.Ranges, r)
		}
		for _, place := range s.Places {
			p.Changes = append(p.Changes, w.definition(place, s))
		}
	}
	slices.Sort(p.Ranges)
	var found references.Found
	if len(contests) > 0 {
		found = c.search(ctx, w, inv, subjectsOf(inv, contests, next))
	}
	w.refer(&p, found)
	p.Changes = plan.WithoutOverlaps(p.Changes)
	p.Inputs = w.inputs(p, inv, found)
	w.outside(&p)
	return p, nil
}

// subjectsOf are the ports that have a number which is contested, with what they
// become.
func subjectsOf(inv *inventory, contests []contest.Contest, next map[string]int) (subjects []references.Subject) {
	numbers := map[int]bool{}
	for _, c := range contests {
		for _, s := range c.Services {
			if s.Last <= s.Port {
				numbers[s.Port] = true
			}
		}
	}
	for _, number := range slices.Sorted(maps.Keys(numbers)) {
		for i, p := range inv.ports {
			switch r := p.Range(); {
			case p.Port == number:
				subjects = append(subjects, inv.subject(i, number, next[p.Name]))
			case r.First < number && number <= r.Last:
				subjects = append(subjects, inv.subject(i, number, number))
			}
		}
	}
	return subjects
}

// subject is a port as something to look for.
func (inv *inventory) subject(i, was, is int) references.Subject {
	p := inv.ports[i]
	s := references.Subject{Name: p.Name, Service: p.Service, Dir: p.Dir, Was: was, Is: is}
	if i < len(inv.fixed) {
		s.Inside = []int{}
		for _, m := range inv.fixed[i].Mappings {
			for port := m.Container.First; port <= m.Container.Last && port > 0; port++ {
				s.Inside = append(s.Inside, port)
			}
		}
	}
	return s
}

// definition is the change of the place that gives a service its port.
func (w *space) definition(place contest.Place, s contest.Settled) plan.Change {
	line, column := place.File.Position(place.Span.Start)
	src := place.File.Src
	text := string(src[place.Span.Start:place.Span.End])
	start := strings.LastIndexAny(string(src[:place.Span.Start]), "\r\n") + 1
	if before := strings.TrimLeft(string(src[start:place.Span.Start]), " \t-\ufeff"); len(before) < 60 && !strings.ContainsAny(before, "`\t") && utf8.ValidString(before) {
		text, column = before+text, column-utf8.RuneCountInString(before)
	}
	return plan.Change{
		Place: plan.Place{Path: w.FromHome(place.File.Path), Line: line, Column: column, Text: text},
		New:   strings.TrimSuffix(text, strconv.Itoa(s.Port.Port)) + strconv.Itoa(s.New), Service: s.Name, Reason: place.Key,
	}
}

// refer sorts references into what changes, what is open and what stays.
func (w *space) refer(p *plan.Plan, found references.Found) {
	for _, r := range found.References {
		place := plan.Place{Path: w.FromHome(r.Path), Line: r.Line, Column: r.Column - utf8.RuneCountInString(r.Text[:r.At]), Text: r.Text}
		switch r.Verdict {
		case references.Change:
			was, is := strconv.Itoa(r.Port), strconv.Itoa(r.New)
			next := r.Text[:r.At] + is + r.Text[r.At+len(was):]
			if wider := len(is) - len(was); r.Pad > max(wider, 0) && wider != 0 { // the column keeps its width
				place.Text += strings.Repeat(" ", max(wider, 0))
				next += strings.Repeat(" ", max(-wider, 0))
			}
			p.Changes = append(p.Changes, plan.Change{Place: place, New: next, Service: r.Service, Reason: r.Reason, Kind: plan.KindOf(r.Path)})
		case references.Open:
			p.Open = append(p.Open, plan.Note{Place: place, Reason: r.Reason})
		case references.Left:
			p.Left = append(p.Left, plan.Note{Place: place, Reason: r.Reason, More: r.More})
		}
	}
	for _, path := range found.TooLarge {
		p.Unseen = append(p.Unseen, w.FromHome(path)+": larger than "+strconv.Itoa(references.MaxSize>>20)+" MiB")
	}
	for _, path := range found.Unreadable {
		p.Unseen = append(p.Unseen, w.FromHome(path)+": can't be read")
	}
}

// inputs are the files that the plan rests on: the configuration, those that
// define ports, and those that it changes.
func (w *space) inputs(p plan.Plan, inv *inventory, found references.Found) (inputs []plan.Input) {
	digests := map[string]string{}
	if w.Config.Path != "" {
		digests[w.FromHome(w.Config.Path)] = references.Digest(w.Config.Src)
	}
	for _, port := range inv.ports {
		for _, place := range port.Places {
			digests[w.FromHome(place.File.Path)] = references.Digest(place.File.Src)
		}
	}
	for path, digest := range found.Digests {
		name := w.FromHome(path)
		if slices.ContainsFunc(p.Changes, func(c plan.Change) bool { return c.Path == name }) ||
			slices.ContainsFunc(p.Open, func(n plan.Note) bool { return n.Path == name }) {
			digests[name] = digest
		}
	}
	for path, digest := range digests {
		inputs = append(inputs, plan.Input{Path: path, Digest: digest})
	}
	slices.SortFunc(inputs, func(a, b plan.Input) int { return cmp.Compare(a.Path, b.Path) })
	return inputs
}

// healthPath is where a service says how it is.
func (w *space) healthPath(p contest.Port) string {
	return cmp.Or(w.Config.Reconcile.Health[p.Name], w.Config.Reconcile.Health[p.Service], "/health")
}

// date is the day that a plan is made on: that of SOURCE_DATE_EPOCH, else what
// the process was given.
func (c *commands) date() string {
	now := c.Now
	if seconds, err := strconv.ParseInt(c.variable("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		now = time.Unix(seconds, 0).UTC()
	}
	if now.IsZero() {
		return ""
	}
	return now.Format(time.DateOnly)
}

// author is who makes a plan.
func (c *commands) author(ctx *cli.Context) string {
	return cmp.Or(ctx.String("author"), c.variable("GIT_AUTHOR_NAME"), c.variable("USER"), c.variable("USERNAME"))
}
