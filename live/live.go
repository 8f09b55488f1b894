// Package live joins what a project's files publish with what Docker has bound.
//
// The model: [Join] is pure. It takes a project and its containers, and returns
// a [Port] for every container port of every replica, in each family that is
// bound, and for every mapping that nothing serves. What a mapping would get at
// the next start, and whether somebody else has that, come as functions.
//
//	ports := live.Join(project, containers, live.Options{Wanted: wanted, Held: held})
package live

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
)

// State is how a port that is bound compares with the one it should be.
type State string

// The states of a port.
const (
	OK      State = "ok"
	Drifted State = "drifted" // bound to another host port than the next start would give
	Foreign State = "foreign" // not bound, and somebody else holds the host port
	Down    State = "down"    // not bound
)

// Port is one container port of one container, or of a mapping that has none.
type Port struct {
	Service string
	// Container is whose port it is; zero where the service has no container.
	Container     docker.Container
	ContainerPort int
	Protocol      string
	// HostIP is the address that is bound, "0.0.0.0" and "::" for every interface
	// of a family; of a port that is down the one of the mapping.
	HostIP string
	// HostPort is the port that is bound; 0 for none.
	HostPort int
	// Wanted is what it would get at the next start; 0 where Docker picks.
	Wanted int
	// Mapping is what asks for it; nil where the files do not, or no longer.
	Mapping *compose.Mapping
	State   State
	// Host is the name or address by which it is reached from here, also of a port that
	// is down; "" where it can't be.
	Host string
	// URL leads there; "" where there is no telling how.
	URL string
}

// Options are what Join is told. The zero Options know of no wanted port, and of
// nobody else.
type Options struct {
	// Wanted is the host port of a mapping at the next start; zero where Docker
	// picks. nil for zero everywhere.
	Wanted func(*compose.Mapping) ports.Range
	// Assigned is the host port that is remembered for a mapping, which a pin may
	// hide; zero for none. nil for zero everywhere.
	Assigned func(*compose.Mapping) ports.Range
	// Held reports whether somebody else has a host port that a container does
	// not have; the container is zero where there is none. nil for nobody.
	Held func(c docker.Container, m *compose.Mapping, port int) bool
	// Listens reports whether anybody listens on a port of the host, for what is
	// on its network. nil for every port, since there is no telling.
	Listens func(m *compose.Mapping, port int) bool
	// Host is the name of the engine's machine; "" for this one.
	Host string
}

// Join returns the ports of a project, sorted by service, replica, container
// port and protocol, IPv4 before IPv6.
func Join(p *compose.Project, containers []docker.Container, o Options) []Port {
	j := joiner{Options: o, mappings: map[string][]*compose.Mapping{}, known: map[string]bool{}}
	bound := map[string]bool{}
	for _, svc := range p.Services {
		j.known[svc.Name] = true
		bound[svc.Name] = svc.Publishes() || svc.HostNetwork() // what is on no network, or on another's, has no ports of its own
	}
	for m := range p.Each() {
		if m.Dropped == compose.Published && m.Invalid == "" && bound[m.Service] {
			j.mappings[m.Service] = append(j.mappings[m.Service], m)
		}
	}
	served := map[string]bool{}
	for _, c := range containers {
		if !c.Running() && (c.OneOff || p.Service(c.Service).Scale == 0) {
			continue // it is over
		}
		served[c.Service] = served[c.Service] || !c.OneOff
		j.join(c)
	}
	for _, svc := range p.Services {
		if !served[svc.Name] && svc.Scale > 0 {
			j.join(docker.Container{Service: svc.Name, HostNetwork: svc.HostNetwork()})
		}
	}
	slices.SortStableFunc(j.ports, compare)
	return j.ports
}

