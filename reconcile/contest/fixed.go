package contest

import (
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// Fixed is a host port of a compose project with what decides about clashes.
type Fixed struct {
	Port
	Project  *compose.Project
	Mappings []compose.Mapping

	owners []*compose.Project // of each of the mappings
}

// FixedPorts are the host ports that compose projects settle, in load order:
// what one service says of one number is one of them, wherever it says so.
// Services of several projects that have one name are told apart by their
// folders, relative to base. Alternatives that are compose by content come last.
func FixedPorts(projects []*compose.Project, base string) (ports []Fixed) {
	at, written := map[string]int{}, map[compose.Place]int{}
	isContent := func(p *compose.Project) bool { return p.Group.ByContent }
	projects = append(slices.DeleteFunc(slices.Clone(projects), isContent), lists.Only(projects, isContent)...)
	for _, p := range projects {
		bound := map[string]bool{}
		for _, s := range p.Services {
			bound[s.Name] = s.Publishes()
		}
		for _, m := range p.Mappings {
			number := m.HostPort.Ports
			if m.Dropped != compose.Published || m.Invalid != "" || !bound[m.Service] || number.Zero() || number.Width() > 1 && m.Container.Width() == 1 {
				continue // it is not published, or Docker picks
			}
			key := strings.Join([]string{p.Dir, m.Service, number.String()}, "\x00")
			i, known := at[key]
			if !known { // a file that another project includes is a project itself
				i, known = written[m.Place()]
			}
			if !known {
				i = len(ports)
				at[key] = i
				ports = append(ports, Fixed{
					Port:    Port{Service: m.Service, Port: number.First, Last: number.Last, Dir: p.Dir, entry: Place{File: m.File, Span: m.Entry}},
					Project: p,
				})
			}
			written[m.Place()] = i
			ports[i].add(p, m)
		}
	}
	nameAll(ports, base)
	shareVariables(ports)
	return ports
}

// add says one more time what a service's port is.
func (f *Fixed) add(p *compose.Project, m compose.Mapping) {
	f.Mappings, f.owners = append(f.Mappings, m), append(f.owners, p)
	for _, place := range placesOf(m, f.Port.Port) {
		if !slices.ContainsFunc(f.Places, func(p Place) bool { return p.File.Path == place.File.Path && p.Span == place.Span }) {
			f.Places = append(f.Places, place)
		}
	}
	switch {
	case f.Last > f.Port.Port:
		f.Stuck = "it has a range of ports"
	case m.Locked != "":
		f.Stuck = m.Locked
	case m.BothSides():
		f.Stuck = "its variable is its container port too"
	case m.Shared:
		f.Stuck = "other services share the bytes of its port"
	case len(f.Places) == 0:
		f.Stuck = "no file says the number by itself"
	}
}

// shareVariables makes ports stuck whose host ports one variable of a folder sets, but for
// alternatives, which have their own defaults: it can't be two numbers.
func shareVariables(ports []Fixed) {
	first := map[[3]string]int{}
	for i := range ports {
		for n, m := range ports[i].Mappings {
			alone := ""
			if by := ports[i].owners[n].Group; by.ByContent {
				alone = by.Files[0]
			}
			for _, name := range source.Variables(m.HostPort.Text) {
				key := [3]string{ports[i].Project.Dir, alone, name}
				j, known := first[key]
				if !known {
					first[key] = i
				} else if j != i {
					ports[i].Stuck = name + " is that of " + ports[j].Name + " too"
					ports[j].Stuck = name + " is that of " + ports[i].Name + " too"
				}
			}
		}
	}
}

// placesOf are the places that give a mapping its number: the default or the
// literal of the compose file, and the line of an env file, which wins.
func placesOf(m compose.Mapping, number int) (places []Place) {
	if span, once := onlyNumber(m.File.Src, m.Host, number); once {
		places = append(places, Place{m.File, span, "host port"})
	}
	for _, name := range source.Variables(m.HostPort.Text) {
		f, set := m.Setter(name)
		if !set {
			continue
		}
		line := f.Line(name)
		line.Start = min(line.Start+len(name), line.End)
		if span, once := onlyNumber(f.File.Src, line, number); once {
			places = append(places, Place{f.File, span, name})
		}
	}
	return places
}

var digitRun = pattern.Lazy(`[0-9]+`)

// onlyNumber finds a number that stands in a span exactly once.
func onlyNumber(src []byte, in source.Span, number int) (found source.Span, once bool) {
	text, times := strconv.Itoa(number), 0
	for _, loc := range digitRun().FindAllIndex(src[in.Start:in.End], -1) {
		if string(src[in.Start+loc[0]:in.Start+loc[1]]) == text {
			found = source.Span{Start: in.Start + loc[0], End: in.Start + loc[1]}
			times++
		}
	}
	return found, times == 1
}

// nameAll gives each port a name of its own: the service's, its folder before it
// where other folders have the service too, the container port behind it where
// the service has several in projects that are no alternatives by content.
func nameAll(ports []Fixed, base string) {
	dirs, several, beside := map[string]map[string]bool{}, map[string]int{}, map[string]int{}
	for _, f := range ports {
		if dirs[f.Service] == nil {
			dirs[f.Service] = map[string]bool{}
		}
		dirs[f.Service][f.Dir] = true
		beside[f.Dir+"\x00"+f.Service]++
		if !f.owners[0].Group.ByContent { // which leaves the others their names
			several[f.Dir+"\x00"+f.Service]++
		}
	}
	for i := range ports {
		f := &ports[i]
		f.Name = f.Service
		if len(dirs[f.Service]) > 1 {
			if rel, err := filepath.Rel(base, f.Dir); err == nil {
				f.Name = path.Join(filepath.ToSlash(rel), f.Service)
			}
		}
		if several[f.Dir+"\x00"+f.Service] > 1 || f.owners[0].Group.ByContent && beside[f.Dir+"\x00"+f.Service] > 1 {
			f.Name += ":" + containerOf(f.Mappings[0])
		}
	}
	seen := map[string]int{}
	for i := range ports { // two host ports of one container port
		f := &ports[i]
		if seen[f.Name]++; seen[f.Name] > 1 {
			f.Name += "#" + strconv.Itoa(seen[f.Name])
		}
	}
}

// containerOf is a container port as it is written where a variable is in it: its
// value may change with the host port.
func containerOf(m compose.Mapping) string {
	if strings.Contains(m.Target, "$") {
		return m.Target
	}
	return m.Key.Container
}

// Share makes ports stuck that are written at one place. follow is what a path leads
// to when links are followed.
func Share(ports []Port, follow func(path string) string) {
	first := map[compose.Place]*Port{}
	for i := range ports {
		p := &ports[i]
		for _, at := range p.Places {
			key := compose.Place{Path: follow(at.File.Path), Start: at.Span.Start}
			other := first[key]
			if other == nil {
				first[key] = p
				continue
			}
			p.Stuck = at.Key + " is that of " + other.Name + " too"
			other.Stuck = at.Key + " is that of " + p.Name + " too"
		}
	}
}

// Apart reports two host ports that never clash: of other protocols or
// addresses, of services of a project that may share a port, or of alternatives.
func (f Fixed) Apart(o Fixed) bool {
	for i, a := range f.Mappings {
		for j, b := range o.Mappings {
			if a.Protocol == b.Protocol && ports.AddressesOverlap(a.HostIP, b.HostIP) && !f.excludes(o, a, b) && !alternatives(f.owners[i], o.owners[j]) {
				return false
			}
		}
	}
	return true
}

// excludes reports services of one folder that may share a port.
func (f Fixed) excludes(o Fixed, a, b compose.Mapping) bool {
	fixed := !a.Movable() && !b.Movable()
	return f.Project.Dir == o.Project.Dir && f.Project.MayShare(f.Project.Service(a.Service).Profiles, o.Project.Service(b.Service).Profiles, fixed)
}

// alternatives reports projects of one folder that don't run together.
func alternatives(p, o *compose.Project) bool {
	return p != o && p.Dir == o.Dir && (p.Group.ByContent || o.Group.ByContent)
}
