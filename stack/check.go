package stack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

// Check is what Detect would find, without a change: what it would move is a problem
// of the outcome.
func (s *Stack) Check(e Engine) (outcomes []allocate.Outcome, err error) {
	if err := s.refuseElsewhere(e.Containers, e.Remote); err != nil {
		return nil, err
	}
	r, machine := round{s, e}, s.machine(e)
	r.setHas()
	options := r.choices(s.units)
	apart := allocate.Assign(s.units, machine, options) // as they would be for every profile
	options.Together = func(a, b int) bool { return together(s, s.units[a], s.units[b], true) }
	outcomes = allocate.Assign(s.units, machine, options)
	for i := range outcomes {
		o := &outcomes[i]
		if !o.Moved && o.Problem == "" {
			if other := apart[i]; other.Moved {
				o.Owner, o.Hint = other.Owner, "to give each a port of its own: "+s.About.Portmoor("detect")
				o.Note = fmt.Sprintf("port %s is that of service %s too, which another profile starts", o.Unit.Want, other.Owner.Name)
			}
			continue
		}
		if o.Moved { // here it is what stops the project
			o.Moved, o.Ports, o.Hint = false, ports.Range{}, "to move it: "+s.About.Portmoor("detect")+"; or stop whatever holds it"
		}
		o.Problem = cmp.Or(o.Unit.Unfit, fmt.Sprintf("port %s is %s", o.Unit.Want, o.Owner.Has()))
	}
	return outcomes, nil
}

// Looked says what Check has looked at: the ports of which services can be bound, and
// which services with ports are not started, so that theirs may be held.
func (s *Stack) Looked(outcomes []allocate.Outcome) (lines []string) {
	all, free := 0, 0
	var services []string
	for _, o := range outcomes {
		if !s.StartsAny(o.Unit.Services) {
			continue
		}
		if all++; o.Problem != "" {
			continue
		}
		free++
		services = append(services, lists.Only(o.Unit.Services, s.Starts)...)
	}
	count := say.Count(free, "port")
	if free < all {
		count = fmt.Sprintf("%d of %s", free, say.Count(all, "port"))
	}
	line := fmt.Sprintf("%s of project %s can be bound", count, s.Project.Name)
	slices.Sort(services)
	if services = slices.Compact(services); len(services) > 0 {
		line += ": " + strings.Join(services, ", ")
	}
	var idle []string
	for _, svc := range s.Project.Services {
		if why := idleBecause(s, svc); why != "" {
			idle = append(idle, fmt.Sprintf("%s (%s)", svc.Name, why))
		}
	}
	lines = append(lines, line)
	if len(idle) > 0 {
		lines = append(lines, "not started, so that their ports may be held: "+strings.Join(idle, ", "))
	}
	return lines
}

// idleBecause is why a service that publishes ports is not started; "" when it is.
func idleBecause(s *Stack, svc compose.Service) string {
	publishes := slices.ContainsFunc(s.Project.Mappings, func(m compose.Mapping) bool { return m.Service == svc.Name && m.Dropped == compose.Published })
	switch {
	case !publishes:
	case !s.Starts(svc.Name):
		return "profile " + say.Or(svc.Profiles)
	case svc.Scale == 0:
		return "scaled to 0"
	}
	return ""
}
