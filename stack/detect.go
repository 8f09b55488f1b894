package stack

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack/gone"
)

// Detect gives every unit a port that nobody else has, remembers what it gave and
// writes the env file for Compose. With prune it forgets what no mapping has any
// more.
func (s *Stack) Detect(e Engine, prune bool) (outcomes []allocate.Outcome, err error) {
	r, refused := round{s, e}, false
	err = change(s, allocate.Change{Decide: func() error {
		if err := s.refuseElsewhere(e.Containers, e.Remote); err != nil {
			return err
		}
		r.setIdle()
		r.setHas()
		outcomes = r.assign()
		if refused = refuseBadEntry(s, outcomes); refused {
			return nil
		}
		if prune {
			r.prune()
		}
		r.remember(outcomes)
		return nil
	}, Write: func() error {
		if refused {
			return nil
		}
		return s.save()
	}, Ahead: r.ahead})
	return outcomes, err
}

// Preview is what Detect would give, and remembers nothing.
func Preview(s *Stack, e Engine) ([]allocate.Outcome, error) {
	if err := s.refuseElsewhere(e.Containers, e.Remote); err != nil {
		return nil, err
	}
	r := round{s, e}
	r.setIdle()
	r.setHas()
	return r.assign(), nil
}

// refuseBadEntry reports that the ports file has something else than a port for a port
// of the project: nothing is remembered then, so that the file stays as people left it.
func refuseBadEntry(s *Stack, outcomes []allocate.Outcome) bool {
	if !slices.ContainsFunc(keysOf(s), s.store.Foreign) {
		return false
	}
	for i, o := range outcomes {
		if o.Moved {
			outcomes[i] = allocate.Outcome{Unit: o.Unit, Problem: "is not moved, since another entry of " + s.Show(s.paths.Ports) + " is no port", Hint: "write a port there, or take the entry out"}
		}
	}
	return true
}

// round is one round of assigning, by what an engine says.
type round struct {
	*Stack

	engine Engine
}

// assign gives every unit its ports. What is remembered behind a pin is not
// given to anybody else.
func (s round) assign() []allocate.Outcome {
	units := slices.Clone(s.units)
	for _, u := range s.units {
		a, known := s.store.Assigned[u.Key]
		kept := u.Source == allocate.Environment || u.Source == allocate.EnvFile && a.Manual
		if known && kept && a.Port != u.Want.First {
			u.Want, u.Source, u.Movable = ports.From(a.Port, a.Width), allocate.Assigned, false
			units = append(units, u)
		}
	}
	return allocate.Assign(units, s.machine(s.engine), s.choices(units))[:len(s.units)]
}

// ahead tries more ports than it takes to assign.
func (s round) ahead(n int) {
	options := s.choices(s.units)
	options.Ahead = n
	allocate.Assign(s.units, s.machine(s.engine), options)
}

// choices say what may be chosen, and which units may have one port.
func (s round) choices(units []allocate.Unit) allocate.Options {
	return allocate.Options{Policy: s.Config.Policy(), About: s.About, Keeps: left(s.Stack).Keeps(), Together: func(a, b int) bool {
		return together(s.Stack, units[a], units[b], units[a].Fixed() && units[b].Fixed())
	}}
}

// together reports two units that must not have one port; of fixed ones, that run
// together.
func together(s *Stack, a, b allocate.Unit, fixed bool) bool {
	return slices.ContainsFunc(a.Services, func(x string) bool {
		return slices.ContainsFunc(b.Services, func(y string) bool {
			named := s.started != nil && s.Starts(x) && s.Starts(y)
			return named || !s.Project.MayShare(s.services[x].Profiles, s.services[y].Profiles, fixed)
		})
	})
}

// setIdle marks the units of services that neither run nor are started now, where
// some were named.
func (s round) setIdle() {
	for i := range s.units {
		s.units[i].Idle = s.started != nil && !slices.ContainsFunc(s.units[i].Services, func(service string) bool {
			return s.Starts(service) || slices.ContainsFunc(s.engine.Containers, func(from docker.Container) bool {
				return s.owns(from) && from.Service == service && from.Running()
			})
		})
	}
}