func compare(a, b Port) int {
	return cmp.Or(cmp.Compare(a.Service, b.Service), a.Container.Compare(b.Container), cmp.Compare(a.ContainerPort, b.ContainerPort), cmp.Compare(a.Protocol, b.Protocol),
		cmp.Compare(docker.Family(a.HostIP), docker.Family(b.HostIP)), cmp.Compare(a.HostIP, b.HostIP), cmp.Compare(a.HostPort, b.HostPort))
}

type joiner struct {
	Options
	mappings map[string][]*compose.Mapping // by service
	known    map[string]bool               // the services of the files
	ports    []Port
}

// slot is one container port of a mapping.
type slot struct {
	mapping *compose.Mapping
	port    int
}

// join adds the ports of a container: those that are bound, and those of its
// mappings that are not.
func (j *joiner) join(c docker.Container) {
	bound := map[slot]bool{}
	if !c.Running() {
		c.Bindings = nil // it asks for them, and has none
	}
	if c.Role != "" && !j.known[c.Service] {
		j.asFound(c)
		return
	}
	asking := j.asking(c)
	for i, b := range c.Bindings {
		p := Port{Service: c.Service, Container: c, ContainerPort: b.ContainerPort, Protocol: b.Protocol, HostIP: b.HostIP, HostPort: b.HostPort, State: Drifted}
		if m := asking[i]; m != nil {
			bound[slot{m, b.ContainerPort}] = true
			p.Mapping, p.Wanted = m, j.wanted(m, b.ContainerPort)
			if (m.HostIP == "" || c.Role != "" || sameAddress(m.HostIP, b.HostIP)) && (p.Wanted == 0 || p.Wanted == b.HostPort) {
				p.State = OK
			}
		}
		p.Host = hostName(j.Host, p, c.Bindings)
		p.URL = url(p)
		j.ports = append(j.ports, p)
	}
	for _, m := range j.of(c) {
		if m.Container.Zero() || c.OneOff {
			continue // nobody can say which, or nobody has asked for it
		}
		for port := m.Container.First; port <= m.Container.Last; port++ {
			if !bound[slot{m, port}] {
				j.ports = append(j.ports, j.unbound(c, m, port))
			}
		}
	}
}

// of are the mappings whose ports a container has. Of a swarm's, a service has those that
// every node listens on, and a task those of its own node.
func (j *joiner) of(c docker.Container) []*compose.Mapping {
	return lists.Only(j.mappings[c.Service], func(m *compose.Mapping) bool {
		return c.Role == "" || (m.Mode == "host") == (c.Role == docker.SwarmTask)
	})
}

// asFound adds the ports of a container with which nothing can be compared, as those of a
// stack that was deployed from other files.
func (j *joiner) asFound(c docker.Container) {
	for _, b := range c.Bindings {
		p := Port{Service: c.Service, Container: c, ContainerPort: b.ContainerPort, Protocol: b.Protocol, HostIP: b.HostIP, HostPort: b.HostPort, State: OK}
		p.Host = hostName(j.Host, p, c.Bindings)
		p.URL = url(p)
		j.ports = append(j.ports, p)
	}
}

// unbound is a port that the engine has bound for nobody. On the host's network
// it needs to bind none.
func (j *joiner) unbound(c docker.Container, m *compose.Mapping, port int) Port {
	p := Port{Service: m.Service, Container: c, ContainerPort: port, Protocol: m.Protocol, HostIP: m.HostIP, Mapping: m, Wanted: j.wanted(m, port), State: Down}
	if c.HostNetwork {
		p.HostIP, p.Wanted = "0.0.0.0", port
	}
	p.Host = hostName(j.Host, p, nil)
	switch {
	case c.HostNetwork && c.Running() && j.Listens != nil && !j.Listens(m, port):
	case c.HostNetwork && c.Running():
		p.HostPort, p.State = port, OK
		p.URL = url(p)
	case p.Wanted != 0 && j.Held != nil && j.Held(c, m, p.Wanted):
		p.State = Foreign
	}
	return p
}

