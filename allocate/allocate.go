// Package allocate says which host port belongs to whom: it gives every mapping
// a port that is free on this machine, and remembers it.
//
// The model: a [Unit] is the mappings that one assignment serves. [Assign] is
// pure: it takes units and what holds ports, a [Host], and returns what each
// unit gets and why. A [Machine] is one: it asks this machine's sockets;
// containers and other checkouts come as data. A [Store] keeps assignments in
// the project's ports file and in the machine's ledger. It is read without a lock,
// and written under one, when nobody else has written what matters: of two runs at
// once the second decides again.
//
//	store, err := allocate.Read(paths)
//	outcomes := allocate.Assign(units, &allocate.Machine{Claims: store.Claims}, options)
//	store.Assigned["web"] = …
//	err = store.Commit(nil, func(changed bool) error { … return store.Save() })
package allocate

import (
	"fmt"
	"slices"

	"github.com/portmoor/portmoor/allocate/sockets"
	"github.com/portmoor/portmoor/ports"
)

// Source is where the port that a unit wants comes from, the strongest last.
type Source int

// Sources of a wanted port.
const (
	Default     Source = iota // the compose file
	Assigned                  // remembered by an earlier run
	Manual                    // remembered by assign
	EnvFile                   // pinned by an env file
	Environment               // pinned by the environment of the process
)

// String is the source in words.
func (s Source) String() string {
	return [...]string{"default", "assigned", "assigned by hand", "env file", "environment"}[s]
}

// Unit is the mappings that one assignment serves: those of one variable.
type Unit struct {
	// Key is its name in the ports file.
	Key string
	// Var is the variable; "" for a literal.
	Var string
	// Movable reports that another port can be given: a variable can, a literal
	// only where an override file is written.
	Movable bool
	// Sockets are what its mappings bind.
	Sockets []ports.Socket
	// Want is the port or the range that it would have; zero where a pin says
	// that Docker picks, and then it gets none.
	Want   ports.Range
	Source Source
	// Place is where Want is set, for people: "compose.yaml:5:9", ".env:2".
	Place string
	// Has are the ports that containers of the project have for it now, which it keeps
	// rather than move to others.
	Has []ports.Range
	// Others are ports that containers of the project's other services have, and keep when
	// the project is started.
	Others []Held
	// Service is what its mappings belong to, the first of Services.
	Service  string
	Services []string
	// Idle reports that its services neither run nor are started now: it keeps no
	// other unit from a port that that one can't do without.
	Idle bool
	// Unfit says why no port is right for it, and UnfitHint what to do about
	// that; "" when one can be.
	Unfit, UnfitHint string
	// Range is where a new port is chosen from, both ends included.
	Range ports.Range
	// Explicit reports that the range was configured, and so may hold ports
	// that are not chosen otherwise.
	Explicit bool
}

// Kind is what an owner is.
type Kind int

// The kinds of owners.
const (
	Process   Kind = iota + 1 // a program on this machine
	Container                 // a container that is not the project's own
	Checkout                  // a claim of another checkout in the ledger
	Mapping                   // another mapping of the project
	Neighbour                 // a claim of another project in the same folder
	Swarm                     // a service of a swarm, which has it on every node
)

// Owner is who holds a port.
type Owner struct {
	Kind Kind
	// Name says who: "project/service", a program, a folder, a service.
	Name string
	// Detail says more: a container's name, a pid; "" for nothing.
	Detail string
}

// Claim reports who has only reserved a port: nothing is there that would keep anybody
// from binding it.
func (o Owner) Claim() bool { return o.Kind == Checkout || o.Kind == Neighbour }

// Has says in a sentence what the owner does with a port: it is ….
func (o Owner) Has() string {
	switch o.Kind {
	case Checkout:
		return "reserved by " + o.Name + ", not running; portmoor reset there frees it"
	case Neighbour:
		return "reserved by project " + o.Name + " of this folder, not running; portmoor reset -p " + o.Name + " frees it"
	default:
		return "held by " + o.String()
	}
}

// String is the owner by name: what he is, who, and more about him.
func (o Owner) String() string {
	kinds := map[Kind]string{Process: "process", Container: "container", Checkout: "checkout", Mapping: "service", Neighbour: "project", Swarm: "swarm service"}
	text := kinds[o.Kind]
	if o.Name != "" {
		text += " " + o.Name
	}
	if o.Detail != "" {
		text += fmt.Sprintf(" (%s)", o.Detail)
	}
	return text
}

// proxy reports a program that Docker holds the ports of its containers with.
func (o Owner) proxy() bool {
	return o.Kind == Process && slices.Contains([]string{sockets.Proxy, "rootlesskit", "rootlessport", "com.docker.backend", "vpnkit", "wslrelay.exe"}, o.Name)
}

// The names of holders that have none.
const (
	ofAnotherUser = "of another user"
	unnamed       = "that the system does not name"
)

func (o Owner) nameless() bool {
	return o.Kind == Process && (o.Name == ofAnotherUser || o.Name == unnamed)
}

// Hidden reports a holder that may be Docker itself: its proxy, or a program
// that only others may see the name of.
func (o Owner) Hidden() bool { return o.proxy() || o.nameless() }

// Host says who holds a port on this machine besides the project itself.
type Host interface {
	// Holder is who holds a port for a socket, if anybody does. What the project's
	// own containers hold is free for who wants it already, but is not chosen.
	Holder(s ports.Socket, port int, choosing bool) (Owner, bool)
}

// Outcome is what a unit gets.
type Outcome struct {
	Unit Unit
	// Ports are what it has now; zero when Problem says why it has none.
	Ports ports.Range
	// Moved reports that Ports are not what it wanted.
	Moved bool
	// Owner is who holds what it wanted; the zero Owner when nobody does.
	Owner Owner
	// Note says what somebody should know though the unit has what it wanted; "" for
	// nothing.
	Note string
	// Problem says why the unit can't have a port; "" when it has one.
	Problem string
	// Hint says what to do about the problem.
	Hint string
}

// From says where the ports come from: "moved", or the source of what was wanted.
func (o Outcome) From() string {
	if o.Moved {
		return "moved"
	}
	return o.Unit.Source.String()
}
