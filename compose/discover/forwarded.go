package discover

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tailscale/hujson"

	"github.com/portmoor/portmoor/tree"
)

// Forwarded is a description of a development container that fixes ports of the host.
type Forwarded struct {
	Path  string
	Ports []string // numbers, in its order
}

// ForwardedBy are the descriptions of development containers of a folder that fix ports of
// the host, by forwardPorts or appPort. What can't be read fixes none.
func ForwardedBy(root string) (all []Forwarded) {
	for _, pattern := range devcontainerFiles {
		paths, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern))) // the patterns are valid
		for _, path := range paths {
			src, err := tree.Read(path, tree.MaxFile)
			if err != nil {
				continue
			}
			plain, err := hujson.Standardize(src)
			var described struct {
				Forward []any `json:"forwardPorts"`
				App     any   `json:"appPort"`
			}
			if err != nil || json.Unmarshal(plain, &described) != nil {
				continue
			}
			f := Forwarded{Path: path}
			app, several := described.App.([]any)
			if !several {
				app = []any{described.App}
			}
			for _, port := range slices.Concat(described.Forward, app) {
				if host := hostPort(port); host != "" && !slices.Contains(f.Ports, host) {
					f.Ports = append(f.Ports, host)
				}
			}
			if f.Ports != nil {
				all = append(all, f)
			}
		}
	}
	return all
}

// hostPort is the port of the host that an entry fixes: a number, HOST:CONTAINER of
// appPort, or SERVICE:PORT of forwardPorts; "" for none.
func hostPort(entry any) string {
	switch entry := entry.(type) {
	case float64:
		return strconv.Itoa(int(entry))
	case string:
		parts := strings.Split(entry, ":")
		for _, part := range slices.Backward(parts[:max(len(parts)-1, 1)]) {
			if n, err := strconv.Atoi(part); err == nil && n > 0 {
				return part
			}
		}
		if n, err := strconv.Atoi(parts[len(parts)-1]); err == nil && n > 0 {
			return parts[len(parts)-1]
		}
	}
	return ""
}
