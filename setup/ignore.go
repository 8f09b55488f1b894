package setup

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/workspace"
)

// ignoredByGit is what belongs to one machine.
var ignoredByGit = []string{".ports.env", ".ports.*.env", "**/data/ports.json", "**/data/ports.*.json", "**/data/ports*.json.bak"}

// ignored are the patterns of what belongs to one machine, also of files that the
// configuration names.
func ignored(w *workspace.Workspace) []string {
	lines := slices.Clone(ignoredByGit)
	for _, name := range []string{w.Config.PortsFile, w.Config.PortsEnvFile} {
		name = path.Clean(filepath.ToSlash(name))
		if name == "." || path.IsAbs(name) || strings.HasPrefix(name, "../") {
			continue
		}
		ext := path.Ext(name)
		lines = lists.Union(lines, "**/"+name, "**/"+strings.TrimSuffix(name, ext)+".*"+ext)
	}
	return lines
}

// ignoreLines adds what belongs to one machine to what Git ignores.
func (p *planner) ignoreLines() error {
	path := filepath.Join(p.root, ".gitignore")
	src, err := p.read(path)
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for line := range strings.Lines(string(src)) {
		has[strings.TrimSpace(line)] = true
	}
	out := ended(src)
	for _, line := range ignored(p.w) {
		if !has[line] {
			out = append(out, line+"\n"...)
		}
	}
	if len(out) == len(ended(src)) {
		return p.keep(path, "has the lines already")
	}
	return p.write(path, src, out, "lines are added")
}
