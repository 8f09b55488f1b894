package stack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack/wanted"
)

// Wanted are the project's ports that can be assigned, with what each should be,
// sorted by key: one for each variable, and for each literal. What Docker picks the
// port of has none.
func (s *Stack) Wanted() []allocate.Unit { return s.units }

// gather works out what is wanted.
func (s *Stack) gather() {
	mappings := lists.Only(slices.Collect(s.Project.Each()), func(m *compose.Mapping) bool {
		svc := s.services[m.Service]
		return m.Dropped == compose.Published && svc.Binds() && hasFixedPort(m)
	})
	slices.SortStableFunc(mappings, func(a, b *compose.Mapping) int {
		return cmp.Compare(s.names.AssignmentKey(a), s.names.AssignmentKey(b))
	})
	s.units, s.mappingsOf, s.unitOf = nil, map[string][]*compose.Mapping{}, map[*compose.Mapping]int{}
	at := map[string]int{} // by variable, and by key
	for _, m := range mappings {
		key := s.names.AssignmentKey(m)
		by := key
		if m.HostPort.Settable() {
			by = "$" + m.HostPort.Var
		}
		i, known := at[by]
		if !known {
			i = len(s.units)
			at[by] = i
			s.units = append(s.units, s.newUnit(key, m))
		}
		s.unitOf[m] = i
		serve(s, &s.units[i], m)
	}
}

// newUnit says what a mapping wants and who says so.
func (s *Stack) newUnit(key string, m *compose.Mapping) allocate.Unit {
	u := allocate.Unit{Key: key, Service: m.Service, Place: s.Place(m.File, m.Host)}
	u.Range, u.Explicit = s.Config.NewPortsOf(m.Service)
	if m.Locked == "" && m.HostPort.Settable() {
		u.Var = m.HostPort.Var
	}
	u.Movable = u.Var != "" || s.options.Override != "" && m.Locked == ""
	f := wanted.Facts{Written: m.HostPort.DefaultPorts, Resolved: m.HostPort.Ports, Variable: u.Var != "", Movable: u.Movable, Foreign: s.store.Foreign(key)}
	f.Remembered, f.Assigned = s.store.Assigned[key]
	place := ""
	if f.Variable {
		place, f.Setter = s.setter(m, u.Var)
		if f.Setter == allocate.EnvFile && s.Isolation != nil {
			f.Setter = allocate.Default // other checkouts have the file too
		}
	}
	want, from, unfit := wanted.Port(f)
	u.Want, u.Source = want, from
	if from == f.Setter && place != "" {
		u.Place = place
	}
	if unfit != "" {
		u.Unfit, u.UnfitHint = fmt.Sprintf("%s: %q %s", s.Show(s.paths.Ports), key, unfit), "write a port there, or take the entry out"
	}
	return u
}

// setter is where a variable of a mapping gets its value, "" for nowhere.
func (s *Stack) setter(m *compose.Mapping, name string) (place string, source allocate.Source) {
	if _, set := s.Environ()[name]; set { // also to nothing, which hides the env files
		return name + " in the environment", allocate.Environment
	}
	f, set := m.Setter(name)
	if !set || f.Vars[name] == "" || f.File.Path == s.envPath() {
		return "", allocate.Default
	}
	line, _ := f.File.Position(f.Line(name).Start)
	return fmt.Sprintf("%s:%d", s.Show(f.File.Path), line), allocate.EnvFile
}

// hasFixedPort reports whether a mapping has a host port that is not Docker's
// choice.
func hasFixedPort(m *compose.Mapping) bool {
	picks := m.HostPort.Ports.Width() > 1 && m.Container.Width() == 1 // Docker picks one of the range
	return !picks && (!m.HostPort.Ports.Zero() || !m.HostPort.DefaultPorts.Zero())
}

// serve lets a unit serve one more mapping. Two that bind one socket at the same
// time can't share a variable.
func serve(s *Stack, u *allocate.Unit, m *compose.Mapping) {
	socket := m.Socket()
	for _, other := range s.mappingsOf[u.Key] {
		if socket.Overlaps(other.Socket()) && !s.Project.MayShare(s.services[m.Service].Profiles, s.services[other.Service].Profiles, true) {
			u.Unfit = fmt.Sprintf("%s is the host port of %s and %s", cmp.Or(u.Var, u.Want.String()), s.names.AssignmentKey(other), s.names.AssignmentKey(m))
			u.UnfitHint = "give each of the two a host port of its own"
		}
	}
	if n := s.services[m.Service].Scale; n > 1 && !s.Project.Ingress(m) {
		u.Unfit = fmt.Sprintf("service %s runs %d times, but host port %s can be bound once", m.Service, n, u.Want)
		u.UnfitHint = "to leave the port to Docker: " + s.About.Migrate("--strategy", "auto")
	}
	s.mappingsOf[u.Key] = append(s.mappingsOf[u.Key], m)
	u.Sockets, u.Services = lists.Union(u.Sockets, socket), lists.Union(u.Services, m.Service)
}

// unassigned is a unit for a mapping that no assignment is for, and whether
// Docker picks its port: of what is scaled to none it does not, if somebody starts
// that by hand.
func unassigned(s *Stack, m *compose.Mapping) (u allocate.Unit, picked bool) {
	key := s.names.AssignmentKey(m)
	if svc := s.Project.Service(m.Service); svc.Scale == 0 && svc.Publishes() && hasFixedPort(m) {
		return s.newUnit(key, m), false
	}
	return allocate.Unit{Key: key, Var: m.HostPort.Var, Service: m.Service}, true
}

// unitFor is the unit that serves a mapping, or would if its service ran.
func unitFor(s *Stack, m *compose.Mapping) allocate.Unit {
	if i, assigned := s.unitOf[m]; assigned {
		return s.units[i]
	}
	u, _ := unassigned(s, m)
	return u
}

// refuseInvalid refuses what docker compose would refuse, and says which value
// of a variable is to blame.
func refuseInvalid(s *Stack) error {
	for _, m := range s.Project.Mappings {
		if m.Invalid == "" || m.Dropped != compose.Published {
			continue
		}
		hint := "fix the file"
		text := string(m.File.Src[m.Entry.Start:m.Entry.End])
		for _, name := range s.Project.Variables() {
			place, source := s.setter(&m, name)
			if place != "" && (strings.Contains(text, "$"+name) || strings.Contains(text, "${"+name)) {
				hint = "fix " + place
				if source == allocate.EnvFile {
					hint = "fix " + name + " at " + place
				}
			}
		}
		return say.Failf(hint, "%s: %s", s.Place(m.File, m.Entry), m.Invalid)
	}
	return nil
}
