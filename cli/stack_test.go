package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// deployed is a folder with a file, and a manager of a swarm that has stack shop.
func deployed(t *testing.T, name, text string) *dockertest.Engine {
	t.Helper()
	dir := shop(t, 1)
	if err := os.Remove(filepath.Join(dir, "compose.yaml")); err != nil {
		t.Fatal(err)
	}
	if name != "" {
		put(t, filepath.Join(dir, name), text)
	}
	engine := record(t, dir)
	engine.SetSwarm(dockertest.SwarmServices, dockertest.SwarmTasks, dockertest.SwarmNodes)
	return engine
}

const stackFile = `services:
  web: {image: x, ports: ["${WEB_HOST_PORT:-28800}:80", "81"], deploy: {replicas: 3}}
  host: {image: x, ports: [{target: 80, mode: host}, {target: 81, published: 28802, mode: host}], deploy: {mode: global}}
`

// TestPortStack: a stack of a swarm is told as the engine has it, with files and without.
func TestPortStack(t *testing.T) {
	const table = `SERVICE  CONTAINER       PORT    HOST            STATE  URL
host     shop_host.n1    80/tcp  10.1.2.3:32768  ok     http://10.1.2.3:32768
host     shop_host.n1    81/tcp  10.1.2.3:28801  ok     http://10.1.2.3:28801
web      shop_web (2/3)  80/tcp  0.0.0.0:28800   ok     http://127.0.0.1:28800
web      shop_web (2/3)  81/tcp  0.0.0.0:30000   ok     http://127.0.0.1:30000
`
	moved := strings.Replace(table, "28801  ok     ", "28801  drifted  ", 1)
	moved = strings.NewReplacer("ok     ", "ok       ", "STATE  ", "STATE    ").Replace(moved)
	for _, c := range []struct{ name, file, args, want string }{
		{"without a file", "", "--stack shop", table},
		{"with its own file", "docker-stack.yml", "--stack shop", moved},
		{"with the file of another project", "compose.yaml", "--stack shop", table},
		{"with a file that is named", "swarm.yml", "--stack shop -f swarm.yml", moved},
		{"by itself", "swarm.yml", "-p shop -f swarm.yml", moved},
		{"a port of every node", "", "--stack shop web 80", "0.0.0.0:28800\n"},
		{"of one replica", "", "--stack shop web 80 --index 2", "0.0.0.0:28800\n"},
		{"a port of a node", "", "--stack shop host 80", "10.1.2.3:32768\n"},
		{"urls", "", "--stack shop --format url", "http://10.1.2.3:32768\nhttp://10.1.2.3:28801\nhttp://127.0.0.1:28800\nhttp://127.0.0.1:30000\n"},
		{"numbers", "", "--stack shop --format port web", "28800\n30000\n"},
		{"variables", "docker-stack.yml", "--stack shop --format env", "HOST_HOST_PORT=32768\nHOST_81_HOST_PORT=28801\nWEB_HOST_PORT=28800\nWEB_81_HOST_PORT=30000\n"},
		{"names", "", "--stack shop web --format caddy", "http://web.shop.localhost {\n\treverse_proxy http://127.0.0.1:28800\n}\nhttp://web-81.shop.localhost {\n\treverse_proxy http://127.0.0.1:30000\n}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := stackFile
			if c.file == "compose.yaml" {
				text = "name: other\n" + text
			}
			deployed(t, c.file, text)
			code, out, errs := here(append([]string{"port"}, strings.Fields(c.args)...)...)
			if diff := cmp.Diff(c.want, out); diff != "" || code != 0 || errs != "" {
				t.Errorf("exit %d: %s (-want +got):\n%s", code, errs, diff)
			}
		})
	}
}

// TestPortStackJSON: entry by entry what the engine says, and of a service how many replicas
// run.
func TestPortStackJSON(t *testing.T) {
	deployed(t, "docker-stack.yml", stackFile)
	code, out, errs := here("port", "--stack", "shop", "web", "80", "--format", "json")
	const want = `{
  "version": 1,
  "ports": [
    {
      "project": "shop",
      "service": "web",
      "container": "shop_web",
      "index": 0,
      "replicas": "2/3",
      "container_port": "80",
      "protocol": "tcp",
      "host_ip": "0.0.0.0",
      "host_port": "28800",
      "variable": "WEB_HOST_PORT",
      "default": "28800",
      "assigned": "",
      "state": "ok",
      "url": "http://127.0.0.1:28800"
    }
  ]
}
`
	if diff := cmp.Diff(want, out); diff != "" || code != 0 || errs != "" {
		t.Errorf("exit %d: %s (-want +got):\n%s", code, errs, diff)
	}
}

// TestPortStackMissing: why there is no answer, and what to do.
func TestPortStackMissing(t *testing.T) {
	engine := deployed(t, "", "")
	ask := func(code int, want string, args ...string) {
		t.Helper()
		got, out, errs := here(append([]string{"port"}, args...)...)
		if got != code || out != "" || errs != want {
			t.Errorf("%v: exit %d: %s%s", args, got, errs, out)
		}
	}
	ask(1, "replica 3 of service web is not running (preparing)\nhint: to see why: docker stack ps shop\n", "--stack", "shop", "web", "80", "--index", "3")
	ask(1, "stack none is not up\nhint: to see what it has: docker stack ps none\n", "--stack", "none")
	ask(1, "stack shop has no service api\nhint: to see which it has: docker stack services shop\n", "--stack", "shop", "api")
	later := func() { engine.SetSwarm(dockertest.SwarmServices, dockertest.SwarmTasks, dockertest.SwarmNodes) }
	engine.SetSwarm(dockertest.SwarmServices, "[]", dockertest.SwarmNodes)
	ask(1, "stack shop is not up\nhint: to see what it has: docker stack ps shop\n", "--stack", "shop")
	time.AfterFunc(300*time.Millisecond, later)
	if code, out, errs := here("port", "--stack", "shop", "web", "80", "--wait", "10s"); code != 0 || out != "0.0.0.0:28800\n" {
		t.Errorf("exit %d: %s%s", code, errs, out)
	}
	engine.SetSwarm("", "", "")
	ask(3, "docker endpoint "+engine.Endpoint+": it is no manager of a swarm\nhint: name one that is with DOCKER_HOST or DOCKER_CONTEXT; to make it one: docker swarm init\n", "--stack", "shop")
}

// TestSwarmTaken: what a swarm publishes is taken on this node, whoever asks for it with
// docker compose, and is the own port of the stack that has it.
func TestSwarmTaken(t *testing.T) {
	const file = "services:\n  a: {image: x, ports: [\"${A_HOST_PORT:-28850}:80\", \"127.0.0.1:${B_HOST_PORT:-28801}:81\"]}\n"
	deployed(t, "compose.yaml", "name: mine\n"+file)
	code, out, errs := here("validate")
	for _, want := range []string{"port 28850 is held by swarm service other_api", "port 28801 is held by swarm service shop_host"} {
		if code != 1 || !strings.Contains(out+errs, want) {
			t.Errorf("exit %d, no %q: %s%s", code, want, out, errs)
		}
	}
	deployed(t, "docker-stack.yml", stackFile)
	if code, out, errs := here("validate", "-f", "docker-stack.yml", "-p", "shop"); code != 0 {
		t.Errorf("its own: exit %d: %s%s", code, out, errs)
	}
}
