package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// bindings are those that the engine itself tells of a container: ADDRESS PORT of 80/tcp.
func (s *stack) bindings(container string) (all []string) {
	s.t.Helper()
	var ports map[string][]struct{ HostIP, HostPort string }
	text := s.run("docker", "inspect", "-f", "{{json .NetworkSettings.Ports}}", container)
	if err := json.Unmarshal([]byte(text), &ports); err != nil {
		s.t.Fatal(err)
	}
	for _, b := range ports["80/tcp"] {
		all = append(all, b.HostIP+" "+b.HostPort)
	}
	slices.Sort(all)
	return all
}

// sameAsEngine checks table, JSON and URL of every container against the engine, binding by
// binding.
func (s *stack) sameAsEngine(containers ...string) {
	s.t.Helper()
	var told struct {
		Ports []struct {
			Container string
			HostIP    string `json:"host_ip"`
			HostPort  string `json:"host_port"`
			State     string
			URL       string
		}
	}
	if err := json.Unmarshal([]byte(s.run("portmoor", "port", "--wait", "10s", "--format", "json")), &told); err != nil {
		s.t.Fatal(err)
	}
	table, urls := s.run("portmoor", "port"), s.run("portmoor", "port", "--format", "url")
	want, got := map[string][]string{}, map[string][]string{}
	for _, c := range containers {
		want[c] = s.bindings(c)
	}
	for _, p := range told.Ports {
		got[p.Container] = append(got[p.Container], p.HostIP+" "+p.HostPort)
		if p.State != "ok" || !strings.Contains(table, ":"+p.HostPort+" ") || !strings.Contains(urls, p.URL) || !strings.HasSuffix(p.URL, ":"+p.HostPort) {
			s.t.Errorf("%+v, in the table\n%sand the URLs\n%s", p, table, urls)
		}
	}
	for _, all := range got {
		slices.Sort(all)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("(-engine +portmoor):\n%s", diff)
	}
}

// TestBindings: what is told of ports that the engine picks is what it says itself, after
// a start, a restart, with other containers, three of them and none.
func TestBindings(t *testing.T) {
	s := newStack(t, "bound", "services:\n  web: {image: IMAGE, environment: [WHO=web], ports: [\"0:80\"]}\n")
	s.run("portmoor", "up")
	s.sameAsEngine("bound-web-1")
	s.reaches("web", "web")
	s.run("docker", "restart", "-t", "0", "bound-web-1")
	s.sameAsEngine("bound-web-1")
	s.reaches("web", "web")
	s.run("docker", "compose", "up", "-d", "--force-recreate")
	s.sameAsEngine("bound-web-1")
	s.run("docker", "compose", "up", "-d", "--scale", "web=3")
	s.sameAsEngine("bound-web-1", "bound-web-2", "bound-web-3")
	for i := 1; i <= 3; i++ {
		s.reaches("web", "web", "80", "--index", fmt.Sprint(i))
	}
	s.run("docker", "compose", "down", "-t", "0")
	s.fails(1, "project bound is not up", "portmoor", "port")
	s.env = []string{"DOCKER_HOST=tcp://127.0.0.1:1"}
	began := time.Now()
	s.fails(3, "docker endpoint tcp://127.0.0.1:1: not reachable", "portmoor", "port")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("an engine that is not there takes %s", took)
	}
}