// setHas notes the host ports that the project's own containers have for each unit, with
// whatever files they were started, and those that its other services keep from it.
func (s round) setHas() {
	for i := range s.units {
		u := &s.units[i]
		u.Has, u.Others = nil, nil
		for _, lost := range s.engine.Lost {
			if lost.Owner.Kind == allocate.Mapping && !slices.Contains(u.Services, lost.Owner.Name) {
				u.Others = append(u.Others, lost)
			}
		}
		for _, from := range s.engine.Containers {
			if !s.owns(from) || !from.Running() {
				continue
			}
			if !slices.Contains(u.Services, from.Service) && !s.Starts(from.Service) {
				u.Others = append(u.Others, heldBy(from, s.Project.Name)...)
			}
			for _, m := range s.mappingsOf[u.Key] {
				for _, b := range from.Bindings {
					if m.Service == from.Service && m.Protocol == b.Protocol && m.Container.Has(b.ContainerPort) {
						u.Has = append(u.Has, ports.From(b.HostPort-b.ContainerPort+m.Container.First, m.Container.Width()))
					}
				}
			}
		}
	}
}

// remember keeps what was assigned; the environment of the process is for this
// run only.
func (s round) remember(outcomes []allocate.Outcome) {
	rest := left(s.Stack)
	for _, o := range outcomes {
		if o.Problem != "" || o.Ports.Zero() || o.Unit.Source == allocate.Environment || o.Owner.Claim() && !o.Moved {
			continue // what somebody else has reserved stays his
		}
		if o.Unit.Source == allocate.EnvFile && s.store.Assigned[o.Unit.Key].Manual {
			continue // what was chosen by hand is back when the pin is gone
		}
		before, known := s.store.Assigned[o.Unit.Key]
		byDefault, container := s.written(o.Unit)
		moved := known && !before.Pinned && before.Port == o.Ports.First // which an override file repeats
		repeats := o.Unit.Var == "" && !o.Moved && o.Unit.Source == allocate.Default && !moved
		s.store.Assigned[o.Unit.Key] = allocate.Assignment{
			Key: o.Unit.Key, Port: o.Ports.First, Manual: o.Unit.Source == allocate.Manual, Pinned: o.Unit.Source == allocate.EnvFile || repeats,
			Sockets: o.Unit.Sockets, Width: o.Ports.Width(), Override: overridden(s.Stack, o.Unit, before),
			Default: byDefault, Container: container,
		}
		takeOver(s.Stack, rest, o.Unit, o.Ports)
	}
}

// written are the ports that the compose file has for a unit; 0 for none.
func (s round) written(u allocate.Unit) (byDefault, container int) {
	for _, m := range s.mappingsOf[u.Key] {
		return m.HostPort.DefaultPorts.First, m.Container.First
	}
	return 0, 0
}

// left are the assignments that no unit of the project has.
func left(s *Stack) gone.Left {
	elsewhere := map[string]bool{}
	for _, p := range s.Neighbours {
		for _, svc := range p.Services {
			elsewhere[svc.Name] = true
		}
	}
	has := func(name string) bool { _, is := s.services[name]; return is }
	return gone.Of(s.store.Assigned, s.units, has, func(name string) bool { return elsewhere[name] })
}

// takeOver forgets what says the ports of a unit again, such as a key that its mapping
// had under another name.
func takeOver(s *Stack, rest gone.Left, u allocate.Unit, has ports.Range) {
	for _, key := range rest.Doubled(u, has) {
		if s.store.Knows(key) {
			delete(s.store.Assigned, key)
		}
	}
}

// Gone says which ports are remembered of services that no compose file has, and what
// forgets them; "" for none.
func (s *Stack) Gone() (line, hint string) {
	if !s.paths.Bounds.Has(s.paths.Ports) {
		return "", "" // its text is not shown
	}
	if line = left(s).String(); line != "" {
		line, hint = s.Show(s.paths.Ports)+": "+line, "to forget that: "+s.About.Portmoor("detect", "--prune")
	}
	return line, hint
}

// prune forgets what no mapping has any more.
func (s round) prune() {
	wanted := lists.Keys(s.units, func(u allocate.Unit) string { return u.Key })
	maps.DeleteFunc(s.store.Assigned, func(key string, _ allocate.Assignment) bool { return !wanted[key] })
}

