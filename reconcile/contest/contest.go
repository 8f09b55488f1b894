// Package contest says who has which port, who keeps one that several have, and
// where the others go.
//
// The model: a [Port] is the fixed host port of a service with every place that
// writes it. [FixedPorts] finds those of compose projects, and [Read] those that
// other files hold at a key path. [Decide] is pure: it takes ports and the laws for
// new ones, and returns what becomes of each, sorted by name, with a reason for
// people. A service that somebody decided about keeps a contested port, else one
// with priority, else a frozen one, else the first by the alphabet.
//
//	ports, err := contest.Read(root, []contest.Source{{Path: "*/config.yaml", Key: "port"}}, skip)
//	settled, contests, err := contest.Decide(ports, contest.Options{})
//	for _, s := range settled {
//		fmt.Println(s.Name, s.Port.Port, s.New, s.Rationale)
//	}
//
// What the rules leave to people is an error, an [Undecided] for each.
package contest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// Status is a service's say in who keeps a contested port, the weakest first.
type Status int

// The statuses of services.
const (
	Working  Status = iota
	Frozen          // not to be touched: on standby, or out of reach
	Priority        // others know its port
	Kept            // somebody has decided
)

// String is the word of the plan.
func (s Status) String() string { return [...]string{"working", "frozen", "priority", "kept"}[s] }

// Place is where a port is written.
type Place struct {
	File *source.File
	Span source.Span // of the number alone
	// Key says what the number is the value of, such as server.port, or a host
	// port of a compose file.
	Key string
}

// Port is the fixed host port of a service, in whatever files it is written.
type Port struct {
	// Service is what the user's lists call the service by.
	Service string
	// Name is Service, made different where a service has several ports.
	Name   string
	Port   int
	Last   int // of a range that Port begins; 0 of a single port
	Status Status
	// Stuck says why the port can't be changed, "" when it can.
	Stuck string
	// Places are all that write the number, nil where none does by itself.
	Places []Place
	entry  Place // of a compose file: its entry in ports
	// Dir is the folder that holds the service's own files, absolute; "" when it
	// shares one.
	Dir string
}

// Range is the port, or all of a range.
func (p Port) Range() ports.Range {
	return ports.Range{First: p.Port, Last: max(p.Port, p.Last)}
}

// Place is the first that writes the number; where none does by itself, the entry in ports.
// Its File is nil where the port is from no file.
func (p Port) Place() Place {
	if len(p.Places) > 0 {
		return p.Places[0]
	}
	return p.entry
}

// Outcome is what a port becomes, in the words of the plan.
type Outcome string

// The outcomes of a port.
const (
	NoChange    Outcome = "No change"
	Changed     Outcome = "Change"
	Prioritized Outcome = "Prioritized" // it keeps a port that others want too
)

// Settled is a port with what becomes of it.
type Settled struct {
	Port
	New     int // Port.Port unless Outcome is Changed
	Outcome Outcome
	// Rationale says why, for people.
	Rationale string
	// Range is what the new port was chosen from, zero when there is none.
	Range ports.Range
}

// Contest is a port that several services have.
type Contest struct {
	Port     int
	Services []Port // the one that keeps it first, the others in the order in which they move
}

// Options is what Decide is told. The zero value lets every two
// services clash that have one number, and knows of nobody else.
type Options struct {
	// Ranges are where services stay, by the name of a port or of its service. Without one it is the
	// thousand of the port below 10000, and the hundred above.
	Ranges map[string]ports.Range
	// Apart reports two ports, by index, that never clash. nil for none.
	Apart func(a, b int) bool
	// Policy says which ports are not picked; its Explicit is that of each service.
	Policy ports.Policy
	// Otherwise is where a service moves to when none of the ports of its thousand
	// or hundred may be picked; zero for ports.Default.
	Otherwise ports.Range
	// Taken says who else has a port, "" for nobody. nil for nobody at all.
	Taken func(port int) string
}

// Undecided is why there is no plan: the rules leave something to people.
type Undecided struct {
	say.Problem

	Port Port // the first that is concerned
}

