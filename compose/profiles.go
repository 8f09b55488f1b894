package compose

import (
	"slices"
	"strings"
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

// Profiles are those chosen for the project: by its configuration or on the
// command line, else by COMPOSE_PROFILES, which --profile hides.
func (p *Project) Profiles() []string {
	if len(p.Group.Profiles) > 0 {
		return slices.Clone(p.Group.Profiles)
	}
	list, _ := p.Env.Lookup("COMPOSE_PROFILES")
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// Starts reports whether the chosen profiles start a service that has some
// profiles, or none.
func (p *Project) Starts(profiles []string) bool {
	chosen := p.Profiles()
	return len(profiles) == 0 || slices.ContainsFunc(profiles, func(n string) bool {
		return slices.Contains(chosen, n) || slices.Contains(chosen, "*")
	})
}

// Together reports whether two services can run at the same time, by their
// profiles: one of them needs none, they share one, or those chosen start both.
func (p *Project) Together(a, b []string) bool {
	share := slices.ContainsFunc(a, func(profile string) bool { return slices.Contains(b, profile) })
	return len(a) == 0 || len(b) == 0 || share || p.TogetherBy(a, b) == nil
}

// TogetherBy is the smallest set of profiles under which both of two services
// start, nil when they start without any or with those chosen.
func (p *Project) TogetherBy(a, b []string) []string {
	switch {
	case p.Starts(a) && p.Starts(b):
		return nil
	case p.Starts(a):
		return b[:1]
	case p.Starts(b):
		return a[:1]
	}
	for _, n := range a {
		if slices.Contains(b, n) {
			return []string{n}
		}
	}
	return []string{a[0], b[0]}
}
