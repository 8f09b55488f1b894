package compose

import (
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lists"
)

// Service is a service of the project; one that it does not have runs once and
// always.
func (p *Project) Service(name string) Service {
	at, found := slices.BinarySearchFunc(p.Services, name, func(s Service, name string) int { return strings.Compare(s.Name, name) })
	if found {
		return p.Services[at]
	}
	return Service{Name: name, Scale: 1}
}

// Written are the names of profiles as files have them: what a variable holds is not
// repeated, since it may be a secret.
func (p *Project) Written(profiles ...string) (names []string) {
	for _, name := range profiles {
		if p.hidden[name] {
			name = "of a variable"
		}
		names = append(names, name)
	}
	return names
}

// Profiles are those chosen for the project: by its configuration or on the
// command line, else by COMPOSE_PROFILES, which --profile hides.
func (p *Project) Profiles() []string {
	if len(p.Group.Profiles) > 0 {
		return slices.Clone(p.Group.Profiles)
	}
	list, _ := p.Env.Lookup("COMPOSE_PROFILES")
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// choose remembers the chosen profiles, which are asked for with each pair of mappings.
func (p *Project) choose() { p.chosen = lists.Set(p.Profiles()) }

// Starts reports whether the chosen profiles start a service that has some
// profiles, or none.
func (p *Project) Starts(profiles []string) bool {
	return len(profiles) == 0 || p.chosen["*"] || slices.ContainsFunc(profiles, func(n string) bool { return p.chosen[n] })
}

// Together reports whether two services can run at the same time, by their
// profiles, which are sorted: one of them needs none, they share one, or those
// chosen start both.
func (p *Project) Together(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || common(a, b) != "" || p.TogetherBy(a, b) == nil
}

// TogetherBy is the smallest set of profiles under which both of two services
// start, nil when they start without any or with those chosen. Theirs are sorted.
func (p *Project) TogetherBy(a, b []string) []string {
	switch startsA, startsB := p.Starts(a), p.Starts(b); {
	case startsA && startsB:
		return nil
	case startsA:
		return b[:1]
	case startsB:
		return a[:1]
	}
	if n := common(a, b); n != "" {
		return []string{n}
	}
	return []string{a[0], b[0]}
}

// Exclusive reports two services that never run at the same time, by their profiles: the
// configuration declares each pair of these as alternatives. What is chosen all the same
// runs.
func (p *Project) Exclusive(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 || p.Starts(a) && p.Starts(b) {
		return false
	}
	return !slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return x == y || !p.alternative(x, y) })
	})
}

// alternative reports whether one list of alternatives has two profiles.
func (p *Project) alternative(x, y string) bool {
	return slices.ContainsFunc(p.alternatives, func(list []string) bool { return slices.Contains(list, x) && slices.Contains(list, y) })
}

// Movable reports whether another host port can be given to the mapping: by its variable,
// which no env file sets.
func (m Mapping) Movable() bool {
	f, set := m.Setter(m.HostPort.Var)
	return m.Locked == "" && m.HostPort.Settable() && (!set || f.Vars[m.HostPort.Var] == "")
}

// MayShare is the law of which two services may have one host port, by their profiles:
// those that are exclusive, and others that do not run together where both ports are
// fixed. People start one profile after the other, so that what can move gets a port of
// its own.
func (p *Project) MayShare(a, b []string, fixed bool) bool {
	return p.Exclusive(a, b) || fixed && !p.Together(a, b)
}

// common is the first profile that two sorted lists share, "" for none.
func common(a, b []string) string {
	for len(a) > 0 && len(b) > 0 {
		switch c := strings.Compare(a[0], b[0]); {
		case c == 0:
			return a[0]
		case c < 0:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return ""
}
