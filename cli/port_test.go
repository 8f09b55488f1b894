package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/docker/dockertest"
)

// running is a container of project shop in the recorded engine; each port is
// "ADDRESS:HOST:CONTAINER/PROTOCOL".
type running struct {
	service string
	number  int
	state   string // "" for running
	host    bool   // on the host's network
	ports   []string
}

// record makes an engine that has the containers, those of the project in the
// working folder, and is the one of the process.
func record(t testing.TB, dir string, containers ...running) *dockertest.Engine {
	t.Helper()
	engine := dockertest.Start(t, "127.0.0.1")
	engine.Set(listOf(t, dir, containers...), nil)
	t.Setenv("DOCKER_HOST", engine.Endpoint)
	return engine
}

func listOf(t testing.TB, dir string, containers ...running) string {
	t.Helper()
	list := []map[string]any{}
	for _, r := range containers {
		name := fmt.Sprintf("shop-%s-%d", r.service, r.number)
		ports := []map[string]any{}
		for _, p := range r.ports {
			at := strings.LastIndex(p[:strings.LastIndex(p, ":")], ":")
			var host, container int
			var protocol string
			if _, err := fmt.Sscanf(strings.NewReplacer(":", " ", "/", " ").Replace(p[at+1:]), "%d %d %s", &host, &container, &protocol); err != nil {
				t.Fatal(p, err)
			}
			ports = append(ports, map[string]any{"IP": p[:at], "PrivatePort": container, "PublicPort": host, "Type": protocol})
		}
		c := map[string]any{
			"Id": name, "Names": []string{"/" + name}, "State": "running", "Ports": ports,
			"Labels": map[string]string{
				"com.docker.compose.project": "shop", "com.docker.compose.service": r.service,
				"com.docker.compose.project.working_dir": dir, "com.docker.compose.container-number": fmt.Sprint(r.number),
			},
		}
		if r.state != "" {
			c["State"] = r.state
		}
		if r.host {
			c["HostConfig"] = map[string]string{"NetworkMode": "host"}
		}
		list = append(list, c)
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// stackFiles has a service of each kind.
const stackFiles = `name: shop
services:
  web: {image: x, ports: ["${WEB_HOST_PORT:-28500}:80", "${WEB_443_HOST_PORT:-28501}:443"], environment: [SERVICE_PORT_FILE=/run/port]}
  dyn: {image: x, ports: ["0:80"], scale: 2, environment: {SERVICE_PORT_FILE: port}}
  dns: {image: x, ports: ["28502:53/udp", "127.0.0.1:28502:53/tcp"]}
  range: {image: x, ports: ["28510-28512:3000-3002"]}
  many: {image: x, ports: ["3000-3002"]}
  host: {image: x, network_mode: host, ports: ["28520:28520"]}
  off: {image: x, ports: ["28503:80"]}
  sick: {image: x, ports: ["28504:80"]}
  slow: {image: x, ports: ["28505:80"]}
  plain: {image: x}
  extra: {image: x, profiles: [extra], ports: ["28506:80"]}
`

// here is what runs of it.
func hereRuns() []running {
	return []running{
		{service: "web", number: 1, ports: []string{"0.0.0.0:28500:80/tcp", ":::28500:80/tcp", "0.0.0.0:32770:443/tcp"}},
		{service: "dyn", number: 2, ports: []string{"0.0.0.0:32768:80/tcp", ":::32769:80/tcp"}},
		{service: "dyn", number: 1, ports: []string{"0.0.0.0:32771:80/tcp", ":::32771:80/tcp"}},
		{service: "dyn", number: 3, ports: []string{"0.0.0.0:32790:80/tcp"}},
		{service: "dns", number: 1, ports: []string{"0.0.0.0:28502:53/udp", "127.0.0.1:28502:53/tcp"}},
		{service: "range", number: 1, ports: []string{"0.0.0.0:28510:3000/tcp", "0.0.0.0:28511:3001/tcp", "0.0.0.0:28512:3002/tcp"}},
		{service: "many", number: 1, ports: []string{"0.0.0.0:32780:3000/tcp", "0.0.0.0:32779:3001/tcp", "0.0.0.0:32781:3002/tcp"}},
		{service: "host", number: 1, host: true},
		{service: "sick", number: 1, state: "restarting"},
		{service: "slow", number: 1},
		{service: "plain", number: 1},
	}
}

// stackHere makes the project and goes there.
func stackHere(t testing.TB) (dir string) {
	t.Helper()
	dir = shop(t, 1)
	put(t, filepath.Join(dir, "compose.yaml"), stackFiles)
	return dir
}

// hostNetwork listens on the port of service host.
func hostNetwork(t *testing.T) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", ":28520")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
}

// TestPort: each way to ask has the one answer that is right for it.
func TestPort(t *testing.T) {
	hostNetwork(t)
	record(t, stackHere(t), hereRuns()...)
	for _, c := range []struct{ args, want string }{
		{"web 80", "0.0.0.0:28500\n"},
		{"web 443/tcp", "0.0.0.0:32770\n"},
		{"web:443", "0.0.0.0:32770\n"},
		{"dyn 80", "0.0.0.0:32771\n"},
		{"dyn 80 --index 2", "0.0.0.0:32768\n"},
		{"--protocol UDP dns 53", "0.0.0.0:28502\n"},
		{"dns 53/tcp", "127.0.0.1:28502\n"},
		{"host 28520", "0.0.0.0:28520\n"},
		{"web 80 --format url", "http://localhost:28500\n"},
		{"web 80 --format caddy", "http://web.shop.localhost {\n\treverse_proxy http://localhost:28500\n}\n"},
		{"web 80 --format hosts", "127.0.0.1 web.shop.localhost\n"},
		{"dyn --format url", "http://localhost:32771\nhttp://127.0.0.1:32768\nhttp://localhost:32790\n"},
		{"web 443 --format port", "32770\n"},
		{"dns --format port", "28502\n28502\n"},
		{"dyn --index 2 --format port", "32768\n"},
		{"web --format env", "WEB_HOST_PORT=28500\nWEB_443_HOST_PORT=32770\n"},
		{"dyn --format env", "DYN_HOST_PORT=32771\n"},
		{"dns --format env", "DNS_HOST_PORT=28502\n"},
		{"range --format env", "RANGE_HOST_PORT_RANGE=28510-28512\n"},
		{"many --format env", "MANY_3000_HOST_PORT=32780\nMANY_3001_HOST_PORT=32779\nMANY_3002_HOST_PORT=32781\n"},
		{"web", `SERVICE  CONTAINER   PORT     HOST           STATE    URL
web      shop-web-1  80/tcp   0.0.0.0:28500  ok       http://localhost:28500
web      shop-web-1  443/tcp  0.0.0.0:32770  drifted  https://localhost:32770
`},
		{"", `SERVICE  CONTAINER     PORT       HOST             STATE    URL
dns      shop-dns-1    53/tcp     127.0.0.1:28502  ok       http://127.0.0.1:28502
dns      shop-dns-1    53/udp     0.0.0.0:28502    ok       
dyn      shop-dyn-1    80/tcp     0.0.0.0:32771    ok       http://localhost:32771
dyn      shop-dyn-2    80/tcp     0.0.0.0:32768    ok       http://127.0.0.1:32768
dyn      shop-dyn-3    80/tcp     0.0.0.0:32790    ok       http://localhost:32790
host     shop-host-1   28520/tcp  0.0.0.0:28520    ok       http://localhost:28520
many     shop-many-1   3000/tcp   0.0.0.0:32780    ok       http://localhost:32780
many     shop-many-1   3001/tcp   0.0.0.0:32779    ok       http://localhost:32779
many     shop-many-1   3002/tcp   0.0.0.0:32781    ok       http://localhost:32781
off      -             80/tcp     -                down     
range    shop-range-1  3000/tcp   0.0.0.0:28510    ok       http://localhost:28510
range    shop-range-1  3001/tcp   0.0.0.0:28511    ok       http://localhost:28511
range    shop-range-1  3002/tcp   0.0.0.0:28512    ok       http://localhost:28512
sick     shop-sick-1   80/tcp     -                down     
slow     shop-slow-1   80/tcp     -                down     
web      shop-web-1    80/tcp     0.0.0.0:28500    ok       http://localhost:28500
web      shop-web-1    443/tcp    0.0.0.0:32770    drifted  https://localhost:32770
`},
	} {
		code, out, errs := here(append([]string{"port"}, strings.Fields(c.args)...)...)
		several := strings.Contains(c.args, "dyn --format env")
		if code != 0 || several != (strings.Count(errs, "service dyn runs several times") == 1) || !several && errs != "" {
			t.Errorf("port %s: exit %d: %s", c.args, code, errs)
		}
		if diff := cmp.Diff(c.want, out); diff != "" {
			t.Errorf("port %s (-want +got):\n%s", c.args, diff)
		}
	}
}

// TestPortJSON has both families, and every key for each.
func TestPortJSON(t *testing.T) {
	record(t, stackHere(t), hereRuns()...)
	code, out, errs := here("port", "web", "80", "--format", "json")
	want := `{
  "version": 1,
  "ports": [
    {
      "project": "shop",
      "service": "web",
      "container": "shop-web-1",
      "index": 1,
      "container_port": "80",
      "protocol": "tcp",
      "host_ip": "0.0.0.0",
      "host_port": "28500",
      "variable": "WEB_HOST_PORT",
      "default": "28500",
      "assigned": "",
      "state": "ok",
      "url": "http://localhost:28500"
    },
    {
      "project": "shop",
      "service": "web",
      "container": "shop-web-1",
      "index": 1,
      "container_port": "80",
      "protocol": "tcp",
      "host_ip": "::",
      "host_port": "28500",
      "variable": "WEB_HOST_PORT",
      "default": "28500",
      "assigned": "",
      "state": "ok",
      "url": "http://localhost:28500"
    }
  ]
}
`
	if diff := cmp.Diff(want, out); diff != "" || code != 0 || errs != "" {
		t.Errorf("exit %d: %s (-want +got):\n%s", code, errs, diff)
	}
}

// TestPortMissing: what is not there is one line that says what is, with a hint,
// and an exit code that scripts can tell from a failure.
func TestPortMissing(t *testing.T) {
	record(t, stackHere(t), hereRuns()...)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"web 81", 1, "port 81/tcp of service web is not published\nhint: the service publishes 80/tcp, 443/tcp\n"},
		{"web 80/udp", 1, "port 80/udp of service web is not published\nhint: the service publishes 80/tcp, 443/tcp\n"},
		{"plain 80", 1, "port 80/tcp of service plain is not published: the service publishes none\nhint: add it under ports\n"},
		{"plain", 1, "service plain publishes no port\nhint: add one under ports\n"},
		{"extra 80", 1, "service extra is not running\nhint: none of its profiles is chosen; to start it: portmoor up --profile extra\n"},
		{"dns 53/udp --format url", 1, "service dns has no URL there\nhint: ports of tcp that can be reached from here have one\n"},
		{"web:81", 1, "port 81/tcp of service web is not published\nhint: the service publishes 80/tcp, 443/tcp\n"},
		{"--wait 3", 2, "portmoor port: invalid value \"3\" for flag --wait\nhint: write a duration, such as 30s or 2m\n"},
		{"off 81", 1, "port 81/tcp of service off is not published\nhint: the service publishes 80/tcp\n"},
		{"extra 81", 1, "port 81/tcp of service extra is not published\nhint: the service publishes 80/tcp\n"},
		{"slow --format port", 1, "service slow has no port that is bound\nhint: to see why: docker compose logs slow\n"},
		{"off 80", 1, "service off is not running\nhint: to start it: portmoor up; to see what there is: docker compose ps -a\n"},
		{"sick 80", 1, "service sick is not running (restarting)\nhint: to see why: docker compose logs sick\n"},
		{"sick", 1, "service sick is not running (restarting)\nhint: to see why: docker compose logs sick\n"},
		{"slow 80", 1, "port 80/tcp of service slow is not bound\nhint: to see why: docker compose logs slow\n"},
		{"dyn 80 --index 4", 1, "replica 4 of service dyn is not running\nhint: to start it: portmoor up; to see what there is: docker compose ps -a\n"},
		{"wbe 80", 2, "project shop has no service \"wbe\"\nhint: did you mean web?\n"},
		{"zzzzzz", 2, "project shop has no service \"zzzzzz\"\nhint: there are dns, dyn, extra, host, many and 6 more\n"},
		{"web 0", 2, "portmoor port: \"0\" is not a port\nhint: it is the port inside the container, such as 80 or 53/udp\n"},
		{"web 80 81", 2, "portmoor port: want a service and a port at most\nhint: write portmoor port [SERVICE [PORT]]\n"},
		{"web 80/icmp", 2, "portmoor port: protocol \"icmp\" is unknown\nhint: choose tcp, udp or sctp\n"},
		{"--index 2", 2, "portmoor port: --index is about one service\nhint: write portmoor port --index N SERVICE [PORT]\n"},
		{"--wait -1s", 2, "portmoor port: --index and --wait can't be negative\nhint: leave it out, or give a higher one\n"},
		{"--format yaml", 2, "portmoor port: --format \"yaml\" is unknown\nhint: choose table, json, env, url, port, hosts, caddy or traefik\n"},
	} {
		code, out, errs := here(append([]string{"port"}, strings.Fields(c.args)...)...)
		if diff := cmp.Diff(c.want, errs); diff != "" || code != c.code || out != "" {
			t.Errorf("port %s: exit %d, %s (-want +got):\n%s", c.args, code, out, diff)
		}
	}
}

