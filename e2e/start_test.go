package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// everyday is a stack as people write it.
const everyday = `services:
  web:
    image: IMAGE
    environment: ["WHO=web of ${COMPOSE_PROJECT_NAME}", "FROM_ENV=${FROM_ENV:?set it in .env}"]
    ports: ["8080:80"]
  api:
    image: IMAGE
    environment: {WHO: api, LISTEN: ":80 :81 :82 :83"}
    ports:
      - "127.0.0.1:8443:80"
      - target: 81
        published: 8081
      - "8082-8083:82-83"
`

// reachesAll checks every port of the everyday stack.
func (s *stack) reachesAll() {
	s.t.Helper()
	s.reaches("web", "web of "+filepath.Base(s.dir))
	for _, port := range []string{"80", "81", "82", "83"} {
		s.reaches("api", "api", port)
	}
}

// TestTwoCopies: what the tool is for. Two checkouts of one stack can't run at
// once; after migrate they do, and each is reached at its own ports.
func TestTwoCopies(t *testing.T) {
	first, second := newStack(t, "first", everyday), newStack(t, "second", everyday)
	for _, s := range []*stack{first, second} {
		s.write(".env", "FROM_ENV=1\n")
	}
	first.run("docker", "compose", "up", "-d")
	second.fails(1, "port is already allocated", "docker", "compose", "up", "-d")
	second.run("docker", "compose", "down", "-t", "0")

	first.run("portmoor", "migrate", "--write")
	contains(t, second.try("portmoor", "migrate", "--write").err, "web moves from 8080 to 10004 (WEB_HOST_PORT): 8080 is held by container first/web (first-web-1)")
	first.run("portmoor", "validate")
	second.run("portmoor", "validate")
	second.run("sh", "-c", "docker compose $("+filepath.Join(os.Getenv("PORTMOOR_E2E"), "portmoor")+" env --args) up -d")
	first.reachesAll()
	second.reachesAll()
	if first.port("web") != "0.0.0.0:8080" || second.port("web") != "0.0.0.0:10004" {
		t.Errorf("web is at %s and %s", first.port("web"), second.port("web"))
	}

	// Both start again as they were, and neither is in the other's way.
	for _, s := range []*stack{second, first} {
		s.run("docker", "compose", "down", "-t", "0")
	}
	for _, s := range []*stack{second, first} {
		contains(t, s.run("portmoor", "up"), "http://localhost:")
		s.reachesAll()
	}
	if first.port("web") != "0.0.0.0:8080" || second.port("web") != "0.0.0.0:10004" {
		t.Errorf("web is at %s and %s", first.port("web"), second.port("web"))
	}
}

// TestStrategies: what each strategy writes starts, and every port is reached
// where portmoor port says; it says what docker compose port does.
func TestStrategies(t *testing.T) {
	for _, strategy := range []string{"hybrid", "dynamic", "auto"} {
		t.Run(strategy, func(t *testing.T) {
			s := newStack(t, strategy, everyday)
			s.write(".env", "FROM_ENV=1\n")
			s.run("portmoor", "migrate", "--strategy", strategy, "--write")
			s.run("portmoor", "up")
			s.reachesAll()
			for _, c := range []string{"web 80", "api 80", "api 81", "api 82", "api 83"} {
				service, port, _ := strings.Cut(c, " ")
				if ours, theirs := s.port(service, port), strings.TrimSpace(s.run("docker", "compose", "port", service, port)); ours != theirs {
					t.Errorf("%s: %s, docker compose port: %s", c, ours, theirs)
				}
			}
			if fixed := s.port("web") == "0.0.0.0:8080"; fixed != (strategy != "dynamic") {
				t.Errorf("web is at %s", s.port("web"))
			}
		})
	}
}

const one = `services:
  web: {image: IMAGE, environment: [WHO=web], ports: ["${WEB_HOST_PORT:-8090}:80"]}
`