// wanted is the host port of one container port of a mapping.
func (j *joiner) wanted(m *compose.Mapping, port int) int {
	if j.Wanted == nil {
		return 0
	}
	r := j.Wanted(m)
	if r.Zero() {
		return 0
	}
	return r.First + port - m.Container.First
}

// asking are the mappings that a container's bindings come from, nil where none
// does: the pairs that fit best first, each mapping once for a container port in
// a family.
func (j *joiner) asking(c docker.Container) []*compose.Mapping {
	type pair struct {
		binding int
		mapping *compose.Mapping
		fit     int
	}
	var pairs []pair
	for i, b := range c.Bindings {
		for _, m := range j.of(c) {
			if m.Protocol == b.Protocol && b.ContainerPort >= m.Container.First && b.ContainerPort <= m.Container.Last {
				pairs = append(pairs, pair{i, m, j.fit(m, b)})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(b.fit, a.fit) })
	type once struct {
		slot
		family int
	}
	asking, used := make([]*compose.Mapping, len(c.Bindings)), map[once]bool{}
	for _, p := range pairs {
		b := c.Bindings[p.binding]
		at := once{slot{p.mapping, b.ContainerPort}, docker.Family(b.HostIP)}
		if c.Role != "" {
			at.family = p.binding // of tasks no family is told, and services have all of a range
		}
		if asking[p.binding] == nil && !used[at] {
			asking[p.binding], used[at] = p.mapping, true
		}
	}
	return asking
}

// fit is how well a binding is what a mapping asks for, or would have asked for
// when the container was started: what it wants may have changed since.
func (j *joiner) fit(m *compose.Mapping, b docker.Binding) (fit int) {
	if sameAddress(m.HostIP, b.HostIP) {
		fit += 4
	}
	switch wanted := j.wanted(m, b.ContainerPort); {
	case wanted == b.HostPort:
		fit += 3
	case within(m.HostPort.DefaultPorts, m, b) || j.Assigned != nil && within(j.Assigned(m), m, b):
		fit += 2
	case wanted == 0: // Docker picks, and may have picked this one
		fit++
	}
	return fit
}

// within reports a binding that a mapping has with these host ports: each its own
// for a container port, or any of them for the only one.
func within(r ports.Range, m *compose.Mapping, b docker.Binding) bool {
	if m.Container.Width() == 1 {
		return r.Overlaps(ports.Range{First: b.HostPort, Last: b.HostPort})
	}
	return !r.Zero() && b.HostPort-r.First == b.ContainerPort-m.Container.First
}

// sameAddress reports whether a mapping's address is what is bound; without one
// that is every interface of each family.
func sameAddress(mapping, bound string) bool {
	a, errA := netip.ParseAddr(mapping)
	b, errB := netip.ParseAddr(bound)
	if mapping == "" {
		return bound == "" || errB == nil && b.IsUnspecified()
	}
	return errA == nil && (errB == nil && a.Unmap() == b.Unmap() || bound == "" && a.IsUnspecified())
}

// everywhere reports the address of every interface.
func everywhere(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err != nil || ip.IsUnspecified()
}

// Shown are the ports without those of every address in IPv6 that are bound in IPv4 too:
// what people are shown, and what takes one number. One address, such as ::1, is a port of
// its own.
func Shown(ports []Port) (shown []Port) {
	type key struct {
		container, protocol string
		port                int
		mapping             *compose.Mapping
	}
	keyOf := func(p Port) key { return key{p.Container.ID, p.Protocol, p.ContainerPort, p.Mapping} }
	inIPv4 := map[key]bool{}
	for _, p := range ports {
		if p.HostPort != 0 && docker.Family(p.HostIP) == 4 {
			inIPv4[keyOf(p)] = true
		}
	}
	for _, p := range ports {
		if docker.Family(p.HostIP) == 4 || !inIPv4[keyOf(p)] || p.Mapping == nil && !everywhere(p.HostIP) {
			shown = append(shown, p)
		}
	}
	return shown
}
