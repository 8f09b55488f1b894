package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const scaled = `services:
  web: {image: IMAGE, environment: [WHO=web, SERVICE_PORT_FILE=/run/portmoor/port], ports: ["0:80"], scale: 3}
`

// TestScale: three replicas have a port each, and each is told its own.
func TestScale(t *testing.T) {
	s := newStack(t, "scale", scaled)
	s.run("portmoor", "up")
	table := s.run("portmoor", "port")
	var answers []string
	for i := 1; i <= 3; i++ {
		index := fmt.Sprint(i)
		address := s.port("web", "80", "--index", index)
		answers = append(answers, s.get(address, "/"))
		_, port, _ := strings.Cut(address, ":")
		if told := s.get(address, "/port"); told != port+"\n" {
			t.Errorf("replica %d is at %s, and was told %q", i, address, told)
		}
		if theirs := strings.TrimSpace(s.run("docker", "compose", "port", "--index", index, "web", "80")); theirs != address {
			t.Errorf("replica %d: %s, docker compose port: %s", i, address, theirs)
		}
		contains(t, table, "scale-web-"+index+"  80/tcp  "+address+"  ok     http://localhost:"+port)
	}
	if slices.Sort(answers); len(slices.Compact(answers)) != 3 {
		t.Errorf("three replicas answer as %v", answers)
	}
	s.fails(1, "replica 4 of service web is not running", "portmoor", "port", "web", "80", "--index", "4")
	s.run("docker", "compose", "up", "-d", "--scale", "web=1")
	s.fails(1, "replica 3 of service web is not running", "portmoor", "port", "web", "80", "--index", "3")
}

// TestPortFile: the service reads its own port where it was told to look, in an
// image without a shell and without the folder; nothing else in the container
// changes. Where the engine can't write, that is said.
func TestPortFile(t *testing.T) {
	s := newStack(t, "files", `services:
  new: {image: IMAGE, environment: [SERVICE_PORT_FILE=/run/a/b/port], ports: ["0:80"]}
  tmp: {image: IMAGE, environment: [SERVICE_PORT_FILE=/tmp/port], ports: ["0:80"], user: "1000:1000"}
  link: {image: IMAGE, environment: [SERVICE_PORT_FILE=/var/run/port], ports: ["0:80"]}
  relative: {image: IMAGE, environment: [SERVICE_PORT_FILE=port], ports: ["0:80"], working_dir: /tmp}
  several: {image: IMAGE, environment: [SERVICE_PORT_FILE=/port, "LISTEN=:80 :81"], ports: ["0:80", "127.0.0.1::81", "0:82/udp"]}
  single: {image: IMAGE, environment: [SERVICE_PORT_FILE=/run/port], ports: ["0:80"], volumes: ["./single:/run/port"], profiles: [trouble]}
  volume: {image: IMAGE, environment: [SERVICE_PORT_FILE=/data/port], ports: ["0:80"], read_only: true, volumes: ["data:/data"]}
  host: {image: IMAGE, environment: [SERVICE_PORT_FILE=/port, LISTEN=:8095], network_mode: host, ports: ["8095:8095"]}
  deaf: {image: IMAGE, environment: [LISTEN=:8087], network_mode: host, ports: ["8089:8089"]}
  ro: {image: IMAGE, environment: [SERVICE_PORT_FILE=/run/port], ports: ["0:80"], read_only: true, profiles: [trouble]}
  tmpfs: {image: IMAGE, environment: [SERVICE_PORT_FILE=/run/port], ports: ["0:80"], tmpfs: [/run], profiles: [trouble]}
  shm: {image: IMAGE, environment: [SERVICE_PORT_FILE=/dev/shm/port], ports: ["0:80"], profiles: [trouble]}
  linked: {image: IMAGE, environment: [SERVICE_PORT_FILE=/var/run/port], ports: ["0:80"], tmpfs: [/run], profiles: [trouble]}
  folder: {image: IMAGE, environment: [SERVICE_PORT_FILE=/var/run/portmoor], ports: ["0:80"], volumes: ["data:/run/portmoor"], profiles: [trouble]}
  bound: {image: IMAGE, environment: [SERVICE_PORT_FILE=/run/portmoor], ports: ["0:80"], volumes: ["./bound:/run/portmoor"], profiles: [trouble]}
  taken: {image: IMAGE, environment: [SERVICE_PORT_FILE=/tmp], ports: ["0:80"], profiles: [trouble]}
volumes: {data: }
`)
	s.write("single", "")
	s.write("bound/x", "")
	s.run("portmoor", "up")
	for _, service := range []string{"new", "tmp", "link", "relative", "volume"} {
		address := s.port(service)
		_, port, _ := strings.Cut(address, ":")
		if told := s.get(address, "/port"); told != port+"\n" {
			t.Errorf("%s is at %s, and was told %q", service, address, told)
		}
	}
	if mode := s.get(s.port("tmp"), "/mode?path=/tmp"); mode != "dtrwxrwxrwx" {
		t.Errorf("/tmp became %s", mode)
	}
	if mode := s.get(s.port("new"), "/mode?path=/run/a/b/port"); mode != "-rw-r--r--" {
		t.Errorf("the file is %s", mode)
	}
	contains(t, s.run("portmoor", "port"), "files-deaf-1      8089/tcp  -                down   ")
	if told := s.get("127.0.0.1:8095", "/port"); told != "8095\n" || s.port("host", "8095") != "0.0.0.0:8095" {
		t.Errorf("host was told %q, and is at %s", told, s.port("host", "8095"))
	}
	number := func(service, port string) string {
		_, number, _ := strings.Cut(s.port(service, port), ":")
		return number
	}
	if theirs := strings.TrimSpace(s.run("docker", "compose", "port", "--protocol", "udp", "several", "82")); theirs != s.port("several", "82", "--protocol", "udp") {
		t.Errorf("several 82/udp: %s, docker compose port: %s", s.port("several", "82/udp"), theirs)
	}
	want := fmt.Sprintf("80/tcp=%s\n81/tcp=%s\n82/udp=%s\n", number("several", "80"), number("several", "81"), number("several", "82/udp"))
	if told := s.get(s.port("several"), "/port"); told != want {
		t.Errorf("several was told %q, want %q", told, want)
	}

	r := s.try("portmoor", "up", "--profile", "trouble")
	if r.code != 3 {
		t.Errorf("exit %d", r.code)
	}
	contains(t, r.err, "container files-single-1: /run/port: is a mount, which can't be replaced\nhint: mount its folder instead\n")
	contains(t, r.err, "container files-bound-1: /run/portmoor: is a folder\n", "container files-folder-1: /var/run/portmoor: is a folder\nhint: name a file in it in SERVICE_PORT_FILE\n")
	for _, c := range []string{"shm-1: /dev/shm/port", "linked-1: /var/run/port"} {
		contains(t, r.err, "container files-"+c+": is on a file system of the running container, into which the engine copies nothing\n")
	}
	contains(t, r.err, "container files-ro-1: /run/port: the file system is read-only\nhint: ", "container files-tmpfs-1: /run/port: is on a file system of the running container, into which the engine copies nothing\nhint: ", "container files-taken-1: /tmp: can't be written: ")
	contains(t, r.out, "files-ro-1", "files-new-1") // the table is there all the same
}

