package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEndpoints: the engine is found as the docker command finds it, and what is
// wrong with it is said.
func TestEndpoints(t *testing.T) {
	s := newStack(t, "endpoints", one)
	s.run("docker", "compose", "up", "-d")
	socket := strings.TrimPrefix(os.Getenv("DOCKER_HOST"), "unix://")
	s.run("docker", "context", "create", "mine", "--docker", "host=unix://"+socket)
	s.env = []string{"DOCKER_HOST=", "DOCKER_CONTEXT=mine"}
	if got := s.port("web"); got != "0.0.0.0:8090" {
		t.Errorf("by the context of the environment: %s", got)
	}
	s.env = []string{"DOCKER_HOST="}
	s.fails(3, "docker endpoint unix:///var/run/docker.sock: not reachable: no such file or directory\nhint: start it, or name another", "portmoor", "port", "web", "80")
	s.run("docker", "context", "use", "mine")
	if got := s.port("web"); got != "0.0.0.0:8090" {
		t.Errorf("by the current context: %s", got)
	}
	s.run("docker", "context", "use", "default")
	s.env = []string{"DOCKER_HOST=", "DOCKER_CONTEXT=nowhere"}
	s.fails(3, "docker context nowhere: does not exist\nhint: docker context ls", "portmoor", "port", "web", "80")

	// By ssh, whose far end is docker system dial-stdio.
	s.write("bin/ssh", "#!/bin/sh\nfor command; do :; done\nDOCKER_HOST=unix://"+socket+" exec sh -c \"$command\"\n")
	if err := os.Chmod(filepath.Join(s.dir, "bin", "ssh"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.env = []string{"DOCKER_HOST=ssh://me@elsewhere", "PATH=" + filepath.Join(s.dir, "bin") + ":" + os.Getenv("PATH")}
	if got := s.port("web"); got != "0.0.0.0:8090" {
		t.Errorf("by ssh: %s", got)
	}
	contains(t, s.run("portmoor", "port"), "http://elsewhere:8090")
	s.env = nil

	// As somebody who may not use the socket.
	open(t, s.dir)
	r := s.try("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", filepath.Join(os.Getenv("PORTMOOR_E2E"), "portmoor"), "port", "web", "80")
	if want := "docker endpoint " + os.Getenv("DOCKER_HOST") + ": permission denied\nhint: join the group that may use it, or name an endpoint of your own with DOCKER_HOST\n"; r.code != 3 || r.err != want {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	s.fails(1, "port 81/tcp of service web is not published\nhint: the service publishes 80/tcp", "portmoor", "port", "web", "81")
}

// open lets others into a folder and those above it.
func open(t *testing.T, dir string) {
	t.Helper()
	for ; len(dir) > 4; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, info.Mode()|0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSpeed: portmoor port is no slower than docker port, in runs that take
// turns. The limit leaves room for the noise of the machine.
func TestSpeed(t *testing.T) {
	s := newStack(t, "speed", one)
	s.run("docker", "compose", "up", "-d")
	times := map[string][]time.Duration{}
	commands := [][]string{{"portmoor", "port", "web", "80"}, {"docker", "port", "speed-web-1", "80"}, {"docker", "compose", "port", "web", "80"}}
	for range 40 {
		for _, c := range commands {
			began := time.Now()
			s.run(c[0], c[1:]...)
			times[strings.Join(c, " ")] = append(times[strings.Join(c, " ")], time.Since(began))
		}
	}
	median := func(command []string) time.Duration {
		all := times[strings.Join(command, " ")]
		slices.Sort(all)
		return all[len(all)/2]
	}
	ours, docker, compose := median(commands[0]), median(commands[1]), median(commands[2])
	ratio := float64(ours) / float64(docker)
	t.Logf("portmoor port %s, docker port %s, docker compose port %s: %.2f of docker port, %.2f of docker compose port", ours, docker, compose, ratio, float64(ours)/float64(compose))
	if ratio > 1.15 {
		t.Errorf("portmoor port takes %.2f times as long as docker port", ratio)
	}
}
