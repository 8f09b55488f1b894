package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
 {"Id":"aaa","Names":["/shop-web-1"],"State":"running","Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web","com.docker.compose.project.working_dir":"/srv/shop"},
  "Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"IP":"::","PrivatePort":80,"PublicPort":8081,"Type":"tcp"},{"PrivatePort":9000,"Type":"tcp"}]},
 {"Id":"bbb","Names":["/stopped"],"State":"exited","Labels":{},"Ports":[]},
 {"Id":"ccc","Names":["/gone"],"State":"exited","Labels":{},"Ports":[]}]`

const stoppedContainer = `{"Id":"bbb","HostConfig":{"PortBindings":{"53/udp":[{"HostIp":"127.0.0.1","HostPort":"5353"}],"80/tcp":[{"HostIp":"","HostPort":""}],"81/tcp":[{"HostIp":"","HostPort":"8000-8010"}]}}}`

// TestBindings: the ports of running containers in both families, those that
// stopped ones ask for, and none of one that is removed meanwhile.
func TestBindings(t *testing.T) {
	host := dockertest.Serve(t, "127.0.0.1", containers, map[string]string{"bbb": stoppedContainer})
	e := connect(t, map[string]string{"DOCKER_HOST": host})
	got, err := e.Bindings(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	web := Binding{Project: "shop", Service: "web", WorkingDir: "/srv/shop", Container: "shop-web-1", Running: true, HostIP: "0.0.0.0", HostPort: 8080, ContainerPort: 80, Protocol: "tcp"}
	web6 := web
	web6.HostIP, web6.HostPort = "::", 8081
	want := []Binding{web, web6, {Container: "stopped", HostIP: "127.0.0.1", HostPort: 5353, ContainerPort: 53, Protocol: "udp"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if e.Remote {
		t.Error("loopback is remote")
	}
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
	write(filepath.Join(dir, "contexts", "meta", contextID("near"), "meta.json"), `{"Name":"near","Endpoints":{"docker":{"Host":"unix:///run/near.sock"}}}`)
	for _, c := range []struct {
		environ map[string]string
		host    string
		remote  bool
	}{
		{map[string]string{"DOCKER_HOST": "tcp://localhost:1"}, "tcp://localhost:1", false},
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
		`docker context "nowhere" does not exist`:     {"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "nowhere"},
		"docker endpoint ssh://a@b: ssh is not suppo": {"DOCKER_HOST": "ssh://a@b"},
	} {
		if _, err := Connect(environ); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestUnreachable: no engine is one line that names the endpoint.
func TestUnreachable(t *testing.T) {
	e := connect(t, map[string]string{"DOCKER_HOST": "unix:///nonexistent/docker.sock"})
	if _, err := e.Bindings(context.Background()); err == nil || err.Error() != "docker endpoint unix:///nonexistent/docker.sock: not reachable" {
		t.Errorf("got %v", err)
	}
}

// BenchmarkBindings lists 300 containers, a third of them stopped.
func BenchmarkBindings(b *testing.B) {
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
		began := time.Now()
		if got, err := e.Bindings(context.Background()); err != nil || len(got) != 300 {
			b.Fatalf("%d bindings: %v", len(got), err)
		}
		best = min(best, time.Since(began))
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
