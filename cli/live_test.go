package cli

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestChangedPort: what a mapping wants may change while its container runs, which
// then still has the port of before.
func TestChangedPort(t *testing.T) {
	dir := stackHere(t)
	put(t, filepath.Join(dir, "compose.yaml"), "name: shop\nservices: {web: {image: x, ports: [\"80\", \"${W:-28561}:80\"]}}\n")
	record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:28561:80/tcp", "0.0.0.0:32771:80/tcp"}})
	t.Setenv("W", "28565")
	_, out, errs := here("show")
	want := `PORT OF   PORT   DEFAULT  ASSIGNED  LIVE   STATE    VARIABLE  FROM
web       -      -        -         32771  ok                 docker
web:80#2  28565  28561    -         28561  drifted  W         environment
`
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("%s (-want +got):\n%s", errs, diff)
	}
	// As it was assigned, and then pinned.
	put(t, filepath.Join(dir, "data", "ports.json"), "{\"web:80#2\": 28563}\n")
	record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:28563:80/tcp", "0.0.0.0:32771:80/tcp"}})
	if _, out, _ := here("show"); !strings.Contains(out, " 28563  drifted  W ") {
		t.Error(out)
	}
}

// TestOnlyIPv6: somebody who listens on [::] and leaves IPv4 alone is in nobody's
// way there.
func TestOnlyIPv6(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp6", "[::]:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	dir := stackHere(t)
	put(t, filepath.Join(dir, "compose.yaml"), fmt.Sprintf("name: shop\nservices:\n  all: {image: x, ports: [\"%[1]d:80\"]}\n  lo: {image: x, ports: [\"127.0.0.1:%[1]d:80\"]}\n  run: {image: x}\n", port))
	record(t, dir, running{service: "run", number: 1}, running{service: "lo", number: 1, state: "exited"}, running{service: "all", number: 1, state: "exited"})
	for _, command := range []string{"show", "port"} {
		_, out, errs := here(command)
		for line := range strings.Lines(out) {
			name, _, _ := strings.Cut(line, " ")
			if want, is := map[string]string{"lo": " down ", "all": " foreign "}[name]; is && !strings.Contains(line, want) {
				t.Errorf("%s, want%s: %s%s", command, want, out, errs)
			}
		}
	}
}

// TestScaledToNone: a service that the files scale to 0 is not missing, and has
// its own port when it is started all the same.
func TestScaledToNone(t *testing.T) {
	dir := stackHere(t)
	put(t, filepath.Join(dir, "compose.yaml"), `name: shop
services:
  web: {image: x, ports: ["0:80"]}
  none: {image: x, scale: 0, profiles: [p], ports: ["28566:80", "${NONE_81_HOST_PORT:-28567}:81", "82"]}
`)
	web := running{service: "web", number: 1, ports: []string{"0.0.0.0:32771:80/tcp"}}
	engine := record(t, dir, web)
	for _, args := range []string{"none", "none 80"} {
		code, out, errs := here(append([]string{"port"}, strings.Fields(args)...)...)
		if code != 1 || out != "" || errs != "service none is not running\nhint: it is scaled to 0; to start one: portmoor up -- --scale none=1\n" {
			t.Errorf("port %s: exit %d: %s%s", args, code, out, errs)
		}
	}
	engine.Set(listOf(t, dir, web, running{service: "none", number: 1, ports: []string{"0.0.0.0:28566:80/tcp", "0.0.0.0:28569:81/tcp", "0.0.0.0:32772:82/tcp"}}), nil)
	want := `PORT OF  PORT   DEFAULT  ASSIGNED  LIVE   STATE    VARIABLE           FROM
none     28566  28566    -         28566  ok                          default
none:81  28567  28567    -         28569  drifted  NONE_81_HOST_PORT  default
none:82  -      -        -         32772  ok                          docker
web      -      -        -         32771  ok                          docker
`
	_, out, errs := here("show")
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("%s (-want +got):\n%s", errs, diff)
	}
	if _, _, errs := here("port", "none", "83"); errs != "port 83/tcp of service none is not published\nhint: the service publishes 80/tcp, 81/tcp, 82/tcp\n" {
		t.Error(errs)
	}
}
