package cli

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

// gatherUnits are what the project's assignments are for, sorted by key: one for
// each variable, and for each number. What Docker picks the port of has none.
func (s *stack) gatherUnits() []allocate.Unit {
	services := map[string]compose.Service{}
	for _, svc := range s.project.Services {
		services[svc.Name] = svc
	}
	var mappings []*compose.Mapping
	for i := range s.project.Mappings {
		m := &s.project.Mappings[i]
		if svc := services[m.Service]; m.Dropped == compose.Published && !svc.HostNetwork && svc.Scale > 0 && hasFixedPort(m) {
			mappings = append(mappings, m)
		}
	}
	slices.SortStableFunc(mappings, func(a, b *compose.Mapping) int {
		return cmp.Compare(s.names.AssignmentKey(*a), s.names.AssignmentKey(*b))
	})
	var units []allocate.Unit
	at := map[string]int{} // by variable, and by key
	s.served = map[string][]*compose.Mapping{}
	for _, m := range mappings {
		key := s.names.AssignmentKey(*m)
		by := key
		if m.HostPort.Var != "" {
			by = "$" + m.HostPort.Var
		}
		i, known := at[by]
		if !known {
			i = len(units)
			at[by] = i
			units = append(units, *s.newUnit(key, m))
		}
		s.serve(&units[i], m, services)
	}
	return units
}

// unassigned is a unit for a mapping that gatherUnits has none for, and whether
// Docker picks its port: of what is scaled to none it does not, if somebody starts
// that by hand.
func (s *stack) unassigned(m *compose.Mapping) (u allocate.Unit, picked bool) {
	key := s.names.AssignmentKey(*m)
	if svc := s.service(m.Service); svc.Scale == 0 && !svc.HostNetwork && hasFixedPort(m) {
		return *s.newUnit(key, m), false
	}
	return allocate.Unit{Key: key, Var: m.HostPort.Var, Service: m.Service}, true
}

// hasFixedPort reports whether a mapping has a host port that is not Docker's
// choice.
func hasFixedPort(m *compose.Mapping) bool {
	picks := m.HostPort.Ports.Width() > 1 && m.Container.Width() == 1 // Docker picks one of the range
	return !picks && (!m.HostPort.Ports.Zero() || !m.HostPort.DefaultPorts.Zero())
}

// serve lets a unit serve one more mapping. Two that bind one socket at the same
// time can't share a variable.
func (s *stack) serve(u *allocate.Unit, m *compose.Mapping, services map[string]compose.Service) {
	socket := ports.Socket{Address: m.HostIP, Protocol: m.Protocol}
	for _, other := range s.served[u.Key] {
		overlap := socket.Overlaps(ports.Socket{Address: other.HostIP, Protocol: other.Protocol})
		if overlap && s.together(services[m.Service].Profiles, services[other.Service].Profiles) {
			u.Broken = fmt.Sprintf("%s is the host port of %s and %s", cmp.Or(u.Var, u.Want.String()), s.names.AssignmentKey(*other), s.names.AssignmentKey(*m))
			u.BrokenHint = "give each of the two a host port of its own"
		}
	}
	if n := services[m.Service].Scale; n > 1 {
		u.Broken = fmt.Sprintf("service %s runs %d times, but port %s can be bound once", m.Service, n, u.Want)
		u.BrokenHint = "leave the port to Docker, as portmoor migrate --strategy auto --write does"
	}
	s.served[u.Key] = append(s.served[u.Key], m)
	if !slices.Contains(u.Sockets, socket) {
		u.Sockets = append(u.Sockets, socket)
	}
	if !slices.Contains(u.Services, m.Service) {
		u.Services = append(u.Services, m.Service)
	}
}

// together reports whether two services can run at the same time: they share a
// profile, one of them needs none, or those chosen start both.
func (s *stack) together(a, b []string) bool {
	share := slices.ContainsFunc(a, func(profile string) bool { return slices.Contains(b, profile) })
	return len(a) == 0 || len(b) == 0 || share || s.project.TogetherBy(a, b) == nil
}