// TestForeign: a port that a container or a program has is not fought for,
// whether the container runs or would only take it at its next start.
func TestForeign(t *testing.T) {
	run := []string{"run", "-d", "--name", "foreign", "-p", "8090:80", image}
	for name, c := range map[string]struct {
		hold   func(s *stack)
		holder string
	}{
		"container": {func(s *stack) { s.run("docker", run...) }, "container foreign"},
		"stopped container": {func(s *stack) {
			s.run("docker", run...)
			s.run("docker", "stop", "-t", "0", "foreign")
		}, "container foreign"},
		"process": {func(s *stack) { hold(s.t, 8090) }, "process e2e.test (pid "},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, "foreign", one)
			t.Cleanup(func() { s.try("docker", "rm", "-f", "foreign") })
			c.hold(s)
			s.fails(1, "port 8090 is held by "+c.holder, "portmoor", "validate")
			contains(t, s.run("portmoor", "show"), "foreign")
			contains(t, s.run("portmoor", "up"), "0.0.0.0:10000  ok ")
			if got := s.port("web"); got != "0.0.0.0:10000" {
				t.Errorf("web is at %s", got)
			}
			s.reaches("web", "web")
			s.run("portmoor", "validate") // its own port is no conflict
		})
	}
}

// TestLostRace: somebody takes the port between the look and the start. The shim
// does, when docker compose is started for the first time.
func TestLostRace(t *testing.T) {
	s := newStack(t, "race", one)
	docker := s.command("docker").Path
	shim := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *\" up -d\"*) [ -e lost ] || { touch lost; %s run -d --name thief -p 8090:80 %s >/dev/null; } ;; esac\nexec %s \"$@\"\n", docker, image, docker)
	s.write("bin/docker", shim)
	if err := os.Chmod(filepath.Join(s.dir, "bin", "docker"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.try("docker", "rm", "-f", "thief") })
	s.env = []string{"PATH=" + filepath.Join(s.dir, "bin") + ":" + os.Getenv("PATH")}
	r := s.try("portmoor", "up")
	if r.code != 0 {
		t.Fatalf("exit %d: %s%s", r.code, r.out, r.err)
	}
	contains(t, r.err, "port 8090 was taken by another program: trying again, 1 of 3", "web moves from 8090 to 10000 (WEB_HOST_PORT): 8090 is held by container thief")
	if got := s.port("web"); got != "0.0.0.0:10000" {
		t.Errorf("web is at %s", got)
	}
	s.reaches("web", "web")
}

// TestCallersVariables: what the caller sets wins, and .env is not dropped for
// the ports that are remembered.
func TestCallersVariables(t *testing.T) {
	s := newStack(t, "caller", `services:
  web: {image: IMAGE, environment: ["WHO=${WHO:-nobody}"], ports: ["${WEB_HOST_PORT:-8090}:80", "${ADMIN_HOST_PORT:-8091}:81"]}
`)
	s.write(".env", "WHO=env\n")
	hold(t, 8091)
	s.env = []string{"WEB_HOST_PORT=8099"}
	s.run("portmoor", "up")
	if got := s.port("web"); got != "0.0.0.0:8099" {
		t.Errorf("web is at %s", got)
	}
	s.reaches("web", "env")
	if got := s.port("web", "81"); got != "0.0.0.0:10000" {
		t.Errorf("web 81 is at %s", got)
	}
	s.env = []string{"WHO=caller"}
	s.run("portmoor", "up")
	s.reaches("web", "caller")
	if got := s.port("web"); got != "0.0.0.0:8090" {
		t.Errorf("without the variable web is at %s", got)
	}
}

