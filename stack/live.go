package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

const (
	// grace is how long a container that runs may take to have its ports, which the
	// engine sometimes tells a moment later.
	grace = 2 * time.Second
	// pause is what an answer that is not there yet is left alone for.
	pause = 100 * time.Millisecond
)

// Found is what a project has now: its containers, and their ports joined with the
// mappings of its files.
type Found struct {
	Containers []docker.Container
	Ports      []live.Port
}

// runs reports whether a service has a container that runs, or tries to.
func (f Found) runs(service string) bool {
	return slices.ContainsFunc(f.Containers, func(c docker.Container) bool {
		return c.Service == service && (c.Running() || settling(c))
	})
}

// On is what was found as what an engine says: the containers of the project alone.
func (f Found) On(engine *docker.Engine) Engine {
	return Engine{Answered: true, Remote: engine.Remote, Host: engine.Machine(), Containers: f.Containers}
}

// Live is a project on an engine that is asked whenever somebody wants to know.
type Live struct {
	*Stack

	engine *docker.Engine
}

// On is the project on an engine.
func (s *Stack) On(engine *docker.Engine) Live { return Live{s, engine} }

// Look asks the engine, in one call, what the project has bound.
func (s Live) Look(ctx context.Context) (Found, error) {
	ask := s.engine.Up
	if s.options.Swarm {
		ask = s.engine.Stack
	}
	own, err := ask(ctx, s.Project.Name)
	if err != nil {
		return Found{}, err
	}
	if err := s.refuseElsewhere(own, s.engine.Remote); err != nil {
		return Found{}, err
	}
	return Found{own, s.join(own, Engine{Remote: s.engine.Remote, Host: s.engine.Machine()})}, nil
}

// Judge finds out who has what is not bound, for which the engine is asked once
// more.
func (s Live) Judge(ctx context.Context, found Found) (Found, error) {
	if unbound(s.About, found.Ports) == nil {
		return found, nil
	}
	all, err := s.concerned(ctx, s.engine, found)
	if err != nil {
		return found, err
	}
	found.Ports = s.join(found.Containers, Engine{Answered: true, Remote: s.engine.Remote, Host: s.engine.Machine(), Containers: all})
	return found, nil
}

// Concerned are the containers of the project, and those that have its ports where it
// does not: a host may have a hundred thousand others.
func (s *Stack) Concerned(engine *docker.Engine, ctx context.Context) ([]docker.Container, error) {
	own, err := engine.Up(ctx, s.Project.Name)
	if err != nil {
		return nil, err
	}
	return s.concerned(ctx, engine, Found{own, s.join(own, Engine{Remote: engine.Remote, Host: engine.Machine()})})
}

func (s *Stack) concerned(ctx context.Context, engine *docker.Engine, found Found) ([]docker.Container, error) {
	var missing []docker.Binding
	for _, p := range found.Ports {
		if p.HostPort == 0 && p.Wanted != 0 {
			missing = append(missing, docker.Binding{HostPort: p.Wanted, Protocol: p.Protocol})
		}
	}
	holders, err := engine.Holders(ctx, missing)
	holders = slices.DeleteFunc(holders, func(c docker.Container) bool { return c.Of(s.Project.Name) })
	return append(slices.Clone(found.Containers), holders...), err
}

// join holds the project's containers against its mappings and assignments, and what
// is not bound against what everybody has, if the engine has said so. Ports are not
// tried: the project may be starting just now.
func (s *Stack) join(own []docker.Container, e Engine) []live.Port {
	options := live.Options{
		Host:     e.Host,
		Wanted:   func(m *compose.Mapping) ports.Range { return unitFor(s, m).Want },
		Assigned: func(m *compose.Mapping) ports.Range { return s.assignedTo(unitFor(s, m)) },
	}
	if e.Answered {
		machine := s.machine(e)
		machine.Passive, machine.Claims = true, nil // who has only reserved a port keeps nobody from binding it
		options.Held = func(from docker.Container, m *compose.Mapping, port int) bool {
			owner, held := machine.Holder(m.Socket(), port, false)
			return held && (!settling(from) || !owner.Hidden())
		}
	}
	if !e.Remote {
		sockets := &allocate.Machine{Passive: true}
		options.Listens = func(m *compose.Mapping, port int) bool {
			_, held := sockets.Holder(ports.Socket{Protocol: m.Protocol}, port, false)
			return held
		}
	}
	return live.Join(s.Project, own, options)
}

// Planned are the ports that the next start will give, reached from here where the engine is
// on a host; "" for this machine.
func Planned(s *Stack, host string) []live.Port {
	return live.Shown(s.join(nil, Engine{Remote: true, Host: host})) // nobody has to be asked who listens
}

// settling reports a container that may have its ports already, which the engine
// tells a moment later: one that runs, or is about to again.
func settling(from docker.Container) bool {
	return from.State == "running" || from.State == "restarting"
}

// unbound is why not all ports are there yet, nil when they are.
func unbound(about say.About, ports []live.Port) error {
	for _, p := range ports {
		if p.HostPort == 0 {
			return live.Lacks(fmt.Sprintf("port %s of service %s is not bound", p.Target(), p.Service), "to see what there is: "+about.Docker("ps", "-a"))
		}
	}
	return nil
}