// TestRestart: after a restart, a recreation, a stop and the end, what is told is
// what is.
func TestRestart(t *testing.T) {
	s := newStack(t, "restart", scaled)
	s.write("compose.yaml", strings.Replace(strings.ReplaceAll(scaled, "IMAGE", image), ", scale: 3", "", 1))
	s.fails(1, "project restart is not up\nhint: to start it: portmoor up", "portmoor", "port", "web", "80")
	s.run("portmoor", "up")
	told := func() string { return s.get(s.port("web"), "/port") }
	live := func() string {
		_, port, _ := strings.Cut(s.port("web"), ":")
		return port + "\n"
	}
	first := live()
	if told() != first {
		t.Errorf("told %q", told())
	}
	s.run("docker", "compose", "restart", "-t", "0")
	if live() == first {
		t.Error("docker gave the same port again; the test shows nothing")
	}
	s.reaches("web", "web")
	s.run("portmoor", "sync")
	if told() != live() {
		t.Errorf("after a restart told %q, and live at %q", told(), live())
	}
	s.run("docker", "compose", "up", "-d", "--force-recreate", "-t", "0")
	s.reaches("web", "web")
	s.run("portmoor", "sync")
	if told() != live() {
		t.Errorf("after a recreation told %q, and live at %q", told(), live())
	}
	before := live()
	s.run("docker", "compose", "pause")
	if live() != before {
		t.Error("a paused container has its port")
	}
	s.run("docker", "compose", "unpause")
	contains(t, s.run("portmoor", "show"), " ok ")
	s.run("docker", "compose", "stop", "-t", "0")
	s.fails(1, "project restart is not up", "portmoor", "port", "web", "80")
	contains(t, s.run("portmoor", "show"), " down ")
	s.run("docker", "compose", "down")

	// One that ends again and again has no port in between.
	s.write("compose.yaml", strings.NewReplacer("IMAGE", image, ", scale: 3", ", restart: always", "WHO=web", "LISTEN=:99999").Replace(scaled))
	s.run("docker", "compose", "up", "-d")
	var r result
	for range 200 { // now and then it runs for a moment
		if r = s.try("portmoor", "port", "web", "80"); strings.Contains(r.err, "restarting") {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if r.code != 1 || r.err != "project restart is not up: restart-web-1 is restarting\nhint: to see why: docker compose logs web\n" {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
	}
	s.run("docker", "compose", "kill")
	s.run("docker", "compose", "down", "-t", "0")
	s.fails(1, "project restart is not up", "portmoor", "port")
	s.fails(1, "project restart is not up", "portmoor", "sync")
}

// TestDrifted: what runs with another port than the next start would give it.
func TestDrifted(t *testing.T) {
	s := newStack(t, "drifted", one)
	s.env = []string{"WEB_HOST_PORT=8097"}
	s.run("docker", "compose", "up", "-d")
	s.env = nil
	contains(t, s.run("portmoor", "show"), "web      8090  8090     -         8097  drifted  WEB_HOST_PORT  default")
	contains(t, s.run("portmoor", "port"), "0.0.0.0:8097  drifted  http://localhost:8097")
	s.run("portmoor", "up")
	contains(t, s.run("portmoor", "show"), "web      8090  8090     8090      8090  ok     WEB_HOST_PORT  assigned")

	// Beside a port that Docker picks, it is the fixed one that has drifted.
	s = newStack(t, "picked", `services: {web: {image: IMAGE, ports: ["80", "${W:-8061}:80"]}}`)
	s.run("docker", "compose", "up", "-d")
	s.env = []string{"W=8065"}
	contains(t, s.run("portmoor", "show"), "8065  8061     -         8061   drifted  W         environment")
}

// TestNotBound: what is not bound for a reason of its own is told from what up
// would start, also beside services that run.
func TestNotBound(t *testing.T) {
	s := newStack(t, "unbound", `services:
  web: {image: IMAGE, ports: ["0:80"]}
  none: {image: IMAGE, scale: 0, ports: ["8091:80"]}
  lo: {image: IMAGE, ports: ["127.0.0.1:8092:80"], profiles: [lo]}
  loop: {image: IMAGE, ports: ["0:80"], environment: ["LISTEN=:99999"], restart: always, profiles: [loop]}
`)
	s.run("portmoor", "up")
	s.fails(1, "service none is not running\nhint: it is scaled to 0; to start one: portmoor up -- --scale none=1\n", "portmoor", "port", "none", "80")
	s.run("portmoor", "up", "--", "--scale", "none=1")
	contains(t, s.run("portmoor", "show"), "none     8091  8091     -         8091   ok               default")

	six, err := new(net.ListenConfig).Listen(t.Context(), "tcp6", "[::]:8092")
	if err != nil {
		t.Fatal(err)
	}
	defer six.Close()
	s.run("docker", "compose", "create", "lo")
	contains(t, s.run("portmoor", "show", "--profile", "lo"), "lo       8092  8092     8092      -      down             default")
	s.run("portmoor", "up", "lo")
	if got := s.port("lo"); got != "127.0.0.1:8092" {
		t.Errorf("lo is at %s", got)
	}

	s.run("docker", "compose", "up", "-d", "loop")
	var r result
	for range 200 { // now and then it runs for a moment
		if r = s.try("portmoor", "port", "loop", "80"); strings.Contains(r.err, "restarting") {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if r.code != 1 || r.err != "service loop is not running (restarting)\nhint: to see why: docker compose logs loop\n" {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
	}
}

// TestFamilies: IPv4 and IPv6 with different numbers are told apart, and each
// URL leads to the service.
func TestFamilies(t *testing.T) {
	s := newStack(t, "families", `services:
  web: {image: IMAGE, environment: [WHO=web], ports: ["127.0.0.1::80", "[::1]::80"]}
  all: {image: IMAGE, environment: [WHO=all], ports: ["0:80"]}
`)
	s.run("docker", "compose", "up", "-d")
	var report struct {
		Ports []struct {
			Service  string
			HostIP   string `json:"host_ip"`
			HostPort string `json:"host_port"`
			URL      string
		}
	}
	if err := json.Unmarshal([]byte(s.run("portmoor", "port", "--format", "json")), &report); err != nil {
		t.Fatal(err)
	}
	families := map[string]bool{}
	for _, p := range report.Ports {
		families[p.Service+" "+p.HostIP] = true
		if got := s.get(strings.TrimPrefix(p.URL, "http://"), "/"); !strings.HasPrefix(got, p.Service+" ") {
			t.Errorf("%s leads to %q, want %s", p.URL, got, p.Service)
		}
	}
	for _, want := range []string{"web 127.0.0.1", "web ::1", "all 0.0.0.0", "all ::"} {
		if !families[want] {
			t.Errorf("no %s in %v", want, report.Ports)
		}
	}
	if got := s.port("web"); !strings.HasPrefix(got, "127.0.0.1:") {
		t.Errorf("of both families, %s is told", got)
	}
}

// TestWatch: what is replaced while somebody looks is told, to him and to the
// service; Ctrl-C is the ordinary end.
func TestWatch(t *testing.T) {
	s := newStack(t, "watch", scaled)
	s.write("compose.yaml", strings.Replace(strings.ReplaceAll(scaled, "IMAGE", image), ", scale: 3", "", 1))
	port, sync := s.started(nil, "portmoor", "port", "web", "80", "--watch"), s.started(nil, "portmoor", "sync", "--watch")
	port.waitFor(t, "project watch is not up\n")
	s.run("docker", "compose", "up", "-d")
	first := s.port("web")
	port.waitFor(t, first+"\n")
	_, number, _ := strings.Cut(first, ":")
	sync.waitFor(t, "watch-web-1  /run/portmoor/port  "+number+"\n")
	if told := s.get(first, "/port"); told != number+"\n" {
		t.Errorf("told %q", told)
	}
	s.run("docker", "compose", "up", "-d", "--force-recreate", "-t", "0")
	second := s.port("web")
	port.waitFor(t, second+"\n")
	_, number, _ = strings.Cut(second, ":")
	sync.waitFor(t, "/run/portmoor/port  "+number+"\n")
	if told := s.get(second, "/port"); told != number+"\n" {
		t.Errorf("told %q", told)
	}
	// Who starts again may have lost its file, also at the same port.
	s.write("compose.yaml", strings.NewReplacer("IMAGE", image, ", scale: 3", "", "0:80", "8098:80").Replace(scaled))
	s.run("docker", "compose", "up", "-d", "-t", "0")
	sync.waitFor(t, "/run/portmoor/port  8098\n")
	told := strings.Count(sync.out(), "\n")
	s.run("docker", "compose", "restart", "-t", "0")
	for range 60 {
		if strings.Count(sync.out(), "\n") > told {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if strings.Count(sync.out(), "\n") != told+1 || !strings.HasSuffix(sync.out(), "  8098\n") {
		t.Errorf("after a restart: %s", sync.out())
	}
	if code := port.interrupt(t); code != 0 {
		t.Errorf("port --watch: exit %d: %s", code, port.err())
	}
	if code := sync.interrupt(t); code != 0 {
		t.Errorf("sync --watch: exit %d: %s", code, sync.err())
	}
}

// TestInterrupt: Ctrl-C ends docker compose, and with it up.
func TestInterrupt(t *testing.T) {
	s := newStack(t, "interrupt", `services:
  sick: {image: IMAGE, healthcheck: {test: [CMD, /nothing], interval: 1h, start_period: 1h}}
  web: {image: IMAGE, ports: ["0:80"], depends_on: {sick: {condition: service_healthy}}}
`)
	up := s.started(nil, "portmoor", "up")
	up.waitFor(t, "Waiting")
	if code := up.interrupt(t); code != 130 || !strings.HasSuffix(up.err(), "\ninterrupted\n") || up.out() != "" {
		t.Errorf("exit %d: %s%s", code, up.out(), up.err())
	}
	gone := func() {
		t.Helper()
		for range 40 {
			if err := exec.CommandContext(t.Context(), "pgrep", "-f", "compose.*"+s.dir+".* up -d").Run(); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Error("docker compose goes on")
	}
	gone()
	s.run("docker", "compose", "down", "-t", "0")

	// On a terminal, where the key sends the signal to both.
	in, keys, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	onTerminal := s.started(in, "script", "-qec", filepath.Join(os.Getenv("PORTMOOR_E2E"), "portmoor")+" up", "/dev/null")
	timer := time.AfterFunc(20*time.Second, func() { _ = onTerminal.Process.Kill() })
	defer timer.Stop()
	onTerminal.waitFor(t, "Waiting")
	if _, err := keys.Write([]byte{3}); err != nil {
		t.Fatal(err)
	}
	_ = onTerminal.Wait()
	if code := onTerminal.ProcessState.ExitCode(); code != 130 || !strings.HasSuffix(onTerminal.out(), "\ninterrupted\r\n") {
		t.Errorf("on a terminal: exit %d: %q", code, onTerminal.out())
	}
	gone()
}
