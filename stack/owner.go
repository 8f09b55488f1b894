package stack

import (
	"cmp"
	"slices"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// Engine is what a Docker engine says, a fact that is asked for once. The zero
// Engine did not answer.
type Engine struct {
	Answered bool
	Denied   bool // it is there, but does not answer this user
	Remote   bool // it is on another machine
	// Host is the name of its machine, "" for this one.
	Host string
	// Containers are all that it has, running or not.
	Containers []docker.Container
	// Lost are ports that containers could not bind in this run.
	Lost []allocate.Held
}

// Lose notes ports that containers could not bind, and reports whether one of them
// is new.
func (e *Engine) Lose(lost []allocate.Held) (more bool) {
	for _, held := range lost {
		if !slices.Contains(e.Lost, held) {
			e.Lost, more = append(e.Lost, held), true
		}
	}
	return more
}

// machine is who has ports, as far as the engine, other checkouts and this machine
// say. A container that the next start replaces is never in its own way: the port
// of one that runs is free for the project, and one that is stopped has none. Where
// no engine answers, what the project was assigned and Docker's proxy has is its own.
func (s *Stack) machine(e Engine) *allocate.Machine {
	m := &allocate.Machine{Claims: s.store.Claims, Remote: e.Remote, Table: s.table}
	for _, from := range e.Containers {
		switch {
		case !s.owns(from):
			m.Held = append(m.Held, heldBy(from, "")...)
		case from.Running():
			m.Own = append(m.Own, heldBy(from, "")...)
		}
	}
	if !e.Answered {
		m.Silent, m.Denied = assignedBefore(s), e.Denied
	}
	for _, lost := range e.Lost { // where nobody is seen to hold it
		if owner, held := m.Holder(lost.Socket, lost.Port, false); !held || owner.Claim() {
			m.Hold(lost)
		}
	}
	return m
}

// owns is the law of what is the project's own: a container that the next start
// replaces, which is one of a service of the project, and not of docker compose
// run. That its checkout is this one, refuseElsewhere has seen to.
func (s *Stack) owns(from docker.Container) bool {
	_, known := s.services[from.Service]
	return from.Of(s.Project.Name) && !from.OneOff && known
}

// Starts reports whether a service is one that is started: by name, or by the
// chosen profiles.
func (s *Stack) Starts(service string) bool {
	if s.started != nil {
		return slices.Contains(s.started, service)
	}
	return s.Project.Starts(s.services[service].Profiles)
}

// StartsAny reports whether one of some services is started.
func (s *Stack) StartsAny(services []string) bool { return slices.ContainsFunc(services, s.Starts) }

// refuseElsewhere refuses to take the containers of another checkout for those
// of this project because they have its name. The folders of another machine say
// nothing.
func (s *Stack) refuseElsewhere(containers []docker.Container, remote bool) error {
	for _, from := range containers {
		if !remote && from.Project == s.Project.Name && from.Project != "" && !tree.Same(from.WorkingDir, s.Project.Dir) {
			return say.Failf("to run it beside that one: "+s.About.Portmoor("up", "--isolate")+"; or give it another name: with -p, or for good as COMPOSE_PROJECT_NAME in .env",
				"project %q runs from another folder, %s", s.Project.Name, cmp.Or(from.WorkingDir, "which its containers do not name"))
		}
	}
	return nil
}

// heldBy are the ports of a container, as seen by a project, "" for another one.
func heldBy(from docker.Container, project string) []allocate.Held {
	owner := allocate.Owner{Kind: allocate.Container, Name: from.Name}
	switch {
	case from.Role == docker.SwarmService:
		owner.Kind = allocate.Swarm
	case from.Project == "":
	case from.Project == project:
		owner = allocate.Owner{Kind: allocate.Mapping, Name: from.Service, Detail: "container " + from.Name}
	default:
		owner = allocate.Owner{Kind: allocate.Container, Name: from.Project + "/" + from.Service, Detail: from.Name}
	}
	return lists.Map(from.Bindings, func(b docker.Binding) allocate.Held {
		return allocate.Held{Socket: bound(b), Port: b.HostPort, Owner: owner}
	})
}

func bound(b docker.Binding) ports.Socket {
	return ports.Socket{Address: b.HostIP, Protocol: b.Protocol}
}

// assignedBefore are the host ports that the project was given before.
func assignedBefore(s *Stack) (all []allocate.Held) {
	for _, u := range s.units {
		assigned := s.assignedTo(u)
		for port := assigned.First; port <= assigned.Last && port > 0; port++ {
			for _, socket := range u.Sockets {
				all = append(all, allocate.Held{Socket: socket, Port: port})
			}
		}
	}
	return all
}

// assignedTo is what is remembered for a unit, zero for nothing.
func (s *Stack) assignedTo(u allocate.Unit) ports.Range {
	a := s.store.Assigned[u.Key]
	return ports.From(a.Port, a.Width)
}

// LostSince are the assigned ports that containers could not bind, as some failures
// to start say that were not there before. One that a container of the same service has,
// or of another one that has the same variable, is an error.
func (s *Stack) LostSince(before, now []docker.Failure, own []docker.Container) (lost []allocate.Held, err error) {
	for _, f := range now {
		if f.Port == 0 || slices.ContainsFunc(before, func(b docker.Failure) bool { return b.Container.ID == f.Container.ID && b.Text == f.Text }) {
			continue
		}
		for _, socket := range assignedSockets(s, f.Container.Service, f.Port) {
			held := allocate.Held{Socket: socket, Port: f.Port, Owner: allocate.Owner{Kind: allocate.Process, Name: "that only the engine sees"}}
			switch is, by := ownHolder(own, held); {
			case is && by.Service != f.Container.Service:
				held.Owner = allocate.Owner{Kind: allocate.Mapping, Name: by.Service, Detail: "container " + by.Name}
				if i := slices.IndexFunc(s.units, func(u allocate.Unit) bool {
					return slices.Contains(u.Services, by.Service) && slices.Contains(u.Services, f.Container.Service) && u.Want.Has(f.Port)
				}); i >= 0 {
					return nil, say.Failf("give each of the two a variable of its own", "port %d of service %s is %s, and %s is the host port of both", f.Port, f.Container.Service, held.Owner.Has(), s.units[i].Var)
				}
			case is:
				return nil, say.Failf("a service that runs several times needs ports that Docker picks: "+s.About.Migrate("--strategy", "auto"), "port %d is bound by %s of the project itself", f.Port, by.Name)
			}
			lost = append(lost, held)
		}
	}
	return lost, nil
}

// assignedSockets are those of a service that have a host port since ports were
// assigned.
func assignedSockets(s *Stack, service string, port int) (sockets []ports.Socket) {
	for _, u := range s.units {
		now := s.assignedTo(u)
		if now.Zero() || u.Source == allocate.Environment || u.Source == allocate.EnvFile {
			now = u.Want
		}
		for _, m := range s.mappingsOf[u.Key] {
			if now.Has(port) && m.Service == service {
				sockets = append(sockets, m.Socket())
			}
		}
	}
	return sockets
}

// ownHolder is the container of the project that has a socket. What docker
// compose run has started is not its own: the next start does not replace it.
func ownHolder(containers []docker.Container, lost allocate.Held) (own bool, by docker.Container) {
	for _, from := range containers {
		for _, b := range from.Bindings {
			if !from.OneOff && b.HostPort == lost.Port && bound(b).Overlaps(lost.Socket) {
				return true, from
			}
		}
	}
	return false, docker.Container{}
}
