package workspace

import (
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// Command is what a request is about, for commands that are to be about the same.
func (r Request) Command() say.About {
	given := say.Flags{Config: r.Config, Files: r.Files, Name: r.Name, Profiles: r.Profiles, EnvFiles: r.EnvFiles, PortsFile: r.PortsFile}
	given.Files = slices.DeleteFunc(slices.Clone(given.Files), func(f string) bool { return slices.Contains(r.Except, f) })
	composed := given
	composed.Config, composed.PortsFile = "", ""
	search := say.Flags{Config: r.Config, Files: r.Files, Profiles: r.Profiles, Strategy: r.Strategy}
	return say.About{Ours: given, Compose: composed, Search: search, Paths: r.Paths}
}

// AboutOne is About for commands about one of the workspace's projects alone.
func (w *Workspace) AboutOne(p *compose.Project) say.About {
	about := w.About
	about.Paths, about.Search.Files = nil, w.shown(w.Dir, p.Group.Files)
	about.Compose.Profiles = p.Group.Profiles
	if w.alone || len(about.Ours.Files) > 0 {
		if w.Settled(p) {
			about.Compose.Files, about.Compose.Name = about.Search.Files, p.Name
		}
		return about
	}
	if p.Dir != w.Dir {
		about.In = w.Show(p.Dir)
	}
	if !discover.Standard(p.Group.Files[0]) || p.Group.Overlay {
		about.Ours.Files = w.shown(p.Dir, p.Group.Files)
		if w.Settled(p) {
			about.Ours.Name = p.Name
		}
	}
	if about.Ours.Config != "" {
		about.Ours.Config = say.Path(p.Dir, tree.Absolute(w.Dir, about.Ours.Config)[0])
	}
	about.Compose.Files = about.Ours.Files
	if w.Settled(p) {
		about.Compose.Files, about.Compose.Name = w.shown(p.Dir, p.Group.Files), p.Name
	}
	return about
}

// AboutFrom is AboutOne for commands that are given in another folder.
func (w *Workspace) AboutFrom(dir string, p *compose.Project) say.About {
	there := *w
	there.Dir = dir
	return there.AboutOne(p)
}

// AboutFiles is About for the one project with other files, such as an override besides its
// own, as users have them.
func (w *Workspace) AboutFiles(files []string) say.About {
	about, p := w.About, w.Projects[0]
	if w.Settled(p) {
		about.Ours.Name = p.Name
	}
	about.Ours.Files, about.Compose.Files, about.Search.Files = files, files, files
	return about
}

// Settled reports a project that the configuration settles, so that docker compose
// does not find it by itself.
func (w *Workspace) Settled(p *compose.Project) bool {
	return slices.ContainsFunc(w.configured(), func(g compose.Group) bool { return slices.Equal(g.Files, p.Group.Files) })
}

// shown are paths as users in a folder see them.
func (w *Workspace) shown(dir string, all []string) []string {
	out := make([]string, len(all))
	for i, path := range all {
		out[i] = filepath.FromSlash(say.Path(dir, path))
	}
	return out
}
