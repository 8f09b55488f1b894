package meet

import (
	"cmp"
	"maps"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// Contest is a host port of two projects that the lines of one file start under one project
// name: docker compose takes the two for one project.
type Contest struct {
	Other, Mine Publication
	By, Then    compose.Load // what starts the two
}

// Apart reports that different units start the two.
func (c Contest) Apart() bool { return c.By.Unit != c.Then.Unit }

// place is where projects are started under one name.
type place struct {
	file *source.File
	name string
}

// maxPairs bounds the pairs of lines that are looked at for two projects.
const maxPairs = 20

// Contests are, by project, the ports that an earlier one has which the same file starts
// under the same name. Those that are in first count as earlier than the others.
func Contests(projects []*compose.Project, publications [][]Publication, first []bool) [][]Contest {
	c := contests{projects, publications, make([][]Contest, len(projects)), map[compose.Place]bool{}}
	started := map[place][]int{} // projects, the earlier ones first
	for _, early := range []bool{true, false} {
		for i, p := range projects {
			if first[i] != early {
				continue
			}
			for _, l := range p.Group.Loads {
				if at := (place{l.File, cmp.Or(l.Name, p.Name)}); l.Starts && !slices.Contains(started[at], i) {
					started[at] = append(started[at], i)
				}
			}
		}
	}
	places := slices.SortedFunc(maps.Keys(started), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.file.Path, b.file.Path), cmp.Compare(a.name, b.name))
	})
	for _, at := range places {
		if len(started[at]) > 1 {
			c.at(at, started[at])
		}
	}
	return c.found
}

type contests struct {
	projects     []*compose.Project
	publications [][]Publication
	found        [][]Contest
	said         map[compose.Place]bool // a file may be in several projects
}

// at finds those of the projects that are started in one place: of each mapping the first
// one that is started in the same unit, else the first.
func (c *contests) at(at place, among []int) {
	var board Board
	pairs := map[[2]int][][2]compose.Load{}
	for _, i := range among {
		for _, mine := range c.publications[i] {
			if mine.Picks() {
				continue
			}
			var worst *Contest
			for _, e := range board.Overlapping(mine.HostPort.Ports) {
				if e.Project == i || e.Service == mine.Service || e.Place() == mine.Place() || e.Protocol != mine.Protocol || !ports.AddressesOverlap(e.HostIP, mine.HostIP) {
					continue
				}
				key := [2]int{e.Project, i}
				if _, known := pairs[key]; !known {
					pairs[key] = together(c.projects[e.Project], c.projects[i], at)
				}
				j := slices.IndexFunc(pairs[key], func(l [2]compose.Load) bool { return c.starts(l[0], e) && c.starts(l[1], mine) })
				if j < 0 {
					continue
				}
				if found := (Contest{e, mine, pairs[key][j][0], pairs[key][j][1]}); worst == nil || worst.Apart() && !found.Apart() {
					worst = &found
				}
			}
			if worst != nil && !c.said[mine.Place()] {
				c.said[mine.Place()] = true
				c.found[i] = append(c.found[i], *worst)
			}
		}
		for _, pub := range c.publications[i] {
			if !pub.Picks() && !c.said[pub.Place()] {
				board.Add(pub)
			}
		}
	}
}

// starts reports a mapping of a project that a line of it starts. Where the project has more
// files than the line loads, those of the others are not started.
func (c *contests) starts(l compose.Load, pub Publication) bool {
	p := c.projects[pub.Project]
	switch {
	case !slices.Contains(l.Files, pub.File.Path) && slices.Contains(p.Group.Files, pub.File.Path):
		return false
	case len(l.Services) > 0:
		return slices.Contains(l.Services, pub.Service)
	}
	return p.Starts(pub.Profiles) || slices.ContainsFunc(pub.Profiles, func(n string) bool {
		return slices.Contains(l.Profiles, n) || slices.Contains(l.Profiles, "*")
	})
}

// together are the pairs of lines by which a file starts two projects at one time: those of
// one unit first, and of several of one machine where neither project has a service of the
// other, as variants of one stack have.
func together(a, b *compose.Project, at place) (pairs [][2]compose.Load) {
	services := map[string]bool{}
	for _, s := range a.Services {
		services[s.Name] = true
	}
	variants := slices.ContainsFunc(b.Services, func(s compose.Service) bool { return services[s.Name] })
	var apart [][2]compose.Load
	here := func(p *compose.Project, l compose.Load) bool {
		return l.Starts && l.File == at.file && cmp.Or(l.Name, p.Name) == at.name
	}
	for _, x := range a.Group.Loads {
		for _, y := range b.Group.Loads {
			if !here(a, x) || !here(b, y) {
				continue
			}
			switch same := x.Unit == y.Unit; {
			case same && x.Phase == y.Phase:
				pairs = append(pairs, [2]compose.Load{x, y})
			case !same && !x.Apart && !variants:
				apart = append(apart, [2]compose.Load{x, y})
			}
		}
	}
	pairs = append(pairs, apart...)
	return pairs[:min(len(pairs), maxPairs)]
}

// Loaders are the lines of a run that load files together.
type Loaders struct{ all []compose.Load }

// LoadersOf are those of projects, in the order of their places.
func LoadersOf(projects []*compose.Project) Loaders {
	var all []compose.Load
	for _, p := range projects {
		for _, l := range p.Group.Loads {
			if len(l.Files) > 1 {
				all = append(all, l)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b compose.Load) int {
		return cmp.Or(cmp.Compare(a.File.Path, b.File.Path), a.Span.Start-b.Span.Start)
	})
	return Loaders{all}
}

// Of are the lines that load two files of a project together: of several the first, else the
// lines by which the project includes them; none for what docker compose finds by itself.
func (l Loaders) Of(p *compose.Project, a, b string) []compose.Load {
	both := func(l compose.Load) bool { return slices.Contains(l.Files, a) && slices.Contains(l.Files, b) }
	if i := slices.IndexFunc(l.all, both); i >= 0 {
		return l.all[i : i+1]
	}
	var lines []compose.Load
	for _, path := range []string{a, b} {
		i := slices.IndexFunc(p.Includes, func(l compose.Load) bool { return slices.Contains(l.Files, path) })
		if i >= 0 && !slices.Contains(p.Group.Files, path) {
			lines = append(lines, p.Includes[i])
		}
	}
	return lines
}
