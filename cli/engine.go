package cli

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// engineFacts are what the Docker engine says; nothing when it does not answer.
type engineFacts struct {
	answered   bool
	denied     bool   // it is there, but does not answer this user
	host       string // the name of its machine, "" for this one
	remote     bool
	containers []docker.Container
}

// connect finds the engine, and does not speak to it yet. Close it.
func (c *commands) connect() (*docker.Engine, error) {
	engine, err := docker.Connect(c.environ())
	if err == nil {
		engine.Timeout = c.EngineTimeout
	}
	return engine, err
}

// askEngine asks once a run, and says what the answers rest on if the engine
// does not answer or is elsewhere.
func (c *commands) askEngine(ctx context.Context) *engineFacts {
	if c.engine != nil {
		return c.engine
	}
	if err := c.needEngine(ctx); err != nil {
		c.say(err.Error()+": only this machine's sockets and other checkouts count", "")
		e, explained := errors.AsType[*docker.Error](err)
		c.engine = &engineFacts{denied: explained && e.Denied}
	}
	return c.engine
}

// needEngine asks the engine anew, for commands that are nothing without it.
func (c *commands) needEngine(ctx context.Context) error {
	engine, err := c.connect()
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	containers, err := engine.Containers(ctx)
	if err != nil {
		return err
	}
	if engine.Remote && c.engine == nil {
		c.say("the docker engine is on another machine: only its containers and other checkouts count", "")
	}
	c.engine = &engineFacts{answered: true, host: hostOf(engine), remote: engine.Remote, containers: containers}
	return nil
}

// hostOf is the name by which the engine's machine is reached, "" for this one.
func hostOf(engine *docker.Engine) string {
	u, err := url.Parse(engine.Host)
	if err != nil || !engine.Remote {
		return ""
	}
	return u.Hostname()
}

// ask fills in what the engine and other checkouts hold.
func (c *commands) ask(ctx context.Context, s *stack) error {
	engine := c.askEngine(ctx)
	if err := s.refuseElsewhere(engine.containers, engine.remote); err != nil {
		return err
	}
	s.machine = s.holders(engine.containers, engine.remote)
	if !engine.answered {
		s.machine.Silent, s.machine.Denied = s.given(), engine.denied
	}
	for _, lost := range c.lost { // where nobody is seen to hold it
		if _, held := s.machine.Holder(lost.Socket, lost.Port, false); !held {
			s.machine.Hold(lost)
		}
	}
	return nil
}

// holders are who has ports, as far as containers and other checkouts say.
func (s *stack) holders(containers []docker.Container, remote bool) *allocate.Machine {
	m := &allocate.Machine{Held: slices.Clone(s.store.Claims), Remote: remote}
	for _, from := range containers {
		switch {
		case !s.owns(from):
			m.Held = append(m.Held, heldBy(from)...)
		case from.Running(): // one that is stopped holds nothing against its own next start
			m.Own = append(m.Own, heldBy(from)...)
		}
	}
	return m
}

// heldBy are the ports of a container.
func heldBy(from docker.Container) (held []allocate.Held) {
	owner := allocate.Owner{Kind: allocate.Container, Name: from.Name}
	if from.Project != "" {
		owner = allocate.Owner{Kind: allocate.Container, Name: from.Project + "/" + from.Service, Detail: from.Name}
	}
	for _, b := range from.Bindings {
		held = append(held, allocate.Held{Socket: socketOf(b), Port: b.HostPort, Owner: owner})
	}
	return held
}

func socketOf(b docker.Binding) ports.Socket {
	return ports.Socket{Address: b.HostIP, Protocol: b.Protocol}
}

// given are the host ports that the project was given before.
func (s *stack) given() (all []allocate.Held) {
	for _, u := range s.units {
		a, known := s.store.Assigned[u.Key]
		for i := range max(a.Width, 1) {
			for _, socket := range u.Sockets {
				if known {
					all = append(all, allocate.Held{Socket: socket, Port: a.Port + i})
				}
			}
		}
	}
	return all
}

// setIdle marks the units of services that neither run nor are started now, where
// some were named.
func (s *stack) setIdle(containers []docker.Container) {
	for i := range s.units {
		s.units[i].Idle = s.only != nil && !slices.ContainsFunc(s.units[i].Services, func(service string) bool {
			runs := func(from docker.Container) bool {
				return s.owns(from) && from.Service == service && from.Running()
			}
			return s.started(service) || slices.ContainsFunc(containers, runs)
		})
	}
}

// owns reports whether a container is one that the next start replaces: of a
// service of the project, and not of docker compose run.
func (s *stack) owns(from docker.Container) bool {
	return from.Project == s.project.Name && !from.OneOff &&
		slices.ContainsFunc(s.project.Services, func(svc compose.Service) bool { return svc.Name == from.Service })
}

// refuseElsewhere refuses to take the containers of another checkout for those
// of this project because they have its name. The folders of another machine say
// nothing.
func (s *stack) refuseElsewhere(containers []docker.Container, remote bool) error {
	for _, from := range containers {
		if !remote && from.Project == s.project.Name && from.Project != "" && !tree.Same(from.WorkingDir, s.project.Dir) {
			return say.Failf("give this one another name: with -p, or for good as COMPOSE_PROJECT_NAME in .env", "project %q runs from another folder, %s", s.project.Name, cmp.Or(from.WorkingDir, "which its containers do not name"))
		}
	}
	return nil
}
