// Package around says what the projects of a run are to each other: which of their
// services run, which projects stand on their own, which are examples or tests, and which
// have an env file or a document in common.
//
//	never := around.NeverRun(projects, nil)
//	if never[0]["template"] {
//		…
//	}
package around

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
)

// Alone reports, by index, the projects that stand on their own, and those of which
// another includes or extends the first file.
func Alone(projects []*compose.Project) (alone, inner []bool) {
	files := innerFiles(projects)
	alone, inner = make([]bool, len(projects)), make([]bool, len(projects))
	for i, p := range projects {
		inner[i] = len(p.Files) > 0 && files[p.Files[0]]
		alone[i] = !p.Group.Overlay && !inner[i]
	}
	return alone, inner
}

// Joined reports whether a project loads the first files of two projects together. What
// they publish is compared there.
func Joined(projects []*compose.Project) func(a, b *compose.Project) bool {
	joins := map[string][]int{} // by file, the projects of several folders that have it
	for i, p := range projects {
		if slices.ContainsFunc(p.Group.Files, func(f string) bool { return filepath.Dir(f) != p.Dir }) {
			for _, f := range p.Group.Files {
				joins[f] = append(joins[f], i)
			}
		}
	}
	return func(a, b *compose.Project) bool {
		others := joins[b.Group.Files[0]]
		return slices.ContainsFunc(joins[a.Group.Files[0]], func(i int) bool { return slices.Contains(others, i) })
	}
}

// innerFiles are those that a project includes or extends.
func innerFiles(projects []*compose.Project) map[*source.File]bool {
	inner := map[*source.File]bool{}
	for _, p := range projects {
		for _, f := range p.Files {
			if !slices.Contains(p.Group.Files, f.Path) {
				inner[f] = true
			}
		}
	}
	return inner
}

// sideFolder is the name of a folder of examples or tests, such as samples or
// integration-tests.
var sideFolder = pattern.Lazy(`(?i)^(?:.*[-_. ])?(?:examples?|samples?|demos?|tests?|testdata|e2e|fixtures?|tutorials?|playgrounds?)$`)

// OnTheSide reports, by index, the projects in folders of examples or tests below a root:
// each is started by itself, to try something.
func OnTheSide(root string, projects []*compose.Project) []bool {
	side := make([]bool, len(projects))
	for i, p := range projects {
		below, err := filepath.Rel(root, p.Dir)
		side[i] = err == nil && slices.ContainsFunc(strings.Split(filepath.ToSlash(below), "/"), sideFolder().MatchString)
	}
	return side
}

// NeverRun finds, by project, the services that are there to be extended and never
// run themselves: those of a library, and those whose profiles nobody chooses, as only
// extended services have them.
func NeverRun(projects, neighbours []*compose.Project) []map[string]bool {
	all := slices.Concat(projects, neighbours)
	extended, bases := map[compose.Base]bool{}, map[*source.File]bool{}
	for _, p := range all {
		for _, b := range p.Bases {
			extended[b], bases[b.File] = true, true
		}
	}
	never := make([]map[string]bool, len(projects))
	for i, p := range projects {
		never[i] = map[string]bool{}
		library := len(p.Files) > 0 && bases[p.Files[0]] && isLibrary(p, all)
		started := map[string]bool{} // profiles of services that nobody extends
		for _, s := range p.Services {
			for _, profile := range s.Profiles {
				started[profile] = started[profile] || !extended[compose.Base{File: s.File, Service: s.Name}]
			}
		}
		for _, s := range p.Services {
			template := !p.Starts(s.Profiles) && !slices.ContainsFunc(s.Profiles, func(n string) bool { return started[n] })
			never[i][s.Name] = library || template
		}
	}
	return never
}

// isLibrary reports a project of one file that other projects extend services from:
// docker compose does not find it by its name, and nobody includes it.
func isLibrary(p *compose.Project, all []*compose.Project) bool {
	files := p.Group.Files
	if len(files) != 1 || p.Group.Overlay || p.Group.Name != "" || strategies.StandardName(files[0]) {
		return false
	}
	uses := 0
	for _, o := range all {
		switch {
		case o == p || !slices.Contains(o.Files, p.Files[0]):
		case !extends(o, p.Files[0]) || slices.Contains(o.Group.Files, files[0]):
			return false
		default:
			uses++
		}
	}
	return uses > 0
}

// extends reports whether a project extends a service of a file.
func extends(p *compose.Project, f *source.File) bool {
	return slices.ContainsFunc(p.Bases, func(b compose.Base) bool { return b.File == f })
}
