package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUpNames: what another project has by name is said with its place before docker
// compose starts anything, of what is started only; the next start changes nothing.
func TestUpNames(t *testing.T) {
	dir := stackHere(t)
	put(t, filepath.Join(dir, "compose.yaml"), `name: shop
services:
  db:
    image: x
    container_name: shopdb
    volumes: ["data:/d", "shared:/s", "own:/o"]
  web:
    image: x
    ports: ["28960:80"]
    networks: [front, back]
  idle: {image: x, profiles: [idle], container_name: shopidle}
networks:
  front: {name: front}
  back:
    name: back
volumes:
  data:
    name: data
  shared: {name: shared, external: true}
  own:
`)
	started := filepath.Join(dir, "started")
	composeScript(t, `[ "$2" = version ] || touch `+started)
	store := []box{
		{name: "shopdb", project: "store", service: "db", dir: "/srv/store", state: "running", port: 28961},
		{name: "shopidle", project: "store", service: "idle", dir: "/srv/store", state: "running", port: 28962},
		{name: "store-web-1", project: "store", service: "web", dir: "/srv/store", state: "running", port: 28963},
	}
	engine := serve(t, "127.0.0.1", store...)
	engine.Networks = map[string]string{"front": "store", "back": "gone", "shop_default": "shop"}
	engine.Volumes = map[string]string{"data": "store", "shared": "store", "shop_own": "shop"}
	const hint = "hint: give it another name, or say external: true if the projects are meant to share it\n"
	const name = "compose.yaml:5:21: service db: there is a container called shopdb already, of project store (running)\nhint: leave container_name out, so that Compose makes a name of the project's, or remove the other container\n"
	const data = "compose.yaml:18:11: volume data is that of project store, and both would write to it\n"
	const back = "compose.yaml:15:11: network back was made for project gone, and is used all the same\n"
	front := func(service string) string {
		return "compose.yaml:13:17: network front is that of project store, which has a service " + service + " too\n"
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"up", 1, name + back + front("db") + data + hint},
		{"up db", 1, name + data + hint},
		{"up web", 1, back + front("web") + hint},
	} {
		code, out, errs := here(strings.Fields(c.args)...)
		if diff := cmp.Diff(c.want, errs); diff != "" || code != c.code || out != "" {
			t.Errorf("%s: exit %d: %s (-want +got):\n%s", c.args, code, out, diff)
		}
	}
	for _, path := range []string{started, filepath.Join(dir, "data"), filepath.Join(dir, ".ports.env")} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: is there", path)
		}
	}
	const bound = "1 port of project shop can be bound: web\n"
	if code, _, errs := here("validate"); code != 1 || errs != name+back+front("db")+data+hint+bound {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, _, errs := here("validate", "--profile", "idle"); code != 1 || !strings.Contains(errs, "\ncompose.yaml:11:54: service idle: there is") || !strings.HasSuffix(errs, bound) {
		t.Errorf("exit %d: %s", code, errs)
	}
	// A note stops nothing, and neither does an engine that does not list them.
	delete(engine.Networks, "front")
	if code, _, errs := here("up", "web"); code != 1 || !strings.HasPrefix(errs, back+hint) || !strings.Contains(errs, "project shop is not up") {
		t.Errorf("exit %d: %s", code, errs)
	}
	engine.Networks, engine.Volumes = nil, nil
	if _, _, errs := here("up", "web"); strings.Contains(errs, "network") {
		t.Errorf("%s", errs)
	}
	if _, err := os.Stat(started); err != nil {
		t.Error("docker compose was not run")
	}
}
