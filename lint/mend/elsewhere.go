package mend

import (
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lint/text"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// elsewhere reports a port that the configuration says something else than the projects
// publishes, or that a configuration file of the repository has as a port. The files
// are read when the first port is asked for that the configuration does not name.
func elsewhere(w *workspace.Workspace) func(port int) bool {
	named := ports.NewSet(w.Config.ExternalPorts...)
	defined := sync.OnceValue(func() map[int]bool { return definedPorts(w) })
	return func(port int) bool { return named.Has(port) || defined()[port] }
}

// definedPorts are the ports that configuration files of a workspace's repository have.
func definedPorts(w *workspace.Workspace) map[int]bool {
	found := map[int]bool{}
	tree.Files(tree.Root(w.Home), w.Tree(), func(path string, _ fs.DirEntry) {
		switch strings.ToLower(filepath.Ext(path)) {
		case ".yaml", ".yml", ".json", ".toml", ".ini", ".cfg", ".conf", ".properties":
		default:
			return
		}
		if src, err := tree.Read(path, tree.MaxFile); err == nil && filepath.Base(path) != config.Name {
			for _, port := range text.DefinedPorts(src) {
				found[port] = true
			}
		}
	})
	return found
}
