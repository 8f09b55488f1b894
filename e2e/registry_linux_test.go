package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// listed is one of the registry, as the guide's client reads it.
type listed struct {
	Name, Host, Mode, State string
	Port                    int
	Metadata                map[string]any
}

// registered waits until a service of the registry is as it should be, and returns how
// long that took.
func registered(t *testing.T, name string, is func(listed, bool) bool) time.Duration {
	t.Helper()
	began := time.Now()
	var last string
	for time.Since(began) < 20*time.Second {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8100/api/services/"+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		var s listed
		err = json.NewDecoder(response.Body).Decode(&s)
		_ = response.Body.Close()
		if last = fmt.Sprintf("%d %+v %v", response.StatusCode, s, err); is(s, response.StatusCode == http.StatusOK) {
			return time.Since(began)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s is %s", name, last)
	return 0
}

// TestRegistry: what starts has a row within a second, what stops is down in it, and an
// engine that is restarted is followed again.
func TestRegistry(t *testing.T) {
	s := newStack(t, "registry", one)
	s.run("portmoor", "detect")
	serve := s.started(nil, "portmoor", "serve", "--advertise-host", "127.0.0.1")
	serve.waitFor(t, "the registry answers on http://127.0.0.1:8100\n")
	up := func(r listed, found bool) bool {
		return found && r.State == "up" && r.Host == "127.0.0.1" && r.Port == 8090 && r.Mode == "docked" && r.Metadata["project"] == "registry"
	}
	down := func(r listed, found bool) bool { return found && r.State == "down" && r.Port == 8090 }
	registered(t, "web", down) // what is remembered
	second := s.try("portmoor", "serve")
	if second.code != 3 || !strings.HasPrefix(second.err, "127.0.0.1:8100: can't listen there: ") || strings.Count(second.err, "\n") != 1 {
		t.Errorf("a second one: exit %d: %s", second.code, second.err)
	}
	s.run("docker", "compose", "up", "-d")
	if took := registered(t, "web", up); took > time.Second {
		t.Errorf("a row for what has started takes %s", took)
	}
	contains(t, s.run("portmoor", "services"), "http://127.0.0.1:8090/")
	s.run("docker", "compose", "stop", "-t", "0")
	if took := registered(t, "web", down); took > time.Second {
		t.Errorf("a row for what has stopped takes %s", took)
	}
	s.run("docker", "compose", "start")
	registered(t, "web", up)

	// What another client adds is there beside it.
	s.run("curl", "-sf", "-d", `{"name": "edge", "host": "10.0.0.9", "port": 9000}`, "http://localhost:8100/api/services")
	contains(t, s.run("sh", "-c", "curl -s http://localhost:8100/api/services | jq -c '.services[] | {name, host, port}'"), `{"name":"edge","host":"10.0.0.9","port":9000}`, `{"name":"web","host":"127.0.0.1","port":8090}`)

	restartEngine(t)
	serve.waitFor(t, "the docker engine answers again\n")
	if n := strings.Count(serve.err(), "until it answers again"); n != 1 {
		t.Errorf("said %d times: %s", n, serve.err())
	}
	registered(t, "web", down)
	s.run("docker", "compose", "up", "-d")
	if took := registered(t, "web", up); took > time.Second {
		t.Errorf("a row after the restart takes %s", took)
	}
	s.run("docker", "compose", "down", "-t", "0")
	registered(t, "web", down)

	began := time.Now()
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := serve.Wait(); err != nil || time.Since(began) > 2*time.Second {
		t.Errorf("the end: %v after %s: %s", err, time.Since(began), serve.err())
	}
}

// restartEngine ends the engine, which e2e/run starts again.
func restartEngine(t *testing.T) {
	t.Helper()
	file := filepath.Join(os.Getenv("PORTMOOR_E2E"), "pid")
	pid := func() int {
		text, _ := os.ReadFile(file)
		n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return n
	}
	before := pid()
	if before == 0 {
		t.Fatal("the engine has no pid")
	}
	if err := syscall.Kill(before, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); pid() == before || pid() == 0; time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatal("the engine does not come back")
		}
	}
}

// TestRegistryStart: the unit and the compose service of the documentation are what systemd
// and docker compose take.
func TestRegistryStart(t *testing.T) {
	src, err := os.ReadFile("../docs/registry.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(begin string) string {
		_, text, found := strings.Cut(string(src), "```"+begin)
		text, _, ended := strings.Cut(text, "```")
		if !found || !ended {
			t.Fatalf("no %q in the page", begin)
		}
		return text
	}
	s := newStack(t, "start", "services:"+block("yaml\nservices:"))
	contains(t, s.run("docker", "compose", "config"), "network_mode: host", "/ledger")
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("there is no systemd-analyze")
	}
	binary := filepath.Join(os.Getenv("PORTMOOR_E2E"), "portmoor")
	s.write("portmoor-registry.service", strings.Replace(block("ini\n"), "/usr/local/bin/portmoor", binary, 1))
	if r := s.try("systemd-analyze", "verify", "./portmoor-registry.service"); r.code != 0 || strings.Contains(r.err, "portmoor-registry.service:") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
}
