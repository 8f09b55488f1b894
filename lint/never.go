package lint

import (
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/source"
)

// neverRun finds, by project, the services that are there to be extended and never
// run themselves: those of a library, and those whose profiles nobody chooses, as only
// extended services have them.
func neverRun(projects, neighbours []*compose.Project) []map[string]bool {
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
		real := map[string]bool{} // profiles of services that nobody extends
		for _, s := range p.Services {
			for _, profile := range s.Profiles {
				real[profile] = real[profile] || !extended[compose.Base{File: s.File, Service: s.Name}]
			}
		}
		for _, s := range p.Services {
			template := !p.Starts(s.Profiles) && !slices.ContainsFunc(s.Profiles, func(n string) bool { return real[n] })
			never[i][s.Name] = library || template
		}
	}
	return never
}

// isLibrary reports a project of one file that other projects extend services from:
// docker compose does not find it by its name, and nobody includes it.
func isLibrary(p *compose.Project, all []*compose.Project) bool {
	files := p.Group.Files
	if len(files) != 1 || p.Group.Overlay || p.Group.Name != "" || compose.StandardName(files[0]) {
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
