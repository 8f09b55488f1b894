package allocate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

// Options say what Assign may choose, and which units can run together.
type Options struct {
	// Policy says which ports are not picked, though they may be wanted; its Explicit
	// is that of each unit.
	Policy ports.Policy
	// Together reports whether two units, by index, must not have one port; nil means
	// that no two may.
	Together func(a, b int) bool
	// Keeps reports a port that is not picked, since it is remembered for what is not
	// there now; nil for none.
	Keeps func(port int) bool
	// Ahead is how many more ports the host is asked for, for each unit that may move:
	// who has to decide again need not ask.
	Ahead int
	// About is what commands in hints are about.
	About say.About
}

// Assign gives every unit a port: the one it wants where that is free, else, for
// a unit that may move, the lowest free one of its range. The result has the
// order of the units. It does not depend on the order in which they are given:
// pins come first, then what is remembered, then defaults; among them what can't
// move, then what has its port already, then the others by key. A unit that is idle comes
// last where one that is not, and can't move, wants its port; so does one that was only
// assigned a port which a literal has.
func Assign(units []Unit, host Host, options Options) []Outcome {
	a := assigner{units: units, host: host, options: options, outcomes: make([]Outcome, len(units)), settled: make([]bool, len(units)), byPort: map[int][]int{}}
	order := make([]int, len(units))
	for i := range units {
		order[i] = i
		a.outcomes[i] = Outcome{Unit: units[i]}
		a.note(i, units[i].Want)
	}
	last := make([]int, len(units))
	for i := range units {
		last[i] = lists.Behind(a.yields(i))
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := units[i], units[j]
		return cmp.Or(last[i]-last[j], int(b.Source)-int(a.Source), lists.Behind(a.Movable)-lists.Behind(b.Movable),
			lists.Behind(!slices.Contains(a.Has, a.Want))-lists.Behind(!slices.Contains(b.Has, b.Want)), cmp.Compare(a.Key, b.Key))
	})
	for _, i := range order {
		a.keep(i)
	}
	for _, i := range order {
		if !a.settled[i] {
			a.move(i)
		}
	}
	for i, u := range units {
		if u.Movable && options.Ahead > 0 {
			a.free(i, options.Ahead)
		}
	}
	return a.outcomes
}

// yields reports a unit that another one which can't move needs the port of: an idle one,
// or one that was assigned it and can have another.
func (a *assigner) yields(i int) bool {
	u := a.units[i]
	if !u.Idle && (u.Source != Assigned || !u.Movable) {
		return false
	}
	for port := u.Want.First; port <= u.Want.Last; port++ {
		for _, j := range a.byPort[port] {
			o := a.units[j]
			idle, assigned := u.Idle && !o.Idle && o.Fixed(), !u.Idle && !o.Movable && a.together(i, j)
			if i != j && (idle || assigned) && meet(o.Sockets, u.Sockets) {
				return true
			}
		}
	}
	return false
}

func (a *assigner) together(i, j int) bool {
	return a.options.Together == nil || a.options.Together(i, j)
}

// Fixed reports a unit that has the port it wants, or none.
func (u Unit) Fixed() bool { return !u.Movable || u.Source >= Manual }

type assigner struct {
	units    []Unit
	host     Host
	options  Options
	outcomes []Outcome
	settled  []bool        // which units have their ports
	byPort   map[int][]int // the units that have or want each port
}

func (a *assigner) note(i int, ports ports.Range) {
	if ports.Zero() {
		return
	}
	for port := ports.First; port <= ports.Last; port++ {
		a.byPort[port] = append(a.byPort[port], i)
	}
}

// keep settles a unit whose wanted ports are free.
func (a *assigner) keep(i int) {
	u := a.units[i]
	if u.Unfit != "" {
		a.outcomes[i].Problem, a.outcomes[i].Hint = u.Unfit, u.UnfitHint
	}
	if u.Unfit != "" || u.Want.Zero() {
		a.settled[i] = true
		return
	}
	if owner, taken := a.holder(i, u.Want, false); taken {
		a.outcomes[i].Owner = owner
		if u.Movable || u.Source >= Manual || !owner.Claim() {
			return
		}
		a.outcomes[i].Note = fmt.Sprintf("port %s is a literal in the compose file, and is %s", u.Want, owner.Has())
	}
	a.settle(i, u.Want)
}

