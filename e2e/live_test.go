package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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
  volume: {image: IMAGE, environment: [SERVICE_PORT_FILE=/data/port], ports: ["0:80"], read_only: true, volumes: ["data:/data"]}
  host: {image: IMAGE, environment: [SERVICE_PORT_FILE=/port, LISTEN=:8095], network_mode: host, ports: ["8095:8095"]}
  deaf: {image: IMAGE, environment: [LISTEN=:8087], network_mode: host, ports: ["8089:8089"]}
  ro: {image: IMAGE, environment: [SERVICE_PORT_FILE=/run/port], ports: ["0:80"], read_only: true, profiles: [trouble]}
  tmpfs: {image: IMAGE, environment: [SERVICE_PORT_FILE=/run/port], ports: ["0:80"], tmpfs: [/run], profiles: [trouble]}
  shm: {image: IMAGE, environment: [SERVICE_PORT_FILE=/dev/shm/port], ports: ["0:80"], profiles: [trouble]}
  linked: {image: IMAGE, environment: [SERVICE_PORT_FILE=/var/run/port], ports: ["0:80"], tmpfs: [/run], profiles: [trouble]}
  taken: {image: IMAGE, environment: [SERVICE_PORT_FILE=/tmp], ports: ["0:80"], profiles: [trouble]}
