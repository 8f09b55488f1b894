package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
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

// page is a block of the registry's page.
func page(t *testing.T, begin string) string {
	t.Helper()
	src, err := os.ReadFile("../docs/registry.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(src), "```"+begin)
	text, _, ended := strings.Cut(text, "```")
	if !found || !ended {
		t.Fatalf("no %q in the page", begin)
	}
	return text
}

// ledgerAt is a ledger in a folder that only its user may read, with one project that is
// down.
func ledgerAt(t *testing.T, folder, checkout string) {
	t.Helper()
	text := fmt.Sprintf(`{"version":1,"checkouts":{%q:{"notes data/ports.json":{"wiki":{"port":13000,"default":3000,"container":3000,"sockets":[{"protocol":"tcp"}]}}}}}`, checkout)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "ledger.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serves is a registry that was started by the documentation's own lines: it has what runs
// and what is remembered.
func serves(t *testing.T) {
	t.Helper()
	registered(t, "web", func(r listed, found bool) bool {
		return found && r.State == "up" && r.Port == 8090 && r.Metadata["container_port"] == 80.0
	})
	registered(t, "wiki", func(r listed, found bool) bool {
		return found && r.State == "down" && r.Port == 13000 && r.Metadata["default"] == 3000.0
	})
}

// TestRegistryCompose: the documentation's compose service lists what its engine runs, is
// back when it is killed, and ends in its time.
func TestRegistryCompose(t *testing.T) {
	runs := newStack(t, "runs", one)
	runs.run("docker", "compose", "up", "-d")
	home := t.TempDir()
	ledgerAt(t, filepath.Join(home, ".local/state/portmoor"), "/")
	socket := strings.TrimPrefix(os.Getenv("DOCKER_HOST"), "unix://")
	s := newStack(t, "registry-service", strings.Replace("services:"+page(t, "yaml\nservices:"), "- /var/run/docker.sock:", "- "+socket+":", 1))
	s.env = []string{"HOME=" + home, "DOCKER_CONFIG=" + os.Getenv("DOCKER_CONFIG")}
	build := strings.TrimSpace(page(t, "sh\nCGO_ENABLED=0"))
	_, load, found := strings.Cut(build, " && ") // e2e/run has built it
	if !found || !strings.HasPrefix(load, "tar -c portmoor | ") {
		t.Fatalf("the image is made by %q", build)
	}
	s.run("sh", "-c", "ln -s "+filepath.Join(os.Getenv("PORTMOOR_E2E"), "portmoor")+" portmoor && "+strings.Replace(load, "tar -c", "tar -ch", 1))
	s.run("docker", "compose", "up", "-d")
	contains(t, s.run("sh", "-c", "curl -sf --retry 50 --retry-connrefused --retry-delay 1 http://localhost:8100/healthz"), "healthy")
	serves(t)
	container := strings.TrimSpace(s.run("docker", "compose", "ps", "-q", "registry"))
	pid := func() string { return strings.TrimSpace(s.run("docker", "inspect", "-f", "{{.State.Pid}}", container)) }
	before := pid()
	s.run("kill", "-KILL", before) // by itself, and not by the engine, which would leave it
	for began := time.Now(); pid() == before || pid() == "0"; time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatal("it does not come back")
		}
	}
	s.run("sh", "-c", "curl -sf --retry 50 --retry-connrefused --retry-delay 1 http://localhost:8100/healthz")
	serves(t)
	s.run("docker", "compose", "stop")
	if got := strings.TrimSpace(s.run("docker", "inspect", "-f", "{{.State.ExitCode}}", container)); got != "0" {
		t.Errorf("it ends with exit code %s", got)
	}
}

// machine is a script that makes systemd the first process of a machine of its own, which
// has this one's network, users, and files, but for those of the test.
const machine = `set -e
dir="$1"
mount --make-rprivate /
mkdir "$dir/etc" "$dir/bin"
cp /etc/passwd /etc/group "$dir/etc/"
echo 'me:x:9876:9876::/home/me:/bin/sh' >>"$dir/etc/passwd"
printf 'me:x:9876:\ndocker-of-test:x:9875:\n' >>"$dir/etc/group"
sed -i '/^docker:/d; s/^docker-of-test:/docker:/' "$dir/etc/group"
mount --bind "$dir/etc/passwd" /etc/passwd
mount --bind "$dir/etc/group" /etc/group
cp "$PORTMOOR_E2E/portmoor" "$dir/bin/"
mount --bind "$dir/bin" /usr/local/bin
mount --bind "$dir/home" /home
chmod 755 /home
chown -R 9876:9876 /home/me
mkdir "$dir/socket" && mount --bind "$(dirname "${DOCKER_HOST#unix://}")" "$dir/socket"
chown 0:9875 "$dir/socket/$(basename "$DOCKER_HOST")"
chmod 660 "$dir/socket/$(basename "$DOCKER_HOST")"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd
touch /run/docker.sock
mount --bind "$dir/socket/$(basename "$DOCKER_HOST")" /run/docker.sock
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=other SYSTEMD_UNIT_PATH="$dir/units" /lib/systemd/systemd --system --unit=default.target
`

