package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/docker/dockertest"
)

func connect(t *testing.T, environ map[string]string) *Engine {
	t.Helper()
	e, err := Connect(environ)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

const containers = `[
 {"Id":"aaa","Names":["/shop-web-1"],"State":"running","Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web","com.docker.compose.project.working_dir":"/srv/shop","com.docker.compose.container-number":"1"},
  "Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"IP":"::","PrivatePort":80,"PublicPort":8081,"Type":"tcp"},{"PrivatePort":9000,"Type":"tcp"}]},
 {"Id":"bbb","Names":["/stopped"],"State":"exited","Labels":{},"Ports":[]},
 {"Id":"ccc","Names":["/gone"],"State":"exited","Labels":{},"Ports":[]}]`

const stoppedContainer = `{"Id":"bbb","HostConfig":{"PortBindings":{"53/udp":[{"HostIp":"127.0.0.1","HostPort":"5353"}],"80/tcp":[{"HostIp":"","HostPort":""}],"81/tcp":[{"HostIp":"","HostPort":"8000-8010"}]}}}`

// TestContainers: the ports of running containers in both families, those that
// stopped ones ask for, and nothing of one that is removed meanwhile.
func TestContainers(t *testing.T) {
	host := dockertest.Serve(t, "127.0.0.1", containers, map[string]string{"bbb": stoppedContainer})
	e := connect(t, map[string]string{"DOCKER_HOST": host})
	got, err := e.Containers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []Container{
		{ID: "bbb", Name: "stopped", State: "exited", Bindings: []Binding{{"127.0.0.1", 5353, 53, "udp"}}},
		web,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if e.Remote {
		t.Error("loopback is remote")
	}
}

var web = Container{
	ID: "aaa", Name: "shop-web-1", Project: "shop", Service: "web", WorkingDir: "/srv/shop", Number: 1, State: "running",
	Bindings: []Binding{{"0.0.0.0", 8080, 80, "tcp"}, {"::", 8081, 80, "tcp"}},
}

// TestProject: only what is the project's, with its replicas in order and what
// docker compose run has started behind them, all in one call.
func TestProject(t *testing.T) {
	const more = `,
 {"Id":"ddd","Names":["/shop-web-run-1"],"State":"running","Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web","com.docker.compose.project.working_dir":"/srv/shop","com.docker.compose.oneoff":"True","com.docker.compose.container-number":"1"}},
 {"Id":"eee","Names":["/shop-web-10"],"State":"restarting","Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web","com.docker.compose.project.working_dir":"/srv/shop","com.docker.compose.container-number":"10"}},
 {"Id":"fff","Names":["/shop-web-2"],"State":"paused","HostConfig":{"NetworkMode":"host"},"Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web","com.docker.compose.project.working_dir":"/srv/shop","com.docker.compose.container-number":"2"}},
 {"Id":"ggg","Names":["/other-web-1"],"State":"running","Labels":{"com.docker.compose.project":"other"}}]`
	engine := dockertest.Start(t, "127.0.0.1")
	engine.Set(strings.TrimSuffix(containers, "]")+more, nil)
	e := connect(t, map[string]string{"DOCKER_HOST": engine.Endpoint})
	got, err := e.Project(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	of := func(c Container) Container {
		c.Project, c.Service, c.WorkingDir = "shop", "web", "/srv/shop"
		return c
	}
	want := []Container{
		web, of(Container{ID: "fff", Name: "shop-web-2", Number: 2, State: "paused", HostNetwork: true}),
		of(Container{ID: "eee", Name: "shop-web-10", Number: 10, State: "restarting"}),
		of(Container{ID: "ddd", Name: "shop-web-run-1", Number: 1, State: "running", OneOff: true}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"HEAD _ping", "GET containers/json"}, engine.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// contextID is the folder in which the docker command keeps a context.
func contextID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// TestEndpoint finds the engine as the docker command does.
func TestEndpoint(t *testing.T) {
	dir := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "config.json"), `{"currentContext":"far"}`)
	// The folder is the SHA-256 of the name.
	write(filepath.Join(dir, "contexts", "meta", contextID("far"), "meta.json"), `{"Name":"far","Endpoints":{"docker":{"Host":"tcp://10.0.0.7:2376"}}}`)
	write(filepath.Join(dir, "contexts", "meta", contextID("empty"), "meta.json"), `{"Name":"empty","Endpoints":{}}`)
	write(filepath.Join(dir, "contexts", "meta", contextID("near"), "meta.json"), `{"Name":"near","Endpoints":{"docker":{"Host":"unix:///run/near.sock"}}}`)
	for _, c := range []struct {
		environ map[string]string
		host    string
		remote  bool
	}{
		{map[string]string{"DOCKER_HOST": "tcp://localhost:1"}, "tcp://localhost:1", false},
		{map[string]string{"DOCKER_HOST": "10.0.0.7"}, "tcp://10.0.0.7:2375", true},
		{map[string]string{"DOCKER_HOST": "tcp://10.0.0.7", "DOCKER_TLS": "1"}, "tcp://10.0.0.7:2375", true},
		{map[string]string{"DOCKER_TLS": "1"}, "tcp://localhost:2376", false},
		{map[string]string{"DOCKER_HOST": "ssh://me@box:22"}, "ssh://me@box:22", true},
		{map[string]string{"DOCKER_HOST": "tcp://[::1]:1", "DOCKER_CONTEXT": "far"}, "tcp://[::1]:1", false},
		{map[string]string{"DOCKER_CONFIG": dir}, "tcp://10.0.0.7:2376", true},
		{map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "near"}, "unix:///run/near.sock", false},
		{map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "default"}, "unix:///var/run/docker.sock", false},
	} {
		if e := connect(t, c.environ); e.Host != c.host || e.Remote != c.remote {
			t.Errorf("%v: %s, remote: %v", c.environ, e.Host, e.Remote)
		}
	}
	for want, environ := range map[string]map[string]string{
		"docker context nowhere: does not exist":                  {"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "nowhere"},
		"docker context empty: has no endpoint that can be used":  {"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "empty"},
		"docker endpoint gopher://a: invalid bind address format": {"DOCKER_HOST": "gopher://a"},
		"docker endpoint ssh://a/b?c: ssh host connection is not": {"DOCKER_HOST": "ssh://a/b?c"},
	} {
		_, err := Connect(environ)
		var said *Error
		if !errors.As(err, &said) || !strings.HasPrefix(err.Error(), want) || said.Hint == "" {
			t.Errorf("got %v, want %q with a hint", err, want)
		}
	}
}

// BenchmarkContainers lists 300 containers, a third of them stopped.
func BenchmarkContainers(b *testing.B) {
	list, inspect := recording(300)
	text, err := json.Marshal(list)
	if err != nil {
		b.Fatal(err)
	}
	host := dockertest.Serve(b, "127.0.0.1", string(text), inspect)
	e, err := Connect(map[string]string{"DOCKER_HOST": host})
	if err != nil {
		b.Fatal(err)
	}
	best := time.Hour
	for b.Loop() {
		best = min(best, corpustest.Spent(b, func() {
			if got, err := e.Containers(context.Background()); err != nil || len(got) != 300 {
				b.Fatalf("%d containers: %v", len(got), err)
			}
		}))
	}
	if best > 300*time.Millisecond {
		b.Errorf("took %v", best)
	}
}

// recording makes the answers of an engine with n containers.
func recording(n int) (list []map[string]any, inspect map[string]string) {
	inspect = map[string]string{}
	for i := range n {
		id := fmt.Sprintf("id%04d", i)
		c := map[string]any{"Id": id, "Names": []string{"/c" + id}, "State": "running", "Labels": map[string]string{}}
		if i%3 == 0 {
			c["State"] = "exited"
			inspect[id] = fmt.Sprintf(`{"Id":%q,"HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"%d"}]}}}`, id, 20000+i)
		} else {
			c["Ports"] = []map[string]any{{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 20000 + i, "Type": "tcp"}}
		}
		list = append(list, c)
	}
	return list, inspect
}
