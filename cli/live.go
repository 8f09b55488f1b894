package cli

import (
	"context"
	"net"
	"slices"
	"strconv"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/ports"
)

// livePorts are the ports that a project has now.
type livePorts struct {
	containers []docker.Container
	ports      []live.Port
}

// runs reports whether a service has a container that runs, or tries to.
func (l livePorts) runs(service string) bool {
	return slices.ContainsFunc(l.containers, func(c docker.Container) bool {
		return c.Service == service && (c.Running() || settling(c))
	})
}

// lookUp asks the engine, in one call, what the project has bound.
func (c *commands) lookUp(ctx context.Context, engine *docker.Engine, s *stack) (livePorts, error) {
	containers, err := engine.Project(ctx, s.project.Name)
	if err != nil {
		return livePorts{}, err
	}
	if err := s.refuseElsewhere(containers, engine.Remote); err != nil {
		return livePorts{}, err
	}
	return livePorts{containers, s.join(containers, nil, engine.Remote, hostOf(engine))}, nil
}

// judge finds out who has what is not bound, for which the engine is asked once
// more.
func (c *commands) judge(ctx context.Context, engine *docker.Engine, s *stack, found livePorts) (livePorts, error) {
	if unbound(found.ports) == nil {
		return found, nil
	}
	all, err := engine.Containers(ctx)
	if err != nil {
		return found, err
	}
	found.ports = s.join(found.containers, s.looking(all, engine.Remote), engine.Remote, hostOf(engine))
	return found, nil
}

// looking is holders for who only tells: ports are not tried, since the project
// may be starting just now.
func (s *stack) looking(containers []docker.Container, remote bool) *allocate.Machine {
	m := s.holders(containers, remote)
	m.Passive = true
	return m
}

// join holds containers against the project's mappings and assignments, and what
// is not bound against what the machine says; nil says nothing.
func (s *stack) join(containers []docker.Container, machine *allocate.Machine, remote bool, host string) []live.Port {
	options := live.Options{
		Host:     host,
		Wanted:   func(m *compose.Mapping) ports.Range { return s.unitFor(m).Want },
		Assigned: func(m *compose.Mapping) ports.Range { return s.assignedTo(s.unitFor(m)) },
	}
	if machine != nil {
		options.Held = func(from docker.Container, m *compose.Mapping, port int) bool {
			owner, held := machine.Holder(ports.Socket{Address: m.HostIP, Protocol: m.Protocol}, port, false)
			return held && (!settling(from) || !owner.Hidden())
		}
	}
	if !remote {
		sockets := &allocate.Machine{Passive: true}
		options.Listens = func(m *compose.Mapping, port int) bool {
			_, held := sockets.Holder(ports.Socket{Protocol: m.Protocol}, port, false)
			return held
		}
	}
	return live.Join(s.project, containers, options)
}

// settling reports a container that may have its ports already, which the engine
// tells a moment later: one that runs, or is about to again.
func settling(from docker.Container) bool {
	return from.State == "running" || from.State == "restarting"
}

// unitOf is the unit that serves a mapping, -1 where Docker picks its port.
func (s *stack) unitOf(m *compose.Mapping) int {
	return slices.IndexFunc(s.units, func(u allocate.Unit) bool { return slices.Contains(s.served[u.Key], m) })
}

// unitFor is the unit that serves a mapping, or would if its service ran.
func (s *stack) unitFor(m *compose.Mapping) allocate.Unit {
	if i := s.unitOf(m); i >= 0 {
		return s.units[i]
	}
	u, _ := s.unassigned(m)
	return u
}

// started reports whether a service is one that is started: by name, or by the
// chosen profiles.
func (s *stack) started(service string) bool {
	if s.only != nil {
		return slices.Contains(s.only, service)
	}
	profiles, chosen := s.service(service).Profiles, s.project.Profiles()
	return len(profiles) == 0 || slices.Contains(chosen, "*") || slices.ContainsFunc(profiles, func(p string) bool { return slices.Contains(chosen, p) })
}

// service is a service of the project; one that it does not have runs once and
// always.
func (s *stack) service(name string) compose.Service {
	for _, svc := range s.project.Services {
		if svc.Name == name {
			return svc
		}
	}
	return compose.Service{Name: name, Scale: 1}
}

// address is what a port is bound to, as docker port prints it.
func address(p live.Port) string {
	if p.HostPort == 0 {
		return "-"
	}
	ip := p.HostIP
	if ip == "" {
		ip = "0.0.0.0"
	}
	return net.JoinHostPort(ip, strconv.Itoa(p.HostPort))
}

// variableOf is the variable for a live port: that of its mapping, or the one
// that migrate would give it.
func (s *stack) variableOf(p live.Port) string {
	if p.Mapping == nil {
		return ""
	}
	if p.Mapping.HostPort.Var != "" {
		return p.Mapping.HostPort.Var
	}
	return s.names.Of(*p.Mapping)
}
