package sources

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/docker/dockertest"
	"github.com/portmoor/portmoor/registry"
)

// container is one of an engine, as its list has it.
func container(project, service, state string, port int) string {
	return fmt.Sprintf(`[{"Id":"%s-%s","Names":["/%s-%s-1"],"State":%q,"Labels":{"com.docker.compose.project":%q,"com.docker.compose.service":%q,"com.docker.compose.container-number":"1","com.docker.compose.project.working_dir":"/srv/%s"},
		"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":%d,"Type":"tcp"}]}]`, project, service, project, service, state, project, service, project, port)
}

// clock is a clock that is set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatal(what)
		}
	}
}

// TestLedger: of two checkouts of one project the one counts that runs; the port that stands
// for a service is the one that an engine would name; what the compose file said is known.
func TestLedger(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for _, folder := range []string{a, b} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "ledger.json")
	text := fmt.Sprintf(`{"version":1,"checkouts":{%q:{"shop data/ports.json":{
		"web":{"port":10007,"default":8080,"container":80,"sockets":[{"protocol":"tcp"}],"later":{"x":1}},"web:443":{"port":10001,"default":8443,"sockets":[]},"web:53/udp":{"port":10000,"sockets":[]},
		"many:3000-3002#2":{"port":10020,"width":3,"sockets":[]},"many:3000-3002@127.0.0.1":{"port":10030,"width":3,"sockets":[]}}},
		%q:{"shop data/ports.json":{"web":{"port":20007,"default":8080,"sockets":[]}}}}}`, a, b)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := registry.New(registry.Options{Host: "here"})
	go Ledger(t.Context(), r, path)
	is := func(name string, port int, want map[string]any) {
		t.Helper()
		var s registry.Service
		waitFor(t, name+" is not as it should be", func() bool {
			s, _ = r.Newest(name)
			for key, value := range want {
				if s.Metadata[key] != value {
					return false
				}
			}
			return s.Port == port
		})
	}
	is("web", 10007, map[string]any{"assigned": 10007, "default": 8080, "container_port": 80, "folder": a})
	is("many", 10020, map[string]any{"assigned": 10020, "default": nil, "container_port": 3000})
	r.Set(registry.Engine, "shop", []registry.Service{{Name: "web", Port: 20009, State: registry.Up, Metadata: map[string]any{"folder": b}}})
	is("web", 20009, map[string]any{"assigned": 20007, "default": 8080, "folder": b})
	r.Set(registry.Engine, "shop", nil)
	is("web", 10007, map[string]any{"assigned": 10007, "folder": a})
}

// TestContainers: an engine that says nothing is asked nothing, and what it has said stays
// true; one that is away is waited for, which is said once, and what it ran is gone when it
// stays away.
func TestContainers(t *testing.T) {
	defer func(d time.Duration) { renewEvery = d }(renewEvery)
	renewEvery = 20 * time.Millisecond
	engine := dockertest.Start(t, "127.0.0.1")
	engine.Set(container("shop", "web", "running", 8080), nil)
	e, err := docker.Connect(map[string]string{"DOCKER_HOST": engine.Endpoint})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	c := &clock{now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
	r := registry.New(registry.Options{Host: "here", Now: c.Now})
	said := make(chan string, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- Containers(t.Context(), r, e, Options{
			Lost: func(error) { said <- "lost" }, Back: func() { said <- "back" },
		})
	}()
	port := func() int { s, _ := r.Newest("web"); return s.Port }
	waitFor(t, "the first list is not there", func() bool { return port() == 8080 })
	calls := len(engine.Calls())
	for range 5 {
		c.add(registry.DefaultStale / 2)
		waitFor(t, "what the engine said is not renewed", func() bool { s, _ := r.Newest("web"); return s.LastSeen.Equal(c.Now()) })
	}
	if n := len(r.List(registry.Filter{})); n != 1 {
		t.Errorf("%d services after a time without events", n)
	}
	if now := engine.Calls(); len(now) != calls {
		t.Errorf("asked without an event: %q", now[calls:])
	}
	engine.Set(container("shop", "web", "exited", 0), nil)
	engine.Down()
	if text := <-said; text != "lost" {
		t.Error(text)
	}
	engine.Set(container("shop", "web", "running", 8081), nil)
	time.Sleep(2 * renewEvery)
	c.add(registry.DefaultStale)
	waitFor(t, "what ran is listed still", func() bool { return strings.HasPrefix(string(r.Body()), `{"count":0,`) })
	engine.Up()
	if text := <-said; text != "back" {
		t.Error(text)
	}
	waitFor(t, "the second list is not there", func() bool { return port() == 8081 })
	engine.Set("[]", nil)
	select {
	case text := <-said:
		t.Error("said more: " + text)
	case err := <-ended:
		t.Error(err)
	case <-time.After(50 * time.Millisecond):
	}
}
