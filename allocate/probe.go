package allocate

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/portmoor/portmoor/allocate/sockets"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
)

// Held is a port that somebody is known to hold.
type Held struct {
	Socket ports.Socket
	Port   int
	Owner  Owner
}

// Machine is a [Host]: what is known of containers and checkouts, and this
// machine's own sockets. The zero Machine asks the sockets only.
type Machine struct {
	// Held are ports that containers hold.
	Held []Held
	// Claims are who has reserved a port without a need for it now; nil for nobody.
	Claims func(port int) []Held
	// Own are ports that the project's own containers hold; a socket there is
	// no conflict.
	Own []Held
	// Silent are ports that the project was given before, when no engine says who
	// has them: Docker's own proxy has them for the project.
	Silent []Held
	// Denied reports that there is an engine, which does not answer this user. A
	// holder without a name then counts for Docker's proxy.
	Denied bool
	// Passive asks the socket table only. Trying to bind a port, which takes it for
	// a moment, could fail a service that starts just then.
	Passive bool
	// Remote reports that the engine is not on this machine, whose sockets then
	// say nothing.
	Remote bool

	// Table is what was read of the machine's sockets, for several machines; nil for a
	// table of its own.
	Table *Table

	once sync.Once
	held map[int][]Held
	own  map[int][]Held
}

// Table is the machine's socket table, read when it is needed, and what trying to bind
// ports has told. The zero Table knows nothing yet.
type Table struct {
	// Sealed lets nobody try what was not tried before: that counts as held, and Lacked
	// reports that it was asked for.
	Sealed, Lacked bool

	tried   map[try]Owner // the zero Owner for a port that is free
	owners  map[int][]sockets.Listener
	proxies []sockets.Listener
	proxied bool // the proxies were looked for
}

type try struct {
	socket ports.Socket
	port   int
}

// Holder is who holds a port: a container, else a socket, else who has only reserved
// it. A port that an own container has is free for the project, but not to be chosen:
// it may be another service's.
func (m *Machine) Holder(s ports.Socket, port int, choosing bool) (Owner, bool) {
	m.index()
	for _, h := range m.own[port] {
		if !choosing && h.Socket.Protocol == s.Protocol && (h.Socket.Address == s.Address || unspecified(h.Socket.Address)) {
			return Owner{}, false
		}
	}
	for _, h := range m.held[port] {
		if h.Socket.Overlaps(s) {
			return h.Owner, true
		}
	}
	own := false
	for _, h := range m.own[port] {
		if own = own || h.Socket.Overlaps(s); own && choosing {
			return h.Owner, true
		}
	}
	if !m.Remote && !own {
		if owner, held := m.socketHolder(s, port, choosing); held {
			return owner, true
		}
	}
	if m.Claims != nil {
		for _, h := range m.Claims(port) {
			if h.Socket.Overlaps(s) {
				return h.Owner, true
			}
		}
	}
	return Owner{}, false
}

func (m *Machine) index() {
	m.once.Do(func() {
		m.held, m.own = byPort(m.Held), byPort(m.Own)
		if m.Table == nil {
			m.Table = &Table{}
		}
	})
}

// socketHolder is who has a socket of this machine.
func (m *Machine) socketHolder(s ports.Socket, port int, choosing bool) (Owner, bool) {
	if m.Passive {
		owner, known := m.Table.process(s, port)
		if known && m.unsure(s, port) && !inUse(s, port) {
			return Owner{}, false
		}
		return owner, known
	}
	owner := m.Table.try(s, port)
	return owner, owner != Owner{} && (choosing || !m.spared(owner, s, port))
}

// try tries to bind the port, once. Another run's try is over in a moment, so what
// fails though no listener is known is tried again.
func (t *Table) try(s ports.Socket, port int) (owner Owner) {
	if known, ok := t.tried[try{s, port}]; ok {
		return known
	}
	if t.Sealed {
		t.Lacked = true
		return Owner{Kind: Process, Name: unnamed}
	}
	defer func() {
		if t.tried == nil {
			t.tried = map[try]Owner{}
		}
		t.tried[try{s, port}] = owner
	}()
	for n := range 8 {
		if !inUse(s, port) {
			return Owner{}
		}
		if t.owners != nil {
			if owner, known := t.process(s, port); known && inUse(s, port) {
				return owner
			}
		}
		time.Sleep(time.Millisecond << n / 2) // on a busy machine a moment is long
		if n > 1 {
			t.read() // which takes long; and it may have changed while it was read
		}
	}
	return Owner{Kind: Process, Name: unnamed}
}

