package reconcile

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/reconcile/references"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// Plan decides about the ports, and finds every place that has to follow. It has
// no date and no author. The error joins one for each thing that the rules leave to
// people.
func (inv *Inventory) Plan(o Search) (plan.Plan, error) {
	settled, contests, err := contest.Decide(inv.Ports, inv.options())
	if err != nil {
		return plan.Plan{}, err
	}
	p := plan.Plan{Contests: contests}
	next := map[string]int{}
	for _, s := range settled {
		next[s.Name] = s.New
		health, _ := inv.healthPath(s.Port)
		row := plan.Service{Settled: s, Health: health, Place: inv.w.FromHome(s.Place().File.Path)}
		if s.Outcome == contest.Changed {
			row.Holder = inv.holder(slices.IndexFunc(inv.Ports, func(p contest.Port) bool { return p.Name == s.Name }), s.New)
		}
		p.Services = append(p.Services, row)
		if s.Outcome != contest.Changed {
			continue
		}
		if r := s.Range.String(); !slices.Contains(p.Ranges, r) {
			p.Ranges = append(p.Ranges, r)
		}
		for _, place := range s.Places {
			p.Changes = append(p.Changes, inv.definition(place, s))
		}
	}
	slices.Sort(p.Ranges)
	var found references.Found
	if len(contests) > 0 {
		found = inv.search(o, inv.contested(contests, next))
	}
	inv.refer(&p, found)
	p.Changes = plan.WithoutOverlaps(p.Changes)
	p.Inputs = inv.inputs(p, found)
	inv.outside(&p)
	return p, nil
}

// contested are the ports that have a number which is contested, with what they
// become.
func (inv *Inventory) contested(contests []contest.Contest, next map[string]int) (subjects []references.Subject) {
	numbers := map[int]bool{}
	for _, c := range contests {
		for _, s := range c.Services {
			if s.Last <= s.Port {
				numbers[s.Port] = true
			}
		}
	}
	for _, number := range slices.Sorted(maps.Keys(numbers)) {
		for i, p := range inv.Ports {
			if p.Port == number {
				subjects = append(subjects, inv.subject(i, number, next[p.Name]))
			} else if p.Range().Has(number) {
				subjects = append(subjects, inv.subject(i, number, number))
			}
		}
	}
	return subjects
}

// subject is a port as something to look for.
func (inv *Inventory) subject(i, was, is int) references.Subject {
	p := inv.Ports[i]
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
func (inv *Inventory) definition(place contest.Place, s contest.Settled) plan.Change {
	line, column := place.File.Position(place.Span.Start)
	src := place.File.Src
	text := string(src[place.Span.Start:place.Span.End])
	start := strings.LastIndexAny(string(src[:place.Span.Start]), "\r\n") + 1
	before := strings.TrimLeft(string(src[start:place.Span.Start]), " \t-\ufeff")
	if secret := inv.w.Private()(place.File.Path) && !references.Harmless(before, ""); !secret && len(before) < 60 && !strings.ContainsAny(before, "`\t") && utf8.ValidString(before) {
		text, column = before+text, column-utf8.RuneCountInString(before)
	}
	return plan.Change{
		Place: plan.Place{Path: inv.w.FromHome(place.File.Path), Line: line, Column: column, Text: text},
		New:   strings.TrimSuffix(text, strconv.Itoa(s.Port.Port)) + strconv.Itoa(s.New), Service: s.Name, Reason: place.Key,
	}
}

// refer sorts references into what changes, what is open and what stays.
func (inv *Inventory) refer(p *plan.Plan, found references.Found) {
	for _, r := range found.References {
		place := plan.Place{Path: inv.w.FromHome(r.Path), Line: r.Line, Column: r.Column - utf8.RuneCountInString(r.Text[:r.At]), Text: r.Text}
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
		p.Unseen = append(p.Unseen, inv.w.FromHome(path)+": larger than "+strconv.Itoa(references.MaxSize>>20)+" MiB")
	}
	for _, path := range found.Unreadable {
		p.Unseen = append(p.Unseen, inv.w.FromHome(path)+": can't be read")
	}
}

// inputs are the files that the plan rests on: the configuration, those that
// define ports, and those that it changes.
func (inv *Inventory) inputs(p plan.Plan, found references.Found) []plan.Input {
	digests := map[string]string{}
	if inv.w.Config.Path != "" {
		digests[inv.w.FromHome(inv.w.Config.Path)] = references.Digest(inv.w.Config.Src)
	}
	for _, port := range inv.Ports {
		for _, place := range port.Places {
			digests[inv.w.FromHome(place.File.Path)] = references.Digest(place.File.Src)
		}
	}
	for path, digest := range found.Digests {
		name := inv.w.FromHome(path)
		if slices.ContainsFunc(p.Changes, func(c plan.Change) bool { return c.Path == name }) ||
			slices.ContainsFunc(p.Open, func(n plan.Note) bool { return n.Path == name }) {
			digests[name] = digest
		}
	}
	return lists.Map(slices.Sorted(maps.Keys(digests)), func(path string) plan.Input { return plan.Input{Path: path, Digest: digests[path]} })
}

// Search says how a tree is looked through for references. The zero value looks
// at everything that the configuration does not pass over, and tells nobody.
type Search struct {
	// Plan is the file of a plan, relative to the working folder, which is passed
	// over whatever it holds; "" for none.
	Plan string
	// Progress, if not nil, is told how many of all files are done, by one
	// goroutine at a time.
	Progress func(done, all int)
}

// search looks for the ports of subjects in every file of the workspace but
// plans, the configuration, and what Portmoor itself remembers.
func (inv *Inventory) search(o Search, subjects []references.Subject) references.Found {
	w := inv.w
	q := references.Query{
		Root: w.Home, Subjects: subjects, Opening: plan.Title, Progress: o.Progress,
		Defined: map[string][]source.Span{}, Keyed: map[string]bool{}, Known: map[int]bool{},
		Skip:    map[string]bool{w.Config.Path: true},
		Private: w.Private(),
		Options: w.Tree(),
	}
	q.Options.Ignore = slices.Concat(q.Options.Ignore, w.Config.References.Ignore)
	if o.Plan != "" {
		q.Skip[tree.Absolute(w.Dir, o.Plan)[0]] = true
	}
	for _, p := range w.Projects {
		q.Skip[w.PortsFile(p)] = true
		q.Skip[w.PortsEnvFile(p)] = true
	}
	for i := range q.Subjects { // the whole tree is nobody's own folder
		if q.Subjects[i].Dir == w.Home {
			q.Subjects[i].Dir = ""
		}
	}
	for _, p := range inv.Ports {
		q.Known[p.Port] = true
		for _, place := range p.Places {
			q.Defined[place.File.Path] = append(q.Defined[place.File.Path], place.Span)
		}
	}
	for _, p := range inv.Ports[len(inv.fixed):] {
		for _, place := range p.Places {
			q.Keyed[place.File.Path] = true
		}
	}
	return references.Find(q)
}