volumes: {data: }
`)
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
	want := fmt.Sprintf("80/tcp=%s\n81/tcp=%s\n82/udp=%s\n", number("several", "80"), number("several", "81"), number("several", "82/udp"))
	if told := s.get(s.port("several"), "/port"); told != want {
		t.Errorf("several was told %q, want %q", told, want)
	}

	r := s.try("portmoor", "up", "--profile", "trouble")
	if r.code != 3 {
		t.Errorf("exit %d", r.code)
	}
	for _, c := range []string{"shm-1: /dev/shm/port", "linked-1: /var/run/port"} {
		contains(t, r.err, "container files-"+c+": is on a file system of the running container, into which the engine copies nothing\nhint: ")
	}
	contains(t, r.err, "container files-ro-1: /run/port: the file system is read-only\nhint: ", "container files-tmpfs-1: /run/port: is on a file system of the running container, into which the engine copies nothing\nhint: ", "container files-taken-1: /tmp: can't be written: ")
	contains(t, r.out, "files-ro-1", "files-new-1") // the table is there all the same
}

// TestRestart: after a restart, a recreation, a stop and the end, what is told is
// what is.
func TestRestart(t *testing.T) {
	s := newStack(t, "restart", scaled)
	s.write("compose.yaml", strings.Replace(strings.ReplaceAll(scaled, "IMAGE", image), ", scale: 3", "", 1))
	s.fails(1, "project restart is not up\nhint: portmoor up starts it", "portmoor", "port", "web", "80")
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

// background is a command that goes on.
type background struct {
	*exec.Cmd

	out, err safeBuffer
}

func (s *stack) start(name string, args ...string) *background {
	s.t.Helper()
	b := &background{Cmd: s.command(name, args...)}
	b.Stdout, b.Stderr, b.WaitDelay = &b.out, &b.err, time.Second
	if err := b.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = b.Process.Kill() })
	return b
}

// interrupt ends a command as Ctrl-C does, and returns its exit code.
func (b *background) interrupt(t *testing.T) int {
	t.Helper()
	if err := b.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(20*time.Second, func() { _ = b.Process.Kill() })
	defer timer.Stop()
	_ = b.Wait()
	return b.ProcessState.ExitCode()
}

type safeBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// waitFor waits until a command has printed a text.
func (b *safeBuffer) waitFor(t *testing.T, text string) {
	t.Helper()
	for range 300 {
		if strings.Contains(b.String(), text) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no %q in: %s", text, b.String())
}

// TestWatch: what is replaced while somebody looks is told, to him and to the
// service; Ctrl-C is the ordinary end.
func TestWatch(t *testing.T) {
	s := newStack(t, "watch", scaled)
	s.write("compose.yaml", strings.Replace(strings.ReplaceAll(scaled, "IMAGE", image), ", scale: 3", "", 1))
	port, sync := s.start("portmoor", "port", "web", "80", "--watch"), s.start("portmoor", "sync", "--watch")
	port.err.waitFor(t, "project watch is not up\n")
	s.run("docker", "compose", "up", "-d")
	first := s.port("web")
	port.out.waitFor(t, first+"\n")
	_, number, _ := strings.Cut(first, ":")
	sync.out.waitFor(t, "watch-web-1  /run/portmoor/port  "+number+"\n")
	if told := s.get(first, "/port"); told != number+"\n" {
		t.Errorf("told %q", told)
	}
	s.run("docker", "compose", "up", "-d", "--force-recreate", "-t", "0")
	second := s.port("web")
	port.out.waitFor(t, second+"\n")
	_, number, _ = strings.Cut(second, ":")
	sync.out.waitFor(t, "/run/portmoor/port  "+number+"\n")
	if told := s.get(second, "/port"); told != number+"\n" {
		t.Errorf("told %q", told)
	}
	// Who starts again may have lost its file, also at the same port.
	s.write("compose.yaml", strings.NewReplacer("IMAGE", image, ", scale: 3", "", "0:80", "8098:80").Replace(scaled))
	s.run("docker", "compose", "up", "-d", "-t", "0")
	sync.out.waitFor(t, "/run/portmoor/port  8098\n")
	told := strings.Count(sync.out.String(), "\n")
	s.run("docker", "compose", "restart", "-t", "0")
	for range 60 {
		if strings.Count(sync.out.String(), "\n") > told {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if strings.Count(sync.out.String(), "\n") != told+1 || !strings.HasSuffix(sync.out.String(), "  8098\n") {
		t.Errorf("after a restart: %s", sync.out.String())
	}
	if code := port.interrupt(t); code != 0 {
		t.Errorf("port --watch: exit %d: %s", code, port.err.String())
	}
	if code := sync.interrupt(t); code != 0 {
		t.Errorf("sync --watch: exit %d: %s", code, sync.err.String())
	}
}

// TestInterrupt: Ctrl-C ends docker compose, and with it up.
func TestInterrupt(t *testing.T) {
	s := newStack(t, "interrupt", `services:
  sick: {image: IMAGE, healthcheck: {test: [CMD, /nothing], interval: 1h, start_period: 1h}}
  web: {image: IMAGE, ports: ["0:80"], depends_on: {sick: {condition: service_healthy}}}
`)
	up := s.start("portmoor", "up")
	up.err.waitFor(t, "Waiting")
	if code := up.interrupt(t); code != 130 || !strings.HasSuffix(up.err.String(), "\ninterrupted\n") || up.out.String() != "" {
		t.Errorf("exit %d: %s%s", code, up.out.String(), up.err.String())
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
	onTerminal := &background{Cmd: s.command("script", "-qec", filepath.Join(os.Getenv("PORTMOOR_E2E"), "portmoor")+" up", "/dev/null")}
	onTerminal.Stdin, onTerminal.Stdout, onTerminal.WaitDelay = in, &onTerminal.out, time.Second
	if err := onTerminal.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(20*time.Second, func() { _ = onTerminal.Process.Kill() })
	defer timer.Stop()
	onTerminal.out.waitFor(t, "Waiting")
	if _, err := keys.Write([]byte{3}); err != nil {
		t.Fatal(err)
	}
	_ = onTerminal.Wait()
	if code := onTerminal.ProcessState.ExitCode(); code != 130 || !strings.HasSuffix(onTerminal.out.String(), "\ninterrupted\r\n") {
		t.Errorf("on a terminal: exit %d: %q", code, onTerminal.out.String())
	}
	gone()
}

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
