package lint

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
)

// claims are the host ports of a run's projects, by number: of each, the
// projects that publish it, in the order of the run.
type claims map[int][]claim

type claim struct {
	project int
	publication
}

// claims collects what stands on its own: a project that another one includes
// runs as part of that, and an overlay is a view of its folder's project.
func (r *run) claims() claims {
	r.claimsOnce.Do(func() {
		r.claimed = claims{}
		inner := innerFiles(r.projects)
		for i, p := range r.projects {
			if p.Group.Overlay || len(p.Files) > 0 && inner[p.Files[0]] {
				continue
			}
			for _, pub := range publications(p) {
				for port := pub.HostPort.Ports.First; port <= pub.HostPort.Ports.Last && !picks(pub); port++ {
					r.claimed[port] = append(r.claimed[port], claim{i, pub})
				}
			}
		}
	})
	return r.claimed
}

// innerFiles are those that a project includes or extends.
func innerFiles(projects []*compose.Project) map[*compose.File]bool {
	inner := map[*compose.File]bool{}
	for _, p := range projects {
		for _, f := range p.Files {
			if !slices.Contains(p.Group.Files, f.Path) {
				inner[f] = true
			}
		}
	}
	return inner
}

// reportClashes warns once of each earlier project that this one can't run
// beside. Projects of one folder are alternatives, and never compared.
func (p *Pass) reportClashes() {
	type collision struct{ other, mine claim }
	found := map[int][]collision{}
	var order []int
	for _, pub := range publications(p.Project) {
		for port := pub.HostPort.Ports.First; port <= pub.HostPort.Ports.Last && !picks(pub); port++ {
			mine := claim{p.index, pub}
			mine.HostPort.Ports = compose.PortRange{First: port, Last: port}
			other, ok := p.run.holder(port, mine)
			if !ok {
				continue
			}
			if found[other.project] == nil {
				order = append(order, other.project)
			}
			found[other.project] = append(found[other.project], collision{other, mine})
		}
	}
	for _, project := range order {
		first := found[project][0]
		mine := make([]claim, 0, len(found[project]))
		for _, c := range found[project] {
			mine = append(mine, c.mine)
		}
		f := aboutHost(first.mine.Mapping)
		f.Severity = Warning
		f.Message = fmt.Sprintf("%s also published by project %s (%s): the two can't run on one host at the same time",
			list(mine), quote(p.run.projects[project].Name), relative(f.File.Path, first.other.File.Path))
		f.Hint = "give one of the two other host ports"
		f.Related = []Related{publishedAt(first.other.publication)}
		p.Report(f)
	}
}

// holder is the first earlier project that publishes a port of mine, provided
// that both stand on their own.
func (r *run) holder(port int, mine claim) (claim, bool) {
	list := r.claims()[port]
	if !slices.ContainsFunc(list, func(c claim) bool { return c.project == mine.project }) {
		return claim{}, false
	}
	for _, c := range list {
		if c.project < mine.project && r.comparable(c.project, mine.project) && c.Protocol == mine.Protocol && addressesOverlap(c.HostIP, mine.HostIP) {
			return c, true
		}
	}
	return claim{}, false
}

// relative is a path as seen from another file's folder.
func relative(from, path string) string {
	rel, err := filepath.Rel(filepath.Dir(from), path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// comparable reports whether two projects could run side by side.
func (r *run) comparable(a, b int) bool { return r.projects[a].Dir != r.projects[b].Dir }

// list names the ports of claims as the start of a sentence, of many only the
// first few.
func list(mine []claim) string {
	slices.SortStableFunc(mine, func(a, b claim) int { return a.HostPort.Ports.First - b.HostPort.Ports.First })
	var ports []string
	for _, c := range mine {
		if port := strings.TrimPrefix(named(c.HostPort.Ports, c.Protocol), "host port "); !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	const most = 5
	switch n := len(ports); {
	case n == 1:
		return "host port " + ports[0] + " is"
	case n > most:
		return fmt.Sprintf("host ports %s and %d more are", strings.Join(ports[:most], ", "), n-most)
	default:
		return "host ports " + strings.Join(ports[:n-1], ", ") + " and " + ports[n-1] + " are"
	}
}