// TestEngineErrors: every command that is nothing without an engine says in one
// line what is wrong with it, and within its time.
func TestEngineErrors(t *testing.T) {
	dir := stackHere(t)
	composeScript(t, "exit 0")
	old, stalled, empty, elsewhere := dockertest.Start(t, "127.0.0.1"), dockertest.Start(t, "127.0.0.1"), dockertest.Start(t, "127.0.0.1"), dockertest.Start(t, "127.0.0.1")
	old.Version, stalled.Stalled = "1.20", true
	elsewhere.Set(listOf(t, "/srv/other", running{service: "web", number: 1}), nil)
	t.Setenv("DOCKER_CONFIG", filepath.Join(dir, "nothing"))
	for _, c := range []struct {
		name, variable, value string
		code                  int
		want                  string
	}{
		{"no engine", "DOCKER_HOST", "unix:///nonexistent/docker.sock", 3, "docker endpoint unix:///nonexistent/docker.sock: not reachable: no such file or directory\nhint: start it"},
		{"no context", "DOCKER_CONTEXT", "nowhere", 3, "docker context nowhere: does not exist\nhint: docker context ls"},
		{"an old API", "DOCKER_HOST", old.Endpoint, 3, "docker endpoint " + old.Endpoint + ": its API version does not fit ours: client version 1.20 is too old: 1.24 is the least\nhint: update"},
		{"a stall", "DOCKER_HOST", stalled.Endpoint, 3, "docker endpoint " + stalled.Endpoint + ": no answer within 200ms\nhint: "},
		{"not up", "DOCKER_HOST", empty.Endpoint, 1, "project shop is not up\nhint: to start it: portmoor up\n"},
		{"another checkout", "DOCKER_HOST", elsewhere.Endpoint, 3, "project \"shop\" runs from another folder, /srv/other\nhint: to run it beside that one: portmoor up --isolate; or give it another name: with -p, or for good as COMPOSE_PROJECT_NAME in .env\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("DOCKER_HOST", "")
			t.Setenv(c.variable, c.value)
			for _, args := range [][]string{{"port"}, {"port", "web", "80"}, {"port", "--watch"}, {"sync"}, {"sync", "--watch"}, {"up"}} {
				if c.code == 1 && (args[0] == "up" || slices.Contains(args, "--watch")) {
					continue // which start it, or wait for it
				}
				var out, errs bytes.Buffer
				began := time.Now()
				code := Run(Process{Args: append([]string{"portmoor"}, args...), Out: &out, Err: &errs, Environ: os.Environ(), EngineTimeout: 200 * time.Millisecond})
				if code != c.code || out.Len() > 0 || !strings.HasPrefix(errs.String(), c.want) || strings.Count(errs.String(), "\n") != 2 {
					t.Errorf("%v: exit %d: %s%s", args, code, errs.String(), out.String())
				}
				if took := time.Since(began); took > docker.Timeout*2/3 { // it waited for what it is told not to wait for
					t.Errorf("%v: took %s", args, took)
				}
			}
		})
	}
}

// TestPortWait: a port that comes is waited for, as long as is said.
func TestPortWait(t *testing.T) {
	dir := stackHere(t)
	engine := record(t, dir)
	began := time.Now()
	if code, _, errs := here("port", "off", "80", "--wait", "300ms"); code != 1 || !strings.HasPrefix(errs, "project shop is not up\n") || time.Since(began) < 300*time.Millisecond {
		t.Errorf("exit %d after %s: %s", code, time.Since(began), errs)
	}
	later := func(containers ...running) {
		list := listOf(t, dir, containers...)
		time.AfterFunc(300*time.Millisecond, func() { engine.Set(list, nil) })
	}
	has := running{service: "off", number: 1, ports: []string{"0.0.0.0:28503:80/tcp"}}
	later(has)
	if code, out, errs := here("port", "off", "80", "--wait", "10s"); code != 0 || out != "0.0.0.0:28503\n" {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	// What runs gets a moment without being asked to.
	engine.Set(listOf(t, dir, running{service: "off", number: 1}), nil)
	later(has)
	if code, out, errs := here("port", "off", "80"); code != 0 || out != "0.0.0.0:28503\n" {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}
