package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPodman: where there is no Docker, the engine is the one that Podman's settings name,
// and podman compose starts the project on it.
func TestPodman(t *testing.T) {
	if _, err := os.Stat("/var/run/docker.sock"); err == nil || filepath.Separator != '/' {
		t.Skip("this machine has a Docker, or no sh")
	}
	dir := stackHere(t)
	engine := record(t, dir, running{service: "web", number: 1, ports: []string{":28500:80/tcp"}}) // Podman writes no address
	t.Setenv("DOCKER_HOST", "")
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("CONTAINERS_CONF", filepath.Join(home, "containers.conf"))
	put(t, filepath.Join(home, "containers.conf"), "[engine]\nactive_service = \"here\"\n[engine.service_destinations.here]\nuri = \""+engine.Endpoint+"\"\n")
	if code, out, errs := here("port", "web", "80"); code != 0 || out != "0.0.0.0:28500\n" || errs != "" {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if _, out, _ := here("doctor"); !strings.Contains(out, "named by podman connection here: on this machine") {
		t.Error(out)
	}

	programs, log := t.TempDir(), filepath.Join(home, "log")
	script := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	called := func() string {
		src, _ := os.ReadFile(log)
		_ = os.Remove(log)
		return string(src)
	}
	t.Setenv("PATH", programs)
	script("podman", `[ "$2" = version ] && exit 0; echo "podman $1 $DOCKER_HOST" >>`+log+`; exit "${FAILS:-0}"`)
	want := "podman compose " + engine.Endpoint + "\n"
	if code, out, errs := here("up"); code != 0 || !strings.Contains(out, "http://localhost:28500") || called() != want {
		t.Errorf("up: exit %d: %s%s", code, out, errs)
	}
	if code, _, errs := here("compose", "--", "ps"); code != 0 || called() != want {
		t.Errorf("compose: exit %d: %s", code, errs)
	}
	script("true", "exit 0")
	if code, _, errs := here("run", "--down", "--", "true"); code != 0 || called() != want {
		t.Errorf("run --down: exit %d: %s", code, errs)
	}
	t.Setenv("FAILS", "1")
	if code, _, errs := here("up"); code != 3 || !strings.HasSuffix(errs, "podman compose up failed: exit status 1\nhint: it says above why\n") {
		t.Errorf("exit %d: %s", code, errs)
	}
	script("podman", "exit 125") // as Podman before 4.7, which knows no compose
	if code, _, errs := here("up"); code != 3 || errs != "podman compose can't be run: exit status 125\nhint: install Podman 4.7 or later and docker-compose, or the docker command with its compose plugin\n" {
		t.Errorf("exit %d: %s", code, errs)
	}
	called()
	script("podman", `[ "$2" = version ] && exit 0; echo podman >>`+log)
	script("docker", `[ "$2" = version ] && exit 0; echo "docker $DOCKER_HOST" >>`+log) // which counts, and finds no Podman by itself
	if code, _, errs := here("up"); code != 0 || called() != "docker "+engine.Endpoint+"\n" {
		t.Errorf("exit %d: %s", code, errs)
	}

	put(t, filepath.Join(home, "containers.conf"), "[engine]\nactive_service = \"gone\"\n")
	if code, _, errs := here("port", "web", "80"); code != 3 || errs != "podman connection gone: does not exist\nhint: podman system connection list shows them; CONTAINER_CONNECTION or podman system connection default chooses one\n" {
		t.Errorf("exit %d: %s", code, errs)
	}
	put(t, filepath.Join(home, "docker", "config.json"), fmt.Sprintf(`{"currentContext":%q}`, "default"))
	t.Setenv("DOCKER_CONFIG", filepath.Join(home, "docker")) // who says Docker means Docker
	if code, _, errs := here("port", "web", "80"); code != 3 || !strings.HasPrefix(errs, "docker endpoint unix:///var/run/docker.sock: not reachable") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