// TestSameProject: docker compose starts the project that portmoor has looked at,
// whatever says which that is.
func TestSameProject(t *testing.T) {
	const db = `services: {db: {image: IMAGE, profiles: [db], environment: ["WHO=${WHO}"], ports: ["${DB_HOST_PORT:-8092}:80"]}}`
	hold(t, 8092)
	check := func(t *testing.T, s *stack, who string, args ...string) {
		t.Helper()
		contains(t, s.run("portmoor", append([]string{"up"}, args...)...), "0.0.0.0:8090 ", "0.0.0.0:10000 ")
		if web, db := s.get("127.0.0.1:8090", "/"), s.get("127.0.0.1:10000", "/"); !strings.HasPrefix(web, "web ") || !strings.HasPrefix(db, who+" ") {
			t.Errorf("web is %q, db is %q", web, db)
		}
		s.run("docker", "compose", "-p", "same", "down", "-t", "0")
	}
	t.Run(".env", func(t *testing.T) {
		s := newStack(t, "same", "services: {other: {image: IMAGE}}\n")
		s.write("a.yaml", strings.ReplaceAll(one, "IMAGE", image))
		s.write("b.yaml", strings.ReplaceAll(db, "IMAGE", image))
		s.write(".env", "COMPOSE_FILE=a.yaml:b.yaml\nCOMPOSE_PROFILES=db\nWHO=file\n")
		check(t, s, "file")
		s.write("c.env", "COMPOSE_PROFILES=db\nWHO=other\n")
		check(t, s, "other", "-f", "a.yaml", "-f", "b.yaml", "--env-file", "c.env", "-p", "same")
	})
	t.Run(".env, for files elsewhere", func(t *testing.T) {
		s := newStack(t, "here", "services: {other: {image: IMAGE}}\n")
		s.write("same/a.yaml", strings.ReplaceAll(one, "IMAGE", image))
		s.write("same/b.yaml", strings.ReplaceAll(db, "IMAGE", image))
		s.write("same/.env", "WHO=there\nCOMPOSE_PROFILES=db\n")
		s.write(".env", "COMPOSE_FILE=same/a.yaml:same/b.yaml\n")
		check(t, s, "there")
		s.write(".env", "COMPOSE_FILE=same/a.yaml:same/b.yaml\nWHO=here\n")
		check(t, s, "here")
	})
	t.Run("environment, for files elsewhere", func(t *testing.T) {
		s := newStack(t, "here", "services: {other: {image: IMAGE}}\n")
		s.write("same/a.yaml", strings.ReplaceAll(one, "IMAGE", image))
		s.write("same/b.yaml", strings.ReplaceAll(db, "IMAGE", image))
		s.write(".env", "WHO=here\n")
		s.env = []string{"COMPOSE_FILE=same/a.yaml:same/b.yaml", "COMPOSE_PROFILES=db"}
		check(t, s, "here")
		s.env = append(s.env, "COMPOSE_DISABLE_ENV_FILE=1", "WHO=caller")
		check(t, s, "caller")
	})
	t.Run("environment", func(t *testing.T) {
		s := newStack(t, "elsewhere", "services: {other: {image: IMAGE}}\n")
		s.write("a.yaml", strings.ReplaceAll(one, "IMAGE", image))
		s.write("b.yaml", strings.ReplaceAll(db, "IMAGE", image))
		s.write("d.env", "WHO=list\n")
		s.env = []string{"COMPOSE_FILE=a.yaml:b.yaml", "COMPOSE_PROFILES=db", "COMPOSE_PROJECT_NAME=same", "COMPOSE_ENV_FILES=d.env"}
		check(t, s, "list")
	})
	t.Run("configuration, from below", func(t *testing.T) {
		s := newStack(t, "folder", one)
		s.write("b.yaml", strings.ReplaceAll(db, "IMAGE", image))
		s.write("more.env", "WHO=more\n")
		s.write(".portmoor.yaml", "projects: [{name: same, files: [compose.yaml, b.yaml], env_files: [more.env], profiles: [db]}]\n")
		s.write("sub/x", "")
		below := *s
		below.dir = filepath.Join(s.dir, "sub")
		check(t, &below, "more")
	})
	t.Run("not the COMPOSE_FILE above", func(t *testing.T) {
		s := newStack(t, "same", one)
		s.write("compose.override.yaml", strings.ReplaceAll(strings.Replace(db, ", profiles: [db]", "", 1), "IMAGE", image))
		s.write("other.yaml", strings.ReplaceAll("services: {other: {image: IMAGE}}\n", "IMAGE", image))
		s.write(".env", "COMPOSE_FILE=other.yaml\nWHO=above\n")
		s.write("sub/x", "")
		below := *s
		below.dir = filepath.Join(s.dir, "sub")
		check(t, &below, "above")
	})
}

