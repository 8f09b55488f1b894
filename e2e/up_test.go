package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestUpSome: what is not started with the services that are named stops nothing;
// docker compose starts the same ones.
func TestUpSome(t *testing.T) {
	s := newStack(t, "some", `services:
  web: {image: IMAGE, environment: [WHO=web], ports: ["0:80"], depends_on: {dbg: {condition: service_started, required: false}}}
  dbg: {image: IMAGE, profiles: [dbg], ports: ["8099:80"]}
  user: {image: IMAGE, environment: [WHO=user], ports: ["0:80"], depends_on: [base]}
  base: {image: IMAGE, ports: ["8099:80"]}
  one: {image: IMAGE, environment: [WHO=one], ports: ["8071:80"]}
  other: {image: IMAGE, environment: [WHO=other], ports: ["8071:80"]}
`)
	hold(t, 8099)
	started := func(want ...string) {
		t.Helper()
		if got := strings.Fields(s.run("docker", "compose", "ps", "--services")); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("started %v, want %v", got, want)
		}
	}
	s.run("portmoor", "up", "web")
	s.run("portmoor", "up", "--", "--no-deps", "-t", "1", "--no-attach", "base", "user")
	s.run("portmoor", "up", "other")
	for _, service := range []string{"web", "user", "other"} {
		s.reaches(service, service)
	}
	started("other", "user", "web")
	s.fails(1, "base: port 8099 is ", "portmoor", "up", "user")
	s.fails(1, "dbg: port 8099 is ", "portmoor", "up", "dbg", "web")
	s.fails(1, "one: port 8071 is a literal in the compose file, and is held by service other", "portmoor", "up", "one")
	s.run("docker", "compose", "stop", "-t", "0", "other")
	s.run("portmoor", "up", "one")
	s.reaches("one", "one")
}

// TestUpFlags: what docker compose up takes for the value of a flag is no service
// here either, and the other way round.
func TestUpFlags(t *testing.T) {
	s := newStack(t, "flags", `services:
  web: {image: IMAGE, ports: ["0:80"]}
  bad: {image: IMAGE, ports: ["8099:80"]}
`)
	hold(t, 8099)
	docker := s.command("docker").Path
	s.write("bin/docker", "#!/bin/sh\ncase \"$*\" in *\" up -d\"*) exit 0 ;; esac\nexec "+docker+" \"$@\"\n")
	if err := os.Chmod(filepath.Join(s.dir, "bin", "docker"), 0o755); err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(`(?m)^ +(?:(-\w), )?(--[a-z-]+)( [A-Za-z]+)?   `).FindAllStringSubmatch(s.run("docker", "compose", "up", "--help"), -1)
	if len(flags) < 20 {
		t.Fatalf("%d flags", len(flags))
	}
	s.env = []string{"PATH=" + filepath.Join(s.dir, "bin") + ":" + os.Getenv("PATH")}
	values := 0
	for _, f := range flags {
		for _, flag := range f[1:3] {
			if flag == "" {
				continue
			}
			starts := strings.Contains(s.try("portmoor", "up", "--", "web", flag, "bad").err, "bad: port 8099 is ")
			if takes := f[3] != ""; starts == takes {
				t.Errorf("%s takes a value: %v; its argument is a service: %v", flag, takes, starts)
			}
		}
		if f[3] != "" {
			values++
		}
	}
	if values < 5 {
		t.Errorf("%d flags with a value", values)
	}
}