// TestRegistryUnit: the documentation's unit, started by a real systemd, with the user and
// the hardening that it names.
func TestRegistryUnit(t *testing.T) {
	runs := newStack(t, "runs", one)
	runs.run("docker", "compose", "up", "-d")
	s := newStack(t, "machine", one)
	unit := page(t, "ini\n")
	s.write("units/portmoor-registry.service", unit)
	for _, name := range []string{"default", "sysinit", "basic", "shutdown", "network-online", "multi-user"} {
		s.write("units/"+name+".target", "[Unit]\nDescription="+name+"\nDefaultDependencies=no\n")
	}
	ledgerAt(t, filepath.Join(s.dir, "home/me/.local/state/portmoor"), "/")
	s.write("machine.sh", machine)
	verified := s.try("systemd-analyze", "verify", "--man=no", "./units/portmoor-registry.service")
	if strings.Contains(verified.err, "portmoor-registry.service:") && !strings.Contains(verified.err, "/usr/local/bin/portmoor") {
		t.Errorf("exit %d: %s", verified.code, verified.err)
	}
	t.Cleanup(emptyGroups(t))
	host := s.started(nil, "unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc", "--uts", "--ipc", "--cgroup", "bash", "machine.sh", s.dir)
	var first string // process of that machine
	systemctl := func(args ...string) result {
		return s.try("nsenter", append([]string{"-t", first, "-p", "-m", "-u", "-i", "-C", "timeout", "20", "systemctl", "--no-pager"}, args...)...)
	}
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", host.Process.Pid))
		first = strings.TrimSpace(string(children))
		if comm, _ := os.ReadFile("/proc/" + first + "/comm"); first != "" && string(comm) == "systemd\n" && systemctl("is-active", "default.target").code == 0 {
			break
		}
		if time.Since(began) > 60*time.Second {
			t.Fatalf("systemd does not start: %s%s", host.out(), host.err())
		}
	}
	status := func() string { return systemctl("status", "portmoor-registry").out }
	if r := systemctl("start", "portmoor-registry"); r.code != 0 {
		t.Fatalf("%s%s%s", r.out, r.err, status())
	}
	curl := "curl -sf --retry 50 --retry-connrefused --retry-delay 1 http://localhost:8100/healthz"
	contains(t, s.run("sh", "-c", curl), "healthy")
	serves(t)
	pid := func() string { return strings.TrimSpace(systemctl("show", "-P", "MainPID", "portmoor-registry").out) }
	before := pid()
	of := s.run("nsenter", "-t", first, "-p", "-m", "cat", "/proc/"+before+"/status")
	contains(t, of, "Uid:\t9876\t", "NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000")
	if r := systemctl("kill", "-s", "KILL", "portmoor-registry"); r.code != 0 {
		t.Error(r)
	}
	for began := time.Now(); pid() == before || pid() == "0"; time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("it does not come back: %s", status())
		}
	}
	s.run("sh", "-c", curl)
	serves(t)
	began := time.Now()
	if r := systemctl("stop", "portmoor-registry"); r.code != 0 || time.Since(began) > 5*time.Second {
		t.Errorf("the end after %s: %s%s", time.Since(began), r.out, r.err)
	}
	if got := systemctl("show", "-P", "Result", "portmoor-registry").out; got != "success\n" {
		t.Errorf("it ends with %s: %s", got, status())
	}
}

// emptyGroups makes a function that takes out the control groups that a systemd has made
// meanwhile, and left empty.
func emptyGroups(t *testing.T) func() {
	t.Helper()
	list := func() []string {
		var all []string
		for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"} {
			for _, name := range []string{"init.scope", "system.slice"} {
				_ = filepath.WalkDir(filepath.Join(root, name), func(path string, d os.DirEntry, err error) error {
					if err == nil && d.IsDir() {
						all = append(all, path)
					}
					return nil
				})
			}
		}
		return all
	}
	before := list()
	return func() {
		for began := time.Now(); len(list()) > len(before) && time.Since(began) < 5*time.Second; time.Sleep(50 * time.Millisecond) { // it ends a moment later
			for _, path := range slices.Backward(list()) {
				if !slices.Contains(before, path) {
					_ = syscall.Rmdir(path) // one that is in use stays
				}
			}
		}
	}
}