func (a *assigner) settle(i int, ports ports.Range) {
	if want := a.units[i].Want; want != ports {
		for port := want.First; port <= want.Last; port++ {
			a.byPort[port] = slices.DeleteFunc(a.byPort[port], func(j int) bool { return j == i })
		}
		a.note(i, ports)
	}
	a.outcomes[i].Ports, a.settled[i] = ports, true
}

// move finds another port, or says why there is none.
func (a *assigner) move(i int) {
	u, out := a.units[i], &a.outcomes[i]
	switch {
	case u.Source == EnvFile, u.Source == Environment:
		out.Problem = fmt.Sprintf("port %s is pinned by %s, but %s", u.Want, u.Place, out.Owner.Has())
		out.Hint = "change the pin, or stop whatever holds the port"
		return
	case u.Source == Manual:
		out.Problem = fmt.Sprintf("port %s was assigned by hand, but is %s", u.Want, out.Owner.Has())
		out.Hint = "assign another port, or stop whatever holds this one"
		return
	case !u.Movable:
		out.Problem = fmt.Sprintf("port %s is a literal in the compose file, and is %s", u.Want, out.Owner.Has())
		out.Hint = "to let it move: " + a.options.About.Migrate() + "; to leave the file as it is: " + a.options.About.Portmoor("up", "--isolate") + ", or " + a.options.About.Portmoor("detect", "--override", "ports.override.yaml") + "; or stop whatever holds it"
		return
	}
	to := ports.Range{}
	for _, has := range u.Has {
		if _, taken := a.holder(i, has, false); !taken && to.Zero() && has.Width() == u.Want.Width() {
			to = has
		}
	}
	if to.Zero() {
		to = a.free(i, 1)
	}
	if !to.Zero() {
		a.settle(i, to)
		out.Moved = true
		return
	}
	out.Problem = fmt.Sprintf("no port is free in %s, and %s is %s", u.Range, u.Want, out.Owner.Has())
	out.Hint = "widen range in .portmoor.yaml"
}

// free are the ports of a unit's range that it may have, the nth such from below; zero
// for none.
func (a *assigner) free(i, nth int) ports.Range {
	u := a.units[i]
	width := u.Want.Width()
	for first := u.Range.First; first+width-1 <= u.Range.Last; first++ {
		ports := ports.Range{First: first, Last: first + width - 1}
		if blocked := a.blocked(u, ports); blocked > 0 {
			first = blocked // the loop goes on behind it
			continue
		}
		if _, taken := a.holder(i, ports, true); taken {
			continue
		}
		if nth--; nth == 0 {
			return ports
		}
	}
	return ports.Range{}
}

// blocked is the last port of a range that must not be picked, 0 for none.
func (a *assigner) blocked(u Unit, in ports.Range) int {
	policy := a.options.Policy
	policy.Explicit = u.Explicit
	for port := in.Last; port >= in.First; port-- {
		if policy.Refuses(port) != "" || a.options.Keeps != nil && a.options.Keeps(port) {
			return port
		}
	}
	return 0
}

// holder is who holds one of a unit's ports: another unit that is settled, or
// somebody on the host. A port to choose is not taken from a unit that has yet
// to be settled either, nor from one that never runs together with this one.
func (a *assigner) holder(i int, ports ports.Range, choosing bool) (Owner, bool) {
	for port := ports.First; port <= ports.Last; port++ {
		for _, j := range a.byPort[port] {
			if i == j || !a.settled[j] && !choosing {
				continue
			}
			if (choosing || a.together(i, j)) && meet(a.units[i].Sockets, a.units[j].Sockets) {
				return Owner{Kind: Mapping, Name: a.units[j].Service}, true
			}
		}
	}
	for _, h := range a.units[i].Others {
		if ports.Has(h.Port) && slices.ContainsFunc(a.units[i].Sockets, h.Socket.Overlaps) {
			return h.Owner, true
		}
	}
	var reserved Owner // is named only where nobody is there
	for _, s := range a.units[i].Sockets {
		for port := ports.First; port <= ports.Last; port++ {
			switch owner, taken := a.host.Holder(s, port, choosing); {
			case taken && !owner.Claim():
				return owner, true
			case taken && reserved == Owner{}:
				reserved = owner
			}
		}
	}
	return reserved, reserved != Owner{}
}

func meet(a, b []ports.Socket) bool {
	return slices.ContainsFunc(a, func(x ports.Socket) bool {
		return slices.ContainsFunc(b, func(y ports.Socket) bool { return x.Overlaps(y) })
	})
}
