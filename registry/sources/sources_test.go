package sources

import (
	"fmt"
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
		if time.Since(began) > 5*time.Second {
			t.Fatal(what)
		}
	}
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
