package lint

import (
	"fmt"
	"path/filepath"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/strategies"
)

// standard reports, by project, those that docker compose finds by themselves.
func (r *run) standard() []bool {
	found := make([]bool, len(r.projects))
	for i, p := range r.projects {
		found[i] = r.alone[i] && strategies.StandardName(p.Group.Files[0])
	}
	return found
}

// reportContests reports the ports of a project that one has which is started beside it.
func (p *Pass) reportContests() {
	for _, c := range p.run.contests()[p.index] {
		if p.ignores(c.Other.Mapping) {
			continue
		}
		f, port := aboutValue(c.Mine.Mapping), c.Other.HostPort.Ports.Common(c.Mine.HostPort.Ports)
		f.Severity = Error
		if c.Apart() {
			f.Severity = Warning
		}
		f.Related = append(append(f.Related, publishedAt(c.Other)), causes(c.Other.Mapping)...)
		f.Related = append(f.Related, loadedAt(c.By, "it is started here"))
		if c.By.Span != c.Then.Span {
			f.Related = append(f.Related, loadedAt(c.Then, "and this one here"))
		}
		p.reportf(f, "give one of the two another host port", "%s also published by service %s of %s: %s the two under one project name", port.Named(c.Mine.Protocol)+port.IsOrAre(),
			quote(c.Other.Service), filepath.Base(c.Other.File.Path), linesThat("start", f.File.Path, c.By, c.Then))
	}
}

func loadedAt(l compose.Load, message string) Related {
	return Related{File: l.File, Span: l.Span, Message: message}
}

// linesThat is what lines do, as seen from the folder of a file.
func linesThat(do, path string, lines ...compose.Load) string {
	places := lists.Union(nil, lists.Map(lines, func(l compose.Load) string {
		line, _ := l.File.Position(l.Span.Start)
		return fmt.Sprintf("%s:%d", say.Path(filepath.Dir(path), l.File.Path), line)
	})...)
	if len(places) == 1 {
		do += "s"
	}
	return say.And(places) + " " + do
}

// loadedBy are the lines that load the files of two mappings together, and what they add to
// a message; nothing for one file, and for those that docker compose finds by itself.
func (p *Pass) loadedBy(a, b *compose.Mapping) (and string, places []Related) {
	if a.File == b.File {
		return "", nil
	}
	lines := p.run.loaders().Of(p.Project, a.File.Path, b.File.Path)
	if len(lines) == 0 {
		return "", nil
	}
	return "; " + linesThat("load", b.File.Path, lines...) + " the files together", lists.Map(lines, func(l compose.Load) Related { return loadedAt(l, "the files are loaded together here") })
}
