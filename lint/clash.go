package lint

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/meet"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
)

// collision is a host port that two projects publish.
type collision struct{ other, mine meet.Publication }

// movable reports that each end can be set, so that the two projects can run on one
// host as they stand.
func (c collision) movable() bool { return !c.other.HostPort.Literal() && !c.mine.HostPort.Literal() }

// inside reports that both ends stand in one file, from which the two projects have
// their services: they are variants, and nobody has chosen a port twice.
func (c collision) inside() bool { return c.other.File == c.mine.File }

// reportClashes warns once of each earlier project that this one can't run
// beside, and notes once where it can if a variable is set. Projects of one
// folder are alternatives, and never compared.
func (p *Pass) reportClashes() {
	if !p.run.alone[p.index] {
		return
	}
	type pair struct {
		project         int
		movable, inside bool
	}
	var found []collision
	for _, pub := range p.run.publications[p.index] {
		if other, ok := p.run.claimed().Holder(pub, p.run.side, p.run.comparable); ok && !pub.Picks() {
			found = append(found, collision{other, pub})
		}
	}
	for _, all := range lists.Group(found, func(c collision) pair { return pair{c.other.Project, c.movable(), c.inside()} }) {
		if told := lists.Only(all, func(c collision) bool { return !p.ignores(c.other.Mapping) }); len(told) > 0 {
			all = told
		}
		p.reportClash(all)
	}
}

func (p *Pass) reportClash(found []collision) {
	project := found[0].other.Project
	ports := lists.Map(found, func(c collision) string {
		return c.mine.HostPort.Ports.Common(c.other.HostPort.Ports).Named(c.mine.Protocol)
	})
	f := aboutValue(found[0].mine.Mapping)
	f.Severity, f.Hint = Warning, "give one of the projects other host ports"
	if found[0].inside() || p.run.side[p.index] || p.run.side[project] {
		f.Severity = Info
	}
	and := "the two can't run on one host at the same time"
	if found[0].movable() {
		f.Severity, f.Hint = Info, "set other ports in one of the projects, or run portmoor detect there"
		and = "on one host, one of the two has to set a variable"
	}
	f.Message = fmt.Sprintf("%s also published by project %s: %s", list(ports), p.tellApart(p.run.projects[project]), and)
	for _, c := range found[:min(len(found), maxRelated)] {
		f.Related = append(append(f.Related, publishedAt(c.other)), causes(c.other.Mapping)...)
	}
	p.Report(f)
}

// tellApart names another project, by its folder too where it has the name of this one.
func (p *Pass) tellApart(other *compose.Project) string {
	if other.Name != p.Project.Name {
		return quote(other.Name)
	}
	rel, err := filepath.Rel(p.Project.Dir, other.Dir)
	for err == nil && strings.HasPrefix(rel, "..") {
		rel = strings.TrimPrefix(strings.TrimPrefix(rel, ".."), string(filepath.Separator))
	}
	if err != nil || rel == "" {
		rel = filepath.Base(other.Dir) // it is above
	}
	return quote(other.Name) + " in folder " + quote(filepath.ToSlash(rel))
}

// comparable reports whether two projects could run side by side, and are compared
// nowhere else.
func (r *run) comparable(a, b int) bool {
	return r.projects[a].Dir != r.projects[b].Dir && !r.joined(r.projects[a], r.projects[b])
}

// list joins names of ports to the start of a sentence, of many only the
// first few.
func list(names []string) string {
	var ports []string
	for _, n := range names {
		ports = lists.Union(ports, strings.TrimPrefix(strings.TrimPrefix(n, "host ports "), "host port "))
	}
	if len(ports) == 1 && !strings.Contains(ports[0], "-") {
		return "host port " + ports[0] + " is"
	}
	return "host ports " + say.And(say.First(ports)) + " are"
}
