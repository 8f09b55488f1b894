package workspace

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
)

// Absolute are paths of the configuration as absolute ones.
func (w *Workspace) Absolute(paths ...string) []string { return tree.Absolute(w.Home, paths...) }

// Show is a path as users see it: relative to the working folder, with slashes.
func (w *Workspace) Show(path string) string { return say.Path(w.Dir, path) }

// Place is where something stands, as users see it: path:line:column.
func (w *Workspace) Place(f *source.File, span source.Span) string {
	line, column := f.Position(span.Start)
	return fmt.Sprintf("%s:%d:%d", w.Show(f.Path), line, column)
}

// Refuses is what there is to say about a file which is to be edited, but that is a link or
// not within the bounds; refused is false for one that may be.
func (w *Workspace) Refuses(path string) (p say.Problem, refused bool) {
	reason := w.Bounds.Refuses(path)
	p = say.Problem{Place: path, Message: reason + ", which is not written", Hint: "name the file that it leads to"}
	if !tree.IsSymlink(path) {
		p.Kind, p.Hint = say.Note, "name it on the command line if it should be edited"
	}
	return p, reason != ""
}

// FromHome is a path as the configuration names it.
func (w *Workspace) FromHome(path string) string { return say.Path(w.Home, path) }

// PortsFile is where the ports of a project are remembered.
func (w *Workspace) PortsFile(p *compose.Project) string {
	if w.portsFile != "" {
		return w.portsFile
	}
	return keptFile(w, w.fileOf(p, cmp.Or(w.Config.PortsFile, "data/ports.json")), "ports.json")
}

// PortsBounds are where a ports file may be: within the bounds, unless the request or the
// environment names it.
func (w *Workspace) PortsBounds() tree.Bounds {
	if w.portsFile == "" {
		return w.Bounds
	}
	return w.Bounds.And(w.portsFile, w.portsFile+".bak")
}

// PortsEnvFile is where the ports of a project are written for Compose.
func (w *Workspace) PortsEnvFile(p *compose.Project) string {
	return keptFile(w, w.fileOf(p, cmp.Or(w.Config.PortsEnvFile, ".ports.env")), "ports.env")
}

// fileOf is a file that a project has in its folder: one that is not what docker
// compose finds there by itself has its name in it.
func (w *Workspace) fileOf(p *compose.Project, name string) string {
	path := tree.Absolute(p.Dir, filepath.FromSlash(name))[0]
	if discover.Standard(p.Group.Files[0]) && !p.Group.Overlay && !p.Renamed {
		return path
	}
	return withName(path, p.Name)
}

func withName(path, name string) string {
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + "." + name + ext
}

// FilesOf are the ports file and the env file of a project that is known by its folder
// and its name: where docker compose finds it by itself, and where not.
func (w *Workspace) FilesOf(dir, name string) (found, named [2]string) {
	found = [2]string(tree.Absolute(dir, filepath.FromSlash(cmp.Or(w.Config.PortsFile, "data/ports.json")), filepath.FromSlash(cmp.Or(w.Config.PortsEnvFile, ".ports.env"))))
	return found, [2]string{withName(found[0], name), withName(found[1], name)}
}

// SettingsName names a file in the configuration: by its folder where docker
// compose finds it there by itself, else by its path.
func (w *Workspace) SettingsName(f *source.File) string {
	if discover.Standard(f.Path) {
		return w.FromHome(filepath.Dir(f.Path))
	}
	return w.FromHome(f.Path)
}

// Remembered are the host texts that the configuration has for a project, by the
// place of their mappings; nil for none.
func (w *Workspace) Remembered(p *compose.Project) map[compose.Place]string {
	if len(w.Config.Defaults) == 0 {
		return nil
	}
	byFile := map[*source.File]map[string]string{}
	for _, f := range p.Files {
		byFile[f] = w.Config.Defaults[w.SettingsName(f)]
	}
	return strategies.Recall(p, func(f *source.File) map[string]string { return byFile[f] })
}
