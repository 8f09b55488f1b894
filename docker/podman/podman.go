// Package podman finds the engine that Podman's own settings name, for who has no
// Docker. It reads them, and speaks to nobody.
//
// The model: a [Connection] is an endpoint, and who said so. The order is that of the
// podman command: CONTAINER_HOST, CONTAINER_CONNECTION, the default of podman system
// connection, then the sockets of podman system service, the user's before the machine's.
//
//	c, found, err := podman.Find(environ)
package podman

import (
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"github.com/pelletier/go-toml/v2"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// Connection is where a Podman is.
type Connection struct {
	// URI is its endpoint: unix, tcp or ssh, the last with the path of the socket there.
	URI string
	// Identity is the private key for ssh; "" for those that ssh has.
	Identity string
	// Machine reports a virtual machine of podman machine, which runs on this host.
	Machine bool
	// By is who names it, such as "podman connection dev".
	By string
}

// Find is the engine that the settings of a user name; there is none found where they
// name none. The error is a [say.Problem], and is about settings that can't be read, or
// name a connection that does not exist.
func Find(environ map[string]string) (c Connection, found bool, err error) {
	if host := environ["CONTAINER_HOST"]; host != "" {
		return Connection{URI: host, Identity: environ["CONTAINER_SSHKEY"], By: "CONTAINER_HOST"}, true, nil
	}
	all, name, err := connections(environ)
	if err != nil {
		return Connection{}, false, err
	}
	if name = cmp.Or(environ["CONTAINER_CONNECTION"], name); name != "" {
		c, found := all[name]
		if !found || c.URI == "" {
			return Connection{}, false, say.Failf("podman system connection list shows them; CONTAINER_CONNECTION or podman system connection default chooses one", "podman connection %s: does not exist", name)
		}
		return Connection{URI: c.URI, Identity: c.Identity, Machine: c.IsMachine, By: "podman connection " + name}, true, nil
	}
	for _, socket := range sockets(environ) {
		if tree.Exists(socket) {
			return Connection{URI: "unix://" + socket, By: "Podman's socket"}, true, nil
		}
	}
	return Connection{}, false, nil
}

// sockets are those that podman system service has, by its default.
func sockets(environ map[string]string) []string {
	uid := os.Getuid()
	if uid < 0 { // on Windows, where a machine is a connection
		return nil
	}
	dir := cmp.Or(environ["XDG_RUNTIME_DIR"], "/run/user/"+strconv.Itoa(uid))
	all := []string{filepath.Join(dir, "podman", "podman.sock")}
	if uid == 0 {
		all = append(all, "/run/podman/podman.sock")
	}
	return all
}

// destination is a connection as both files have it.
type destination struct {
	URI       string `toml:"uri"`
	Identity  string `toml:"identity"`
	IsMachine bool   `toml:"is_machine"`
}

// connections are those of podman system connection, and the name of the default; "" for
// none. Podman 5 keeps them in podman-connections.json, Podman 4 in containers.conf; the
// former counts.
func connections(environ map[string]string) (all map[string]destination, name string, err error) {
	all = map[string]destination{}
	for _, path := range settings(environ) {
		var file struct {
			Engine struct {
				ActiveService       string                 `toml:"active_service"`
				ServiceDestinations map[string]destination `toml:"service_destinations"`
			} `toml:"engine"`
		}
		if err := read(path, "TOML", &file, toml.Unmarshal); err != nil {
			return nil, "", err
		}
		maps.Copy(all, file.Engine.ServiceDestinations)
		name = cmp.Or(file.Engine.ActiveService, name)
	}
	path := environ["PODMAN_CONNECTIONS_CONF"]
	if path == "" && folder(environ) != "" {
		path = filepath.Join(folder(environ), "podman-connections.json")
	}
	var file struct {
		Connection struct {
			Default     string
			Connections map[string]destination
		}
	}
	if err := read(path, "JSON", &file, json.Unmarshal); err != nil {
		return nil, "", err
	}
	maps.Copy(all, file.Connection.Connections)
	return all, cmp.Or(file.Connection.Default, name), nil
}

// folder is the user's of containers.conf; "" for who has none.
func folder(environ map[string]string) string {
	dir := environ["XDG_CONFIG_HOME"]
	if runtime.GOOS == "windows" {
		dir = environ["APPDATA"]
	}
	if home := cmp.Or(environ["HOME"], environ["USERPROFILE"]); dir == "" && home != "" {
		dir = filepath.Join(home, ".config")
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "containers")
}

// settings are the files of containers.conf, of which the last counts.
func settings(environ map[string]string) []string {
	if only := environ["CONTAINERS_CONF"]; only != "" {
		return with(only, environ)
	}
	var all []string
	for _, dir := range []string{"/usr/share/containers", "/etc/containers", folder(environ)} {
		if dir == "" || runtime.GOOS == "windows" && dir != folder(environ) {
			continue
		}
		path := filepath.Join(dir, "containers.conf")
		all = append(all, path)
		if more, err := os.ReadDir(path + ".d"); err == nil {
			for _, e := range more {
				if filepath.Ext(e.Name()) == ".conf" {
					all = append(all, filepath.Join(path+".d", e.Name()))
				}
			}
		}
	}
	return slices.Concat(all, with("", environ))
}

// with adds what comes last whatever the others are.
func with(path string, environ map[string]string) (all []string) {
	for _, p := range []string{path, environ["CONTAINERS_CONF_OVERRIDE"]} {
		if p != "" {
			all = append(all, p)
		}
	}
	return all
}

// read fills a value with what a file says; one that is not there says nothing.
func read(path, kind string, value any, decode func([]byte, any) error) error {
	if path == "" || !tree.Exists(path) {
		return nil
	}
	src, err := tree.Read(path, tree.MaxFile)
	if err != nil {
		return say.Failf("", "%s: %s", path, say.Cause(err))
	}
	if err := decode(src, value); err != nil {
		return say.Failf("podman system connection list tells whether podman can read it", "%s: is no %s with the connections of podman", path, kind)
	}
	return nil
}