// unsure reports that only listeners on [::] may have a port of an IPv4 address,
// which nothing but binding it tells.
func (m *Machine) unsure(s ports.Socket, port int) bool {
	return slices.Equal(networks(s), []string{s.Protocol + "4"}) &&
		!slices.ContainsFunc(m.Table.owners[port], func(l sockets.Listener) bool { return !l.Both && l.Socket.Overlaps(s) })
}

// Hold adds a port that somebody has, behind those that are known already.
func (m *Machine) Hold(h Held) {
	m.Held = append(m.Held, h)
	if m.held != nil {
		m.held[h.Port] = append(m.held[h.Port], h)
	}
}

// spared reports that a holder may be Docker's own proxy, and have the port for
// the project, which was given it before.
func (m *Machine) spared(owner Owner, s ports.Socket, port int) bool {
	docker := owner.proxy() || m.Denied && owner.nameless()
	return docker && slices.ContainsFunc(m.Silent, func(h Held) bool { return h.Port == port && h.Socket == s })
}

func unspecified(address string) bool {
	ip, err := netip.ParseAddr(address)
	return address == "" || err == nil && ip.IsUnspecified()
}

func byPort(all []Held) map[int][]Held {
	index := map[int][]Held{}
	for _, h := range all {
		index[h.Port] = append(index[h.Port], h)
	}
	return index
}

// inUse tries to bind a port, in each family that the socket needs. What can't
// be tried, such as a port that needs privileges or an address of another
// machine, is not in use for all we know.
func inUse(s ports.Socket, port int) bool {
	for _, network := range networks(s) {
		address := net.JoinHostPort(s.Address, strconv.Itoa(port))
		var err error
		var closer interface{ Close() error }
		switch s.Protocol {
		case "tcp":
			closer, err = net.Listen(network, address) //nolint:noctx // it returns at once
		case "udp":
			closer, err = net.ListenPacket(network, address) //nolint:noctx // it returns at once
		default:
			return false // nobody but the engine knows of sctp
		}
		if err == nil {
			_ = closer.Close()
			continue
		}
		if refused(err) {
			return true
		}
	}
	return false
}

// What Windows says of a port that somebody has, and of one that it keeps for
// itself, which Go's portable errors do not stand for.
const (
	wsaAccess       = syscall.Errno(10013)
	wsaAddressInUse = syscall.Errno(10048)
)

// refused reports that a port was not to be had because somebody has it.
func refused(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaAddressInUse) || errors.Is(err, wsaAccess)
}

// networks are the families of a socket: both without an address, each its own
// for a wildcard. A listener on [::] counts for IPv4 only if it takes that too,
// which binding IPv4 finds out.
func networks(s ports.Socket) []string {
	if s.Address == "" {
		return []string{s.Protocol + "4", s.Protocol + "6"}
	}
	ip, err := netip.ParseAddr(s.Address)
	if err == nil && ip.Unmap().Is4() {
		return []string{s.Protocol + "4"}
	}
	return []string{s.Protocol + "6"}
}

// process names the program that has a port, as far as the system tells.
func (t *Table) process(s ports.Socket, port int) (owner Owner, known bool) {
	if t.owners == nil {
		t.read()
	}
	for _, l := range t.owners[port] {
		if l.Socket.Overlaps(s) {
			return t.owner(l, s), true
		}
	}
	return Owner{}, false
}

// owner names the program of a listener that has a socket. One of another user is
// Docker's proxy, or has no name.
func (t *Table) owner(l sockets.Listener, s ports.Socket) Owner {
	if name := sockets.Name(l.PID); name != "" {
		return Owner{Process, name, fmt.Sprintf("pid %d", l.PID)}
	}
	if !t.proxied {
		t.proxies, t.proxied = sockets.Proxies(), true
	}
	for _, p := range t.proxies {
		if p.Port == l.Port && p.Socket.Overlaps(s) {
			return Owner{Process, sockets.Proxy, fmt.Sprintf("pid %d", p.PID)}
		}
	}
	return Owner{Kind: Process, Name: ofAnotherUser}
}

// read reads the machine's sockets.
func (t *Table) read() { t.owners, t.proxied = sockets.Read(), false }

// Listeners are all sockets of this machine that wait for others, by port, with the
// programs that have them.
func Listeners() (all []Held) {
	t := &Table{}
	t.read()
	for _, port := range slices.Sorted(maps.Keys(t.owners)) {
		all = append(all, lists.Map(t.owners[port], func(l sockets.Listener) Held { return Held{l.Socket, port, t.owner(l, l.Socket)} })...)
	}
	return all
}
