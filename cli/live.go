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
)

// livePorts are the ports that a project has now.
type livePorts struct {
	containers []docker.Container
	ports      []live.Port
}

// lookUp asks the engine, in one call, what the project has bound. Who has what
// is not bound is asked of this machine's sockets.
func (c *commands) lookUp(ctx context.Context, engine *docker.Engine, s *stack) (livePorts, error) {
	containers, err := engine.Project(ctx, s.project.Name)
	if err != nil {
		return livePorts{}, err
	}
	if !engine.Remote { // where the folders are those of another machine
		if err := s.refuseElsewhere(containers); err != nil {
			return livePorts{}, err
		}
	}
	sockets := &allocate.Machine{Remote: engine.Remote}
	return livePorts{containers, s.join(containers, sockets, hostOf(engine))}, nil
}

// join holds containers against the project's mappings and assignments.
func (s *stack) join(containers []docker.Container, machine *allocate.Machine, host string) []live.Port {
	return live.Join(s.project, containers, live.Options{
		Host: host,
		Wanted: func(m *compose.Mapping) compose.PortRange {
			if i := s.unitOf(m); i >= 0 {
				return s.units[i].Want
			}
			return compose.PortRange{}
		},
		Held: func(m *compose.Mapping, port int) bool {
			_, held := machine.Holder(allocate.Socket{Address: m.HostIP, Protocol: m.Protocol}, port, false)
			return held
		},
	})
}

// unitOf is the unit that serves a mapping, -1 where Docker picks its port.
func (s *stack) unitOf(m *compose.Mapping) int {
	return slices.IndexFunc(s.units, func(u allocate.Unit) bool { return slices.Contains(s.served[u.Key], m) })
}

// started reports whether the chosen profiles start a service.
func (s *stack) started(service string) bool {
	i := slices.IndexFunc(s.project.Services, func(svc compose.Service) bool { return svc.Name == service })
	if i < 0 {
		return true
	}
	svc, chosen := s.project.Services[i], s.project.Profiles()
	return len(svc.Profiles) == 0 || slices.ContainsFunc(svc.Profiles, func(p string) bool { return slices.Contains(chosen, p) })
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