// TestLostShared: who has lost a bind is told from who has the same variable on
// another protocol.
func TestLostShared(t *testing.T) {
	s := newStack(t, "shared", `services:
  dnst: {image: IMAGE, ports: ["${DNS_HOST_PORT:-28591}:53/tcp"]}
  dnsu: {image: IMAGE, ports: ["${DNS_HOST_PORT:-28591}:53/udp"]}
`)
	s.run("portmoor", "up", "dnst")
	docker := s.command("docker").Path
	s.write("bin/docker", "#!/bin/sh\ncase \"$*\" in *\" up -d\"*) [ -e lost ] || { touch lost; "+docker+" run -d --name thief -p 28591:53/udp "+image+" >/dev/null; } ;; esac\nexec "+docker+" \"$@\"\n")
	if err := os.Chmod(filepath.Join(s.dir, "bin", "docker"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.try("docker", "rm", "-f", "thief") })
	s.env = []string{"PATH=" + filepath.Join(s.dir, "bin") + ":" + os.Getenv("PATH")}
	r := s.try("portmoor", "up")
	if r.code != 0 || !strings.Contains(r.err, "28591 is held by container thief") {
		t.Fatalf("exit %d: %s%s", r.code, r.out, r.err)
	}
	if tcp, udp := s.port("dnst", "53"), s.port("dnsu", "53/udp"); tcp != "0.0.0.0:10000" || udp != tcp {
		t.Errorf("tcp is at %s, udp at %s", tcp, udp)
	}
}

// TestNames: what docker compose would only find out when half of the containers are
// there is said before; what is external is shared.
func TestNames(t *testing.T) {
	const files = `services:
  web: {image: IMAGE, environment: [WHO=web, "SELF_URL=http://localhost:8093"], ports: ["${WEB_HOST_PORT:-8093}:80"], container_name: e2e-named, networks: [shared]}
  last: {image: IMAGE, environment: [WHO=last], ports: ["0:80"], volumes: ["data:/data"]}
networks: {shared: {name: e2e-shared}}
volumes: {data: {name: e2e-data}}
`
	first := newStack(t, "named", files)
	first.run("portmoor", "up", "-d")
	if got := strings.TrimSpace(first.run("portmoor", "get", "last")); got != strings.TrimSpace(first.run("portmoor", "port", "last", "--format", "port")) || got == "" {
		t.Errorf("get last: %q", got)
	}
	second := newStack(t, "renamed", files)
	said := second.try("portmoor", "up")
	contains(t, said.err,
		": service web: there is a container called e2e-named already, of project named (running)",
		"compose.yaml:4:27: network e2e-shared is that of project named, which has a service ",
		"compose.yaml:5:24: volume e2e-data is that of project named, and both would write to it")
	if left := second.run("docker", "compose", "ps", "-aq"); said.code != 1 || left != "" {
		t.Errorf("exit %d, and there is %q", said.code, left)
	}
	second.write("compose.yaml", strings.NewReplacer("IMAGE", image, "container_name: e2e-named, ", "", "name: e2e-shared", "name: e2e-shared, external: true", "name: e2e-data", "name: e2e-data, external: true").Replace(files))
	r := second.try("portmoor", "up")
	contains(t, r.err, ": SELF_URL of service web still has port 8093, which is ")
	if r.code != 0 {
		t.Fatalf("exit %d: %s", r.code, r.err)
	}
	second.reaches("web", "web")
	first.run("portmoor", "up") // its own names are no conflict
	second.run("docker", "compose", "down", "-t", "0")
}

// TestOverrideStays: a service that runs on the port of an override file keeps it when
// the file is written again, whatever is remembered.
func TestOverrideStays(t *testing.T) {
	s := newStack(t, "override", `services:
  web: {image: IMAGE, environment: [WHO=web], ports: ["8097:80"]}
`)
	hold(t, 8097)
	s.run("portmoor", "detect", "--override", "mine.yaml")
	files := []string{"-f", "compose.yaml", "-f", "mine.yaml"}
	s.run("portmoor", append([]string{"up"}, files...)...)
	first := s.port("web")
	for _, between := range [][]string{{"validate"}, {"reset"}, append([]string{"detect"}, files...)} {
		s.try("portmoor", between...)
		s.run("portmoor", "detect", "--override", "mine.yaml")
		s.run("portmoor", append([]string{"up"}, files...)...)
		if now := s.port("web"); now != first {
			t.Errorf("after %v: web moves from %s to %s", between, first, now)
		}
		s.reaches("web", "web")
	}
}