// Settled looks until each running container has the ports of its mappings, which
// the engine sometimes tells a moment later.
func (s Live) Settled(ctx context.Context) (Found, error) {
	patience := time.After(grace)
	for {
		found, err := s.Look(ctx)
		starting := slices.ContainsFunc(found.Ports, func(p live.Port) bool { return p.Container.Running() && p.HostPort == 0 })
		if err != nil || !starting {
			return found, err
		}
		select {
		case <-patience:
			return found, nil
		case <-ctx.Done():
			return found, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// Knows refuses a service that the project does not have.
func (s *Stack) Knows(service string) error {
	names := lists.Map(s.Project.Services, func(svc compose.Service) string { return svc.Name })
	if service == "" || slices.Contains(names, service) || s.options.Swarm { // which other files may have made
		return nil
	}
	return say.Usagef(say.Meant("", service, names, say.There(names)), "project %s has no service %q", s.Project.Name, service)
}

// Answer chooses what was asked for. Of services that the chosen profiles do not
// start, only what runs is told. Where there is no answer now, the error is a
// [live.Missing].
func (s *Stack) Answer(q live.Question, found Found) ([]live.Port, error) {
	all, err := q.Answer(s.Project.Name, s.About, found.Containers, found.Ports)
	if q.Service == "" {
		return slices.DeleteFunc(slices.Clone(all), func(p live.Port) bool { return p.HostPort == 0 && !s.Starts(p.Service) }), err
	}
	missing, ok := errors.AsType[*live.Missing](err)
	if q.Stack { // what it has is no matter of files
		return all, err
	}
	nothing := unpublished(s, q)
	switch {
	case !ok:
	case nothing != nil && (s.services[q.Service].HostNetwork() || !found.runs(q.Service)):
		return all, nothing // which starting it would not change
	case found.runs(q.Service):
	case s.Project.Service(q.Service).Scale == 0:
		missing.Hint = "it is scaled to 0; to start one: " + s.About.Portmoor("up", "--", "--scale", q.Service+"=1")
	case !s.Starts(q.Service):
		missing.Hint = "none of its profiles is chosen; to start it: " + s.About.Portmoor("up", "--profile", s.Project.Service(q.Service).Profiles[0])
	}
	return all, err
}

// unpublished is why there will be no answer to a question about a service whose files
// publish nothing, or other container ports only; nil when they publish it.
func unpublished(s *Stack, q live.Question) *live.Missing {
	var published []string
	for _, m := range s.Project.Mappings {
		if svc := s.services[m.Service]; m.Service != q.Service || m.Dropped != compose.Published || !svc.Publishes() && !svc.HostNetwork() {
			continue
		}
		if q.Port == 0 || m.Container.Zero() || m.Container.Has(q.Port) && m.Protocol == q.Protocol {
			return nil
		}
		published = append(published, m.Container.String()+"/"+m.Protocol)
	}
	if len(published) == 0 && s.services[q.Service].HostNetwork() {
		return live.Lacks("service "+q.Service+" is on the host's network, and names no port", "what it listens on is a port of the host; listed under ports it is shown here")
	}
	return q.Unpublished(published)
}

// Judged is the answer to a question with the states of what is not bound.
func (s Live) Judged(ctx context.Context, q live.Question, found Found) ([]live.Port, error) {
	found, err := s.Judge(ctx, found)
	if err != nil {
		return nil, err
	}
	return s.Answer(q, found)
}

// Wait asks until the answer is there, or the time is over; without any time, for a
// moment where a container has just been started. Waiting is told after a second
// what is waited for.
func (s Live) Wait(ctx context.Context, q live.Question, wait time.Duration, waiting func(error)) ([]live.Port, error) {
	over, patience, soon := time.After(wait), time.After(grace), time.After(time.Second)
	for {
		found, err := s.Look(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := s.Answer(q, found)
		if err == nil && wait > 0 {
			err = unbound(s.About, answer)
		}
		missing, ok := errors.AsType[*live.Missing](err)
		switch {
		case !ok && (err != nil || unbound(s.About, answer) == nil):
			return answer, err
		case !ok:
			return s.Judged(ctx, q, found)
		}
		over := over
		if wait == 0 && missing.Starting {
			over = patience
		}
		select {
		case <-over:
			if _, judged := s.Judged(ctx, q, found); judged != nil {
				return nil, judged
			}
			return nil, err
		case <-soon:
			waiting(err)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// VariableOf is the variable for a live port: that of its mapping, or the one
// that migrate would give it; "" where no mapping asks for it.
func (s *Stack) VariableOf(p live.Port) string {
	if p.Mapping == nil {
		return ""
	}
	if p.Mapping.HostPort.Settable() {
		return p.Mapping.HostPort.Var
	}
	return s.names.Of(p.Mapping)
}

// AssignedTo is what is remembered for a mapping, zero for nothing and for one whose
// port Docker picks.
func (s *Stack) AssignedTo(m *compose.Mapping) ports.Range {
	if i, assigned := s.unitOf[m]; assigned {
		return s.assignedTo(s.units[i])
	}
	return ports.Range{}
}