// TestOldFailure: what the engine remembers of an earlier start is not why this
// one failed, and moves nothing.
func TestOldFailure(t *testing.T) {
	s := newStack(t, "old", `services:
  web: {image: IMAGE, ports: ["${WEB_HOST_PORT:-8093}:80"]}
  bad: {image: nowhere, pull_policy: never, profiles: [bad]}
`)
	l := hold(t, 8093)
	s.fails(1, "", "docker", "compose", "up", "-d")
	_ = l.Close()
	r := s.try("portmoor", "up", "--profile", "bad")
	if r.code != 3 || strings.Contains(r.err, "lost") || strings.Contains(r.err, "moves") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	s.run("portmoor", "up")
	if got := s.port("web"); got != "0.0.0.0:8093" {
		t.Errorf("web is at %s", got)
	}
	// A second container of a service with one port: not somebody else.
	r = s.try("portmoor", "up", "--", "--scale", "web=2")
	if r.code != 3 || strings.Contains(r.err, "lost") || !strings.Contains(r.err, "\nport 8093 is bound by old-web-") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
}

// TestWithoutEngine: a project that runs is not moved away from its own ports
// because the engine can't be asked whose they are.
func TestWithoutEngine(t *testing.T) {
	s := newStack(t, "silent", one)
	s.run("portmoor", "up")
	s.env = []string{"DOCKER_HOST=unix:///nowhere.sock"}
	if r := s.try("portmoor", "detect"); r.code != 0 || strings.Contains(r.err, "moves") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	s.run("portmoor", "validate")
	// Nor for who may not see whose a program is, as most who have no engine.
	open(t, s.dir)
	as := append([]string{"--reuid", "65534", "--regid", "65534", "--clear-groups", filepath.Join(os.Getenv("PORTMOOR_E2E"), "portmoor")}, "validate")
	if r := s.try("setpriv", as...); r.code != 0 {
		t.Errorf("as nobody: exit %d: %s", r.code, r.err)
	}
	s.env = nil
	if r := s.try("setpriv", as...); r.code != 0 || !strings.Contains(r.err, "permission denied") {
		t.Errorf("as nobody, with an engine: exit %d: %s", r.code, r.err)
	}
	s.env = []string{"DOCKER_HOST=unix:///nowhere.sock"}
	other := newStack(t, "other", one)
	other.env = []string{s.env[0], "PORTMOOR_LEDGER=" + filepath.Join(other.dir, "ledger")} // which knows of nobody
	if r := other.try("portmoor", "detect"); r.code != 0 || !strings.Contains(r.err, "web moves from 8090 to 10000 (WEB_HOST_PORT): 8090 is held by process docker-proxy") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	// Who is not Docker has the port against both.
	s.env = nil
	s.run("docker", "compose", "down", "-t", "0")
	hold(t, 8090)
	s.env = []string{"DOCKER_HOST=unix:///nowhere.sock"}
	s.fails(1, "port 8090 is held by process e2e.test (pid ", "portmoor", "validate")
	s.fails(1, "port 8090 is held by process of another user", "setpriv", as...)
}

// TestNotStarted: a port of what the chosen profiles do not start keeps nothing
// from starting.
func TestNotStarted(t *testing.T) {
	s := newStack(t, "profiles", `services:
  web: {image: IMAGE, environment: [WHO=web], ports: ["8094:80"]}
  debug: {image: IMAGE, profiles: [debug], ports: ["8096:80"]}
`)
	hold(t, 8096)
	if r := s.try("portmoor", "validate"); r.code != 0 || !strings.Contains(r.err, ", and only profile debug starts it\n") ||
		!strings.HasSuffix(r.err, "1 port of project profiles can be bound: web\nprofile debug: 0 of 1 port can be bound\n") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	s.run("portmoor", "up")
	s.reaches("web", "web")
	s.fails(1, "debug: port 8096 is ", "portmoor", "validate", "--profile", "debug")
	s.fails(1, "debug: port 8096 is ", "portmoor", "up", "--profile", "debug")
	s.fails(1, "service debug is not running\nhint: none of its profiles is chosen; to start it: portmoor up --profile debug", "portmoor", "port", "debug", "80")
}