func undecided(p Port, hint, format string, args ...any) error {
	place := ""
	if at := p.Place(); at.File != nil {
		line, column := at.File.Position(at.Span.Start)
		place = fmt.Sprintf("%s:%d:%d", at.File.Path, line, column)
	}
	return &Undecided{say.Problem{Kind: say.Finding, Place: place, Message: fmt.Sprintf(format, args...), Hint: hint}, p}
}

// Decide gives the ports that are contested to one service each and the
// others the next free ones; it touches no other. Both results are sorted: ports by name, contests
// by port. The error joins an [Undecided] for each thing to decide.
func Decide(ports []Port, options Options) ([]Settled, []Contest, error) {
	r := reconciler{options: options, taken: map[int]bool{}}
	for _, p := range ports {
		r.settled = append(r.settled, Settled{Port: p, New: p.Port, Outcome: NoChange, Rationale: unique(p)})
		for port := p.Port; port <= max(p.Port, p.Last); port++ {
			r.taken[port] = true
		}
	}
	err := errors.Join(lists.Map(r.contests(), r.settle)...)
	slices.SortFunc(r.settled, func(a, b Settled) int { return cmp.Compare(a.Name, b.Name) })
	return r.settled, r.contested, err
}

type reconciler struct {
	options   Options
	settled   []Settled // in the order of the ports given
	taken     map[int]bool
	contested []Contest
}

// contests are the ports, by index, that clash: for each number those that are
// joined by clashes, in the order of numbers.
func (r *reconciler) contests() [][]int {
	order := make([]int, len(r.settled))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(r.settled[a].Port.Port, r.settled[b].Port.Port), cmp.Compare(r.settled[a].Name, r.settled[b].Name))
	})
	var all [][]int
	seen := map[int]bool{}
	for at, i := range order {
		if seen[i] {
			continue
		}
		rivals := []int{i}
		for n := 0; n < len(rivals); n++ {
			for _, j := range order[at+1:] {
				if !slices.Contains(rivals, j) && r.clash(rivals[n], j) {
					rivals, seen[j] = append(rivals, j), true
				}
			}
		}
		if len(rivals) > 1 {
			all = append(all, rivals)
		}
	}
	return all
}

func (r *reconciler) clash(a, b int) bool {
	meet := r.settled[a].Port.Range().Overlaps(r.settled[b].Port.Range())
	return meet && (r.options.Apart == nil || !r.options.Apart(a, b))
}

// settle decides who keeps a port, and moves the others.
func (r *reconciler) settle(rivals []int) error {
	slices.SortFunc(rivals, func(a, b int) int { // the strongest first, then what can't move
		p, q := r.settled[a], r.settled[b]
		return cmp.Or(cmp.Compare(q.Status, p.Status), cmp.Compare(min(len(q.Stuck), 1), min(len(p.Stuck), 1)), cmp.Compare(p.Name, q.Name))
	})
	if err := r.undecided(rivals); err != nil {
		return err
	}
	winner := &r.settled[rivals[0]]
	contest := Contest{}
	var errs []error
	for n, i := range rivals {
		contest.Services = append(contest.Services, r.settled[i].Port)
		contest.Port = max(contest.Port, r.settled[i].Port.Port) // the beginning of a range need not be contested
		switch {
		case n == 0:
			r.keep(winner, len(rivals))
		case r.clashesBefore(rivals, n):
			errs = append(errs, r.move(&r.settled[i], winner.Port, len(rivals)))
		}
	}
	r.contested = append(r.contested, contest)
	return errors.Join(errs...)
}

// clashesBefore reports whether a rival clashes with one before it that stays.
func (r *reconciler) clashesBefore(rivals []int, n int) bool {
	return slices.ContainsFunc(rivals[:n], func(i int) bool {
		return r.settled[i].Outcome != Changed && r.clash(i, rivals[n])
	})
}

