package strategies

import (
	"bytes"
	"cmp"
	"iter"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// SharesVariable reports that one variable is the host port of two mappings which
// would clash whatever its value: they are of two services or container ports.
func SharesVariable(a, b *compose.Mapping) bool {
	return a.HostPort.Settable() && b.HostPort.Settable() && a.HostPort.Var == b.HostPort.Var && clashes(a, b)
}

// clashes reports that two mappings can't have one host port.
func clashes(a, b *compose.Mapping) bool {
	return (a.Service != b.Service || a.Key.Container != b.Key.Container) && a.Protocol == b.Protocol && ports.AddressesOverlap(a.HostIP, b.HostIP)
}

// Default is a variable with a default as it stands anywhere in a file.
type Default struct {
	File *source.File
	Span source.Span
	// Name is the variable, and Text its default, in which there is no other variable.
	Name, Text string
}

// withDefault is a variable with a default that holds no other variable.
var withDefault = pattern.Lazy(`\$\{([A-Za-z_][A-Za-z0-9_]*):?-([^${}"'\s]+)\}`)

// Defaults are those that Compose reads in a project's files, in order, but for those
// of host ports that an override takes away.
func Defaults(p *compose.Project) iter.Seq[Default] {
	overridden := map[compose.Place]bool{}
	for m := range p.Each() {
		if m.Dropped == compose.Overridden {
			overridden[compose.Place{Path: m.File.Path, Start: m.Host.Start}] = true
		}
	}
	return func(yield func(Default) bool) {
		for _, f := range p.Files {
			for _, at := range withDefault().FindAllSubmatchIndex(f.Src, -1) {
				d := Default{f, source.Span{Start: at[0], End: at[1]}, string(f.Src[at[2]:at[3]]), string(f.Src[at[4]:at[5]])}
				if !overridden[compose.Place{Path: f.Path, Start: at[0]}] && !notInterpolated(f.Src, d.Span) && !f.Comment(at[0]) && !yield(d) {
					return
				}
			}
		}
	}
}

// notInterpolated reports what Compose leaves as it is: a dollar sign that is
// the second of a pair, and the key of a mapping.
func notInterpolated(src []byte, span source.Span) bool {
	before := src[:span.Start]
	if (len(before)-len(bytes.TrimRight(before, "$")))%2 == 1 {
		return true
	}
	rest := bytes.TrimLeft(src[span.End:], "\"'")
	return bytes.HasPrefix(rest, []byte(": ")) || bytes.HasPrefix(rest, []byte(":\n"))
}

// SameDefault reports whether two defaults are one host port or range.
func SameDefault(a, b string) bool {
	x, errX := ports.Parse(a)
	y, errY := ports.Parse(b)
	return a == b || errX == nil && errY == nil && x == y
}

// settler takes back names that would make a finding which is not there now: two
// mappings that clash by their new variable, or one variable with two defaults in a
// project. One of the two mappings gets another variable; where both are one place,
// or Compose takes them for one, neither gets any.
type settler struct {
	*builder
	family []*compose.Project
	origin map[*unit]*unit             // of a unit that was a part of another, the first one
	lists  map[*unit][][]compose.Place // by origin: its places that meet in the ports of a service
	texts  map[*compose.Project]map[string][]string
}

func (b *builder) settle(family []*compose.Project) {
	s := settler{builder: b, family: family, origin: map[*unit]*unit{}, texts: map[*compose.Project]map[string][]string{}}
	for s.pass() { // each takes at least one variable away
	}
}

// sharers are the mappings of a project that have one variable, or would get it.
type sharers struct {
	have, get []*compose.Mapping
	defaults  []*compose.Mapping // one for each default
}

// pass reports whether there was something to take back.
func (s *settler) pass() (found bool) {
	for _, p := range s.family {
		idle := map[string]bool{} // services that bind no host ports
		for _, service := range p.Services {
			idle[service.Name] = !service.Binds()
		}
		earlier := map[string]*sharers{}
		for m := range p.Each() {
			v := s.becomes(m)
			if v == "" || m.Invalid != "" {
				continue
			}
			if earlier[v] == nil {
				earlier[v] = &sharers{}
			}
			if other, bad := s.unlike(p, idle, v, m, earlier[v]); bad {
				found = true
				s.part(other, m)
				continue
			}
			earlier[v].add(m)
		}
	}
	return found
}

func (u *sharers) add(m *compose.Mapping) {
	if m.HostPort.Var != "" {
		u.have = append(u.have, m)
	} else {
		u.get = append(u.get, m)
	}
	if has(m) && !slices.ContainsFunc(u.defaults, func(e *compose.Mapping) bool {
		return ownDefault(e) == ownDefault(m) && e.HostPort.Var == m.HostPort.Var
	}) {
		u.defaults = append(u.defaults, m)
	}
}

// becomes is the variable that a mapping has, or would get.
func (s *settler) becomes(m *compose.Mapping) string {
	switch {
	case m.HostPort.Var != "":
		return m.HostPort.Var
	case picked(m), !m.HostPort.Literal(), m.Locked != "", s.shared[m.Place()], s.narrow[m.Place()], s.spelled[m.Place()], m.BothSides():
		return ""
	}
	return s.Of(m)
}

// unlike is an earlier mapping with which one can't have a new variable together; nil
// where it is a text elsewhere.
func (s *settler) unlike(p *compose.Project, idle map[string]bool, variable string, m *compose.Mapping, earlier *sharers) (other *compose.Mapping, found bool) {
	binds := func(m *compose.Mapping) bool { return m.Dropped == compose.Published && !idle[m.Service] }
	lists := [][]*compose.Mapping{earlier.get, earlier.have}
	if m.HostPort.Var != "" {
		lists = lists[:1] // the others have it now, as this one has
	}
	for _, list := range lists {
		for _, e := range list {
			if binds(m) && clashes(e, m) && binds(e) && s.becomes(e) == variable {
				return e, true
			}
		}
	}
	for _, e := range earlier.defaults {
		fresh := m.HostPort.Var == "" || e.HostPort.Var == ""
		if fresh && has(m) && !SameDefault(ownDefault(e), ownDefault(m)) && s.becomes(e) == variable {
			return e, true
		}
	}
	if _, old := s.holds[variable]; !old || m.HostPort.Var != "" || m.Dropped == compose.Overridden {
		return other, false
	}
	return other, slices.ContainsFunc(s.defaults(p)[variable], func(text string) bool { return !SameDefault(text, m.HostPort.Text) })
}

// defaults are the defaults of variables in a project's files, each once.
func (s *settler) defaults(p *compose.Project) map[string][]string {
	if s.texts[p] == nil {
		s.texts[p] = map[string][]string{}
		seen := map[[2]string]bool{}
		for d := range Defaults(p) {
			if its := [2]string{d.Name, d.Text}; !seen[its] {
				seen[its] = true
				s.texts[p][d.Name] = append(s.texts[p][d.Name], d.Text)
			}
		}
	}
	return s.texts[p]
}

// has reports a mapping whose default counts: it is written here, and no override takes
// it away.
func has(m *compose.Mapping) bool {
	return !m.Inherited && m.Dropped != compose.Overridden && ownDefault(m) != ""
}

// ownDefault is the default that a mapping's variable has or would get.
func ownDefault(m *compose.Mapping) string {
	if m.HostPort.Literal() {
		return m.HostPort.Text
	}
	return defaultOf(m.HostPort)
}

// part gives the later of two mappings, or the one that has no variable yet,
// another one, with all that need the same.
func (s *settler) part(x, y *compose.Mapping) {
	if y.HostPort.Var != "" {
		x, y = y, x
	}
	u := s.at[y.Place()]
	mine := s.together(u, y.Place())
	if x != nil && mine[x.Place()] {
		for at := range mine {
			s.shared[at] = true
		}
		return
	}
	next := &unit{key: u.key, order: len(s.all), name: u.name, isRange: u.isRange}
	next.variable = s.free(next.candidates(false))
	s.taken[next.variable] = true
	s.all, s.origin[next] = append(s.all, next), cmp.Or(s.origin[u], u)
	for at := range mine {
		s.at[at] = next
	}
}

// together are the places of a unit that need one variable with another, since
// their mappings meet in the ports of one service.
func (s *settler) together(u *unit, at compose.Place) map[compose.Place]bool {
	mine := map[compose.Place]bool{at: true}
	for before := 0; before < len(mine); {
		before = len(mine)
		for _, list := range s.meetings()[cmp.Or(s.origin[u], u)] {
			if !slices.ContainsFunc(list, func(at compose.Place) bool { return mine[at] }) {
				continue
			}
			for _, other := range list {
				if s.at[other] == u {
					mine[other] = true
				}
			}
		}
	}
	return mine
}

func (s *settler) meetings() map[*unit][][]compose.Place {
	if s.lists != nil {
		return s.lists
	}
	s.lists = map[*unit][][]compose.Place{}
	for _, p := range s.family {
		for _, list := range mergedLists(p) {
			byUnit := map[*unit][]compose.Place{}
			for _, m := range list {
				if u := s.at[m.Place()]; u != nil {
					byUnit[u] = append(byUnit[u], m.Place())
				}
			}
			for u, places := range byUnit {
				s.lists[cmp.Or(s.origin[u], u)] = append(s.lists[cmp.Or(s.origin[u], u)], places)
			}
		}
	}
	return s.lists
}