// Choose gives a unit a port by hand, which is never moved, and returns the unit.
// Unless it is forced, a port that is reserved or that somebody has is refused.
func (s *Stack) Choose(e Engine, name string, port int, force bool) (u allocate.Unit, err error) {
	err = change(s, allocate.Change{Decide: func() error {
		i, part, err := find(s, name)
		if err != nil {
			return err
		}
		u = s.units[i]
		switch {
		case part != whole:
			return say.Usagef("name them all: "+u.Key, "portmoor assign: %s is one of a range of ports, which stay together", name)
		case u.Var == "" && !u.Movable:
			return say.Findingf("to make it a variable: "+s.About.Migrate(), "%s: the host port of %s is a literal, which no assignment moves", u.Place, u.Key)
		case u.Source == allocate.EnvFile || u.Source == allocate.Environment:
			return say.Findingf("remove it there first", "%s pins the host port of %s, which wins over an assignment", u.Place, u.Key)
		case u.Unfit != "":
			return say.Findingf(u.UnfitHint, "%s: %s: %s", u.Place, u.Key, u.Unfit)
		}
		u.Want, u.Source = ports.From(port, u.Want.Width()), allocate.Manual
		if u.Want.Last > ports.Last {
			return say.Usagef("choose a lower one", "portmoor assign: %s has %d ports, and %d is past the last port", u.Key, u.Want.Width(), u.Want.Last)
		}
		s.units[i] = u
		if err := s.refuseElsewhere(e.Containers, e.Remote); err != nil {
			return err
		}
		if !force {
			if err := (round{s, e}).refuseTaken(i); err != nil {
				return err
			}
		}
		byDefault, container := round{s, e}.written(u)
		s.store.Assigned[u.Key] = allocate.Assignment{Key: u.Key, Port: port, Manual: true, Sockets: u.Sockets, Width: u.Want.Width(), Default: byDefault, Container: container}
		takeOver(s, left(s), u, u.Want)
		return nil
	}, Write: s.save, Ahead: round{s, e}.ahead})
	return u, err
}

// refuseTaken refuses the port that a unit wants because it is reserved, or
// because somebody has it, whom it would drive away.
func (s round) refuseTaken(i int) error {
	s.setHas()
	u := s.units[i]
	if in, reserved := s.Config.Policy().ReservedRange(u.Want); reserved {
		return say.Findingf("choose another, or give --force", "port %d is in the reserved range %s", u.Want.First, in)
	}
	for j, o := range s.assign() {
		owner := o.Owner
		displaced := j != i && owner == allocate.Owner{Kind: allocate.Mapping, Name: u.Service} && o.Unit.Want.Overlaps(u.Want)
		if displaced {
			owner.Name = o.Unit.Service
		}
		if displaced || j == i && o.Problem != "" {
			return say.Findingf("choose another, or give --force", "port %s is %s", u.Want, owner.Has())
		}
	}
	return nil
}

// Picked is the error about a port that Docker picks, so that it is known only while
// the service runs.
type Picked struct {
	say.Problem

	Question live.Question // which the engine can be asked then
}

// Because adds why the engine can't be asked, or has no answer.
func (p *Picked) Because(err error) error {
	why := say.Of(err)
	p.Err, p.Hint = err, "it is known once the service runs, from the engine: "+why.Error()
	if why.Kind == say.Finding {
		p.Kind, p.Message, p.Hint = why.Kind, p.Message+", and "+why.Message, why.Hint
	}
	return p
}

func picked(name string, q live.Question) *Picked {
	return &Picked{say.Problem{Kind: say.Usage, Place: name, Message: "docker picks the host port at every start", Hint: "to have one assigned, write a variable with a default in its place, such as ${WEB_HOST_PORT:-8080}"}, q}
}

// Unit is what SERVICE or SERVICE:PORT names: a key of the ports file, or the only
// mapping of a service; for one container port of a range, it wants the one host port.
// Where Docker picks the port, that is an error, a [Picked].
func (s *Stack) Unit(name string) (allocate.Unit, error) {
	i, part, err := find(s, name)
	if err != nil {
		return allocate.Unit{}, err
	}
	u := s.units[i]
	switch {
	case u.Want.Zero():
		m := s.mappingsOf[u.Key][0]
		return allocate.Unit{}, picked(name, live.Question{Service: m.Service, Port: m.Container.First + max(part, 0), Protocol: m.Protocol})
	case part != whole:
		u.Want = ports.From(u.Want.First+part, 1)
	}
	return u, nil
}