// undecided reports that the rules don't say who keeps the port.
func (r *reconciler) undecided(rivals []int) error {
	first := r.settled[rivals[0]]
	var equals []string
	for _, i := range rivals {
		if p := r.settled[i]; p.Status == first.Status && (i == rivals[0] || r.clash(rivals[0], i)) {
			equals = append(equals, p.Name)
		}
	}
	if first.Status == Working || len(equals) == 1 {
		return nil
	}
	hint := "name one of them under reconcile: keep"
	if first.Status == Kept {
		hint = "leave only one of them under reconcile: keep"
	}
	return undecided(first.Port, hint, "port %d: %s are %s", first.Port.Port, say.And(equals), first.Status)
}

// keep says why a port stays where it is.
func (r *reconciler) keep(s *Settled, rivals int) {
	s.Outcome = Prioritized
	switch {
	case s.Status == Kept:
		s.Rationale = "Kept by decision in " + conflict(rivals)
	case s.Status == Frozen:
		s.Outcome = NoChange
	case s.Status == Working && s.Stuck != "":
		s.Rationale = "Can't move: " + s.Stuck
	case s.Status == Working:
		s.Rationale = "Alphabetically first of " + conflict(rivals)
	}
}

// move gives a loser the next free port after the contested one in its range.
func (r *reconciler) move(s *Settled, winner Port, rivals int) error {
	if s.Stuck != "" {
		return undecided(s.Port, "change it by hand first, or let it keep the port: reconcile: keep", "port %d: %s would have to move, but %s", s.Port.Port, s.Name, s.Stuck)
	}
	in := r.options.rangeOf(s.Port)
	from := s.Port.Port + 1
	if !in.Has(s.Port.Port) {
		from = in.First
	}
	for port := from; port <= in.Last; port++ {
		if r.taken[port] || r.options.Refuses(s.Port, port) != "" {
			continue
		}
		r.taken[port] = true
		s.New, s.Outcome, s.Range = port, Changed, in
		s.Rationale = fmt.Sprintf("Conflict with %s %s", winner.Status, winner.Name)
		if rivals > 2 {
			s.Rationale = fmt.Sprintf("%d-way port conflict", rivals)
		}
		return nil
	}
	return undecided(s.Port, "give it another range under reconcile: ranges", "port %d: no port is free for %s after it in %s", s.Port.Port, s.Name, in)
}

// configured is the range that people have given a port.
func (o Options) configured(p Port) (in ports.Range, given bool) {
	if in, given = o.Ranges[p.Name]; !given {
		in, given = o.Ranges[p.Service]
	}
	return in, given
}

// Refuses says why a service must not move to a port, in words that follow "is";
// "" when it may.
func (o Options) Refuses(p Port, port int) (why string) {
	policy := o.Policy
	_, policy.Explicit = o.configured(p)
	if why = policy.Refuses(port); why == "" && o.Taken != nil {
		why = o.Taken(port)
	}
	return why
}

// rangeOf is where a port that moves stays: where people say, else in its thousand
// or hundred, unless none of those may be picked.
func (o Options) rangeOf(p Port) ports.Range {
	if in, given := o.configured(p); given {
		return in
	}
	in := established(p.Port)
	next := p.Port + 1
	for next <= in.Last && o.Policy.Refuses(next) != "" {
		next++
	}
	if p.Port == in.Last || next <= in.Last {
		return in
	}
	return cmp.Or(o.Otherwise, ports.Default)
}

// established is the range that a port belongs to by custom: its thousand below
// 10000, its hundred above.
func established(port int) ports.Range {
	size := 1000
	if port >= 10000 {
		size = 100
	}
	first := port / size * size
	return ports.Range{First: max(first, 1), Last: min(first+size-1, 65535)}
}

// unique is the rationale of a port that nobody else wants.
func unique(p Port) string {
	standing := map[Status]string{Frozen: "Frozen service (priority)", Priority: "Priority service"}
	return cmp.Or(standing[p.Status], "Unique, no conflict")
}

func conflict(rivals int) string {
	if rivals > 2 {
		return fmt.Sprintf("%d-way conflict", rivals)
	}
	return "conflict"
}
