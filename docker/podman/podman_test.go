package podman

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFind finds the engine in the order of the podman command.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const (
		four = `
[containers]
default_ulimits = ["nofile=1:1"]
[engine]
active_service = "dev"
[engine.service_destinations]
[engine.service_destinations.dev]
uri = "unix:///run/dev.sock"
[engine.service_destinations.vm]
uri = "ssh://core@127.0.0.1:4711/run/user/501/podman/podman.sock"
identity = "/home/me/.ssh/vm"
is_machine = true
`
		five = `{"Connection":{"Default":"far","Connections":{"far":{"URI":"ssh://me@box:22/run/podman/podman.sock","Identity":"/home/me/.ssh/far"}}},"Farm":{}}`
	)
	write("four/.config/containers/containers.conf", four)
	write("five/.config/containers/containers.conf", four)
	write("five/.config/containers/podman-connections.json", five)
	write("parts/.config/containers/containers.conf", four)
	write("parts/.config/containers/containers.conf.d/10.conf", "[engine]\nactive_service = \"vm\"\n")
	write("run/podman/podman.sock", "")
	write("broken/.config/containers/containers.conf", "[engine\n")
	write("strange/.config/containers/podman-connections.json", "[]")
	home := func(name string) map[string]string { return map[string]string{"HOME": filepath.Join(dir, name)} }
	more := func(environ map[string]string, pairs ...string) map[string]string {
		for i := 0; i < len(pairs); i += 2 {
			environ[pairs[i]] = pairs[i+1]
		}
		return environ
	}
	dev := Connection{URI: "unix:///run/dev.sock", By: "podman connection dev"}
	vm := Connection{URI: "ssh://core@127.0.0.1:4711/run/user/501/podman/podman.sock", Identity: "/home/me/.ssh/vm", Machine: true, By: "podman connection vm"}
	far := Connection{URI: "ssh://me@box:22/run/podman/podman.sock", Identity: "/home/me/.ssh/far", By: "podman connection far"}
	for name, c := range map[string]struct {
		environ map[string]string
		want    Connection
	}{
		"Podman 4":                    {home("four"), dev},
		"a file beside it":            {home("parts"), vm},
		"Podman 5 over Podman 4":      {home("five"), far},
		"a connection that is named":  {more(home("five"), "CONTAINER_CONNECTION", "vm"), vm},
		"a host that is named":        {more(home("five"), "CONTAINER_HOST", "unix:///x", "CONTAINER_SSHKEY", "key"), Connection{URI: "unix:///x", Identity: "key", By: "CONTAINER_HOST"}},
		"another file":                {more(home("five"), "CONTAINERS_CONF", filepath.Join(dir, "none"), "PODMAN_CONNECTIONS_CONF", filepath.Join(dir, "five/.config/containers/podman-connections.json")), far},
		"a file over all":             {more(home("four"), "CONTAINERS_CONF_OVERRIDE", filepath.Join(dir, "parts/.config/containers/containers.conf.d/10.conf")), vm},
		"the socket of the user":      {more(home("none"), "XDG_RUNTIME_DIR", filepath.Join(dir, "run")), Connection{URI: "unix://" + filepath.Join(dir, "run/podman/podman.sock"), By: "Podman's socket"}},
		"a connection over a socket":  {more(home("four"), "XDG_RUNTIME_DIR", filepath.Join(dir, "run")), dev},
		"the folder of configuration": {map[string]string{"XDG_CONFIG_HOME": filepath.Join(dir, "four/.config")}, dev},
	} {
		if got, found, err := Find(c.environ); err != nil || !found || got != c.want {
			t.Errorf("%s: got %+v, %v, %v, want %+v", name, got, found, err, c.want)
		}
	}
	for want, environ := range map[string]map[string]string{
		"podman connection nowhere: does not exist":                          more(home("four"), "CONTAINER_CONNECTION", "nowhere"),
		"containers.conf: is no TOML with the connections of podman":         home("broken"),
		"podman-connections.json: is no JSON with the connections of podman": home("strange"),
	} {
		if _, found, err := Find(environ); found || err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, %v, want %q", found, err, want)
		}
	}
	if os.Getuid() != 0 { // root's may be on this machine
		if got, found, err := Find(more(home("none"), "XDG_RUNTIME_DIR", filepath.Join(dir, "none"))); found || err != nil {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}