// whole stands for all ports of a range.
const whole = -1

// find is the index of the unit that a name means, and which port of its range, whole
// for all.
func find(s *Stack, name string) (i, part int, err error) {
	var several []string
	only := -1
	service, container, _ := strings.Cut(strings.TrimSuffix(name, "/tcp"), ":") // which keys leave out
	if service == "" {
		return 0, 0, say.Usagef("is a variable of the script unset?", "the name of a service is empty")
	}
	if plain := strings.TrimLeft(container, "0"); plain != "" {
		container = plain // 0080 is 80
	}
	for i, u := range s.units {
		switch {
		case u.Key == name:
			return i, whole, nil
		case u.Service == service && container == "":
			only, several = i, append(several, u.Key)
		case u.Service == service && hasContainer(s, u.Key, service, container):
			return i, whole, nil
		}
	}
	switch {
	case len(several) > 1:
		return 0, 0, say.Usagef("write one of "+strings.Join(several, ", "), "%s: has several host ports", name)
	case only >= 0:
		return only, whole, nil
	}
	if err := s.Knows(service); err != nil {
		return 0, 0, err
	}
	var asked []live.Question // that Docker picks the ports for
	for _, m := range s.Project.Mappings {
		if m.Service != service || m.Dropped != compose.Published || m.Container.Zero() {
			continue
		}
		for port := m.Container.First; port <= m.Container.Last; port++ {
			part := port - m.Container.First
			if container == "" || container == m.Key.Container {
				part = whole
			}
			if number, protocol, given := strings.Cut(container, "/"); part != whole && (number != strconv.Itoa(port) || given && protocol != m.Protocol) {
				continue
			}
			if i := unitOf(s, &m); i >= 0 && (part == whole || s.units[i].Want.Width() == m.Container.Width()) {
				return i, part, nil
			}
			if !hasFixedPort(&m) {
				asked = append(asked, live.Question{Service: service, Port: port, Protocol: m.Protocol})
			}
		}
	}
	if asked = slices.Compact(asked); len(asked) == 1 {
		return 0, 0, picked(name, asked[0])
	}
	several = lists.Map(asked, func(q live.Question) string { return fmt.Sprintf("%s:%d/%s", q.Service, q.Port, q.Protocol) })
	if len(several) > 0 {
		return 0, 0, say.Usagef("write one of "+strings.Join(several, ", "), "%s: has several host ports", name)
	}
	return 0, 0, noPort(s, name, service)
}

// unitOf is the index of the unit that a mapping belongs to, negative for none. Its key
// may be that of another service with which it shares a variable.
func unitOf(s *Stack, m *compose.Mapping) int {
	return slices.IndexFunc(s.units, func(u allocate.Unit) bool {
		return u.Var != "" && u.Var == m.HostPort.Var || u.Key == s.names.AssignmentKey(m)
	})
}

// noPort is why a service of the project has no host port of some name.
func noPort(s *Stack, name, service string) error {
	q := live.Question{Service: service, Protocol: "tcp"}
	_, container, _ := strings.Cut(name, ":")
	number, protocol, given := strings.Cut(container, "/")
	if given {
		q.Protocol = protocol
	}
	if port, err := strconv.Atoi(number); err == nil {
		q.Port = port
	}
	switch svc, nothing := s.services[service], unpublished(s, q); {
	case nothing != nil:
		nothing.Kind = say.Usage
		return nothing
	case svc.HostNetwork():
		return say.Usagef("it is the port that the service listens on", "service %s is on the host's network, and needs no port there", service)
	case svc.Scale == 0:
		return say.Usagef("to start one: "+s.About.Portmoor("up", "--", "--scale", service+"=1"), "service %s is scaled to 0, and no port is kept for it", service)
	}
	keys := keysOf(s)
	return say.Usagef(say.Meant("", name, keys, say.There(keys)), "project %s has no host port called %s", s.Project.Name, name)
}

// hasContainer reports whether a key stands for a container port of a service.
func hasContainer(s *Stack, key, service, container string) bool {
	return slices.ContainsFunc(s.mappingsOf[key], func(m *compose.Mapping) bool {
		return m.Service == service && m.Key.Container == container && s.names.AssignmentKey(m) == key
	})
}