// newUnit says what a mapping wants and who says so: the process environment,
// an env file, what is remembered, or the compose file.
func (s *stack) newUnit(key string, m *compose.Mapping) *allocate.Unit {
	u := &allocate.Unit{Key: key, Service: m.Service, Want: m.HostPort.Ports, Place: s.Place(m.File, m.Host)}
	u.Range, u.Explicit = s.rangeOf(m.Service)
	if m.Locked == "" {
		u.Var = m.HostPort.Var
	}
	u.Movable = u.Var != "" || s.override && m.Locked == ""
	remembered, known := s.store.Assigned[key]
	assigned := ports.Range{First: remembered.Port, Last: remembered.Port + max(m.HostPort.Ports.Width(), m.HostPort.DefaultPorts.Width(), 1) - 1}
	own := known && u.Want == assigned && !remembered.Pinned // a value that is our own assignment is no pin
	pinned := u.Var != "" && !own && s.pin(u, m)
	repeats := u.Var == "" && remembered.Pinned // the number of the file, which may be another one now
	switch {
	case s.store.Foreign(key):
		u.Broken, u.BrokenHint = fmt.Sprintf("%s: %q is not a port", s.Show(s.ports), key), "write a port there, or take the entry out"
	case known && assigned.Last > 65535:
		u.Broken, u.BrokenHint = fmt.Sprintf("%s: %q has no room for %d ports", s.Show(s.ports), key, assigned.Width()), "write a port there, or take the entry out"
	case pinned:
	case known && u.Movable && !repeats:
		u.Source, u.Want = allocate.Assigned, assigned
		if remembered.Manual {
			u.Source = allocate.Manual
		}
	case u.Want.Zero():
		u.Want = m.HostPort.DefaultPorts
	case u.Var == "" && u.Want != m.HostPort.DefaultPorts:
		u.Source = allocate.EnvFile // some variable in a text of several parts
	}
	return u
}

// pin finds who sets a unit's variable, if anybody does.
func (s *stack) pin(u *allocate.Unit, m *compose.Mapping) bool {
	place, source := s.setter(m, u.Var)
	if place != "" {
		u.Place, u.Source = place, source
	}
	return place != ""
}

// setter is where a variable of a mapping gets its value, "" for nowhere.
func (s *stack) setter(m *compose.Mapping, name string) (place string, source allocate.Source) {
	if _, set := s.Environ()[name]; set { // also to nothing, which hides the env files
		return name + " in the environment", allocate.Environment
	}
	f, set := m.Setter(name)
	if !set || f.Vars[name] == "" || f.File.Path == s.portsEnvPath() {
		return "", allocate.Default
	}
	line, _ := f.File.Position(f.Line(name).Start)
	return fmt.Sprintf("%s:%d", s.Show(f.File.Path), line), allocate.EnvFile
}

// refuseInvalid refuses what docker compose would refuse, and says which value
// of a variable is to blame.
func (s *stack) refuseInvalid() error {
	for _, m := range s.project.Mappings {
		if m.Invalid == "" || m.Dropped != compose.Published {
			continue
		}
		hint := "mend the file"
		text := string(m.File.Src[m.Entry.Start:m.Entry.End])
		for _, name := range s.project.Variables() {
			place, source := s.setter(&m, name)
			if place != "" && (strings.Contains(text, "$"+name) || strings.Contains(text, "${"+name)) {
				hint = "mend " + place
				if source == allocate.EnvFile {
					hint = "mend " + name + " at " + place
				}
			}
		}
		return say.Failf(hint, "%s: %s", s.Place(m.File, m.Entry), m.Invalid)
	}
	return nil
}

// rangeOf is where new ports of a service are chosen from.
func (s *stack) rangeOf(service string) (from ports.Range, explicit bool) {
	for _, name := range slices.Sorted(maps.Keys(s.Config.Groups)) {
		for _, pattern := range s.Config.Groups[name].Services {
			if matched, err := path.Match(pattern, service); err == nil && matched {
				return s.Config.Groups[name].Range, true
			}
		}
	}
	return s.Config.NewPorts()
}

// assignAll gives every unit its ports. What is remembered behind a pin is not
// given to anybody else.
func (s *stack) assignAll() []allocate.Outcome {
	units := slices.Clone(s.units)
	for _, u := range s.units {
		a, known := s.store.Assigned[u.Key]
		kept := u.Source == allocate.Environment || u.Source == allocate.EnvFile && a.Manual
		if known && kept && a.Port != u.Want.First {
			u.Want, u.Source, u.Movable = ports.Range{First: a.Port, Last: a.Port + max(a.Width, 1) - 1}, allocate.Assigned, false
			units = append(units, u)
		}
	}
	return allocate.Assign(units, s.machine, s.options(units))[:len(s.units)]
}

// options say what may be chosen, and which units never run together.
func (s *stack) options(units []allocate.Unit) allocate.Options {
	o := allocate.Options{Policy: s.Config.Policy()}
	profiles := map[string][]string{}
	for _, svc := range s.project.Services {
		profiles[svc.Name] = svc.Profiles
	}
	o.Together = func(a, b int) bool {
		return slices.ContainsFunc(units[a].Services, func(x string) bool {
			return slices.ContainsFunc(units[b].Services, func(y string) bool { return s.together(profiles[x], profiles[y]) })
		})
	}
	return o
}
