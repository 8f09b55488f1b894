package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/docker/dockertest"
)

// box is a container of the recorded engine.
type box struct {
	name, project, service, dir, state string
	address                            string
	port                               int
}

// serve starts an engine with containers that all have one host port, and makes
// it the one of the process.
func serve(t testing.TB, address string, boxes ...box) *dockertest.Engine {
	t.Helper()
	list, inspect := []map[string]any{}, map[string]string{}
	for _, b := range boxes {
		c := map[string]any{
			"Id": b.name, "Names": []string{"/" + b.name}, "State": b.state, "Ports": []any{},
			"Labels": map[string]string{
				"com.docker.compose.project": b.project, "com.docker.compose.service": b.service, "com.docker.compose.project.working_dir": b.dir,
			},
		}
		if b.state == "running" || b.state == "paused" {
			c["Ports"] = []map[string]any{{"IP": b.address, "PrivatePort": 80, "PublicPort": b.port, "Type": "tcp"}}
		} else {
			inspect[b.name] = fmt.Sprintf(`{"Id":%q,"HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":%q,"HostPort":"%d"}]}}}`, b.name, b.address, b.port)
		}
		list = append(list, c)
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	engine := dockertest.Start(t, address)
	engine.Set(string(text), inspect)
	t.Setenv("DOCKER_HOST", engine.Endpoint)
	return engine
}

// shop makes a project whose service web wants a port, and goes there.
func shop(t testing.TB, port int) (dir string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "compose.yaml"), fmt.Sprintf("name: shop\nservices: {web: {image: x, ports: [\"${WEB_HOST_PORT:-%d}:80\"]}}\n", port))
	t.Chdir(dir)
	t.Setenv("PORTMOOR_LEDGER", filepath.Join(dir, ".ledger.json"))
	return dir
}

// here runs a command in the environment of the test.
func here(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = Run(Process{Args: append([]string{"portmoor"}, args...), Out: &o, Err: &e, Environ: os.Environ()})
	return code, o.String(), e.String()
}

// listen holds a port of every interface, and returns it.
func listen(t testing.TB) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

// TestOwners: whose container it is decides what its port is to the project.
// A wrong answer either stops a stack that runs well from being started again,
// or lets one start that can't.
func TestOwners(t *testing.T) {
	const free = 28380
	tests := []struct {
		name string
		held bool // somebody listens on the port
		box  box
		want string // in what validate says, "" when it passes
	}{
		{"own, running", true, box{project: "shop", service: "web", state: "running"}, ""},
		{"own, paused", true, box{project: "shop", service: "web", state: "paused"}, ""},
		{"own, stopped", false, box{project: "shop", service: "web", state: "exited"}, ""},
		{"own, stopped, and a program took the port", true, box{project: "shop", service: "web", state: "exited"}, "held by process cli.test (pid"},
		{"another project", true, box{project: "store", service: "db", dir: "/srv/store", state: "running"}, "held by container store/db (box)"},
		{"another project, stopped", false, box{project: "store", service: "db", dir: "/srv/store", state: "exited"}, "held by container store/db (box)"},
		{"no project", false, box{state: "created"}, "held by container box"},
		{"an orphan", true, box{project: "shop", service: "old", state: "running"}, "held by container shop/old (box)"},
		{"another address", false, box{project: "store", service: "db", dir: "/srv/store", state: "exited", address: "127.0.0.9"}, "held by container store/db (box)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			port := free
			if test.held {
				port = listen(t)
			}
			dir := shop(t, port)
			b := test.box
			b.name, b.port = "box", port
			if b.dir == "" && b.project != "" {
				b.dir = dir
			}
			serve(t, "127.0.0.1", b)
			code, out, errs := here("validate")
			switch {
			case test.want == "" && (code != 0 || errs != "1 port of project shop can be bound: web\n"):
				t.Errorf("exit %d: %s%s", code, out, errs)
			case test.want != "" && (code != 1 || !strings.Contains(errs, test.want)):
				t.Errorf("exit %d, want %q in: %s", code, test.want, errs)
			}
			code, _, errs = here("detect")
			if moved := strings.Contains(errs, "web moves from"); code != 0 || moved != (test.want != "") {
				t.Errorf("detect: exit %d: %s", code, errs)
			}
			if code, _, errs = here("validate"); test.want == "" && code != 0 {
				t.Errorf("after detect: exit %d: %s", code, errs)
			}
		})
	}
}

// TestOtherFolder: two checkouts with one project name would take each other's
// containers down.
func TestOtherFolder(t *testing.T) {
	shop(t, 28381)
	serve(t, "127.0.0.1", box{name: "shop-web-1", project: "shop", service: "web", dir: "/srv/other", state: "running", port: 28381})
	for _, command := range []string{"detect", "validate"} {
		code, _, errs := here(command)
		if code != 3 || !strings.Contains(errs, `project "shop" runs from another folder, /srv/other`) || !strings.Contains(errs, "; or give it another name: with -p") {
			t.Errorf("%s: exit %d: %s", command, code, errs)
		}
	}
	if code, _, errs := here("validate", "-p", "mine"); code != 1 || !strings.Contains(errs, "held by container shop/web (shop-web-1)") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestStays: the holder is gone, and the port that was found instead is still
// the one; a container that takes it meanwhile moves it again.
func TestStays(t *testing.T) {
	const port = 28382
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		t.Fatal(err)
	}
	shop(t, port)
	serve(t, "127.0.0.1")
	get := func() string {
		t.Helper()
		if code, _, errs := here("detect"); code != 0 {
			t.Errorf("exit %d: %s", code, errs)
		}
		_, out, _ := here("get", "web")
		return strings.TrimSpace(out)
	}
	found := get()
	if found == fmt.Sprint(port) {
		t.Fatal("a port that is held was kept")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if again := get(); again != found {
		t.Errorf("%s became %s", found, again)
	}
	n, err := strconv.Atoi(found)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, "127.0.0.1", box{name: "other", state: "exited", port: n})
	if now := get(); now == found {
		t.Errorf("%s is kept, which a container has", now)
	}
}

// TestChoosing: a new port is none that browsers refuse, that outgoing
// connections use or that is reserved; a range that is configured allows the
// first two.
func TestChoosing(t *testing.T) {
	const port = 28385
	for config, want := range map[string]string{
		"":                        "10081", // 10080 is one that browsers refuse
		"range: 10000-11000":      "10080",
		"ephemeral: 10000-10500":  "10501",
		"reserved: [10080-10200]": "10201",
		"range: 6881-6890":        "6890",
		"range: 1000-1100":        "1025",
		"strategy: hybrid":        "10081",
		"groups: {g: {range: 10079-10090, services: [w*]}}": "10080",
	} {
		t.Run(config, func(t *testing.T) {
			dir := shop(t, port)
			put(t, filepath.Join(dir, ".portmoor.yaml"), config+"\n")
			boxes := []box{{name: "other", state: "exited", port: port}}
			for taken := 10000; taken < 10080; taken++ {
				boxes = append(boxes, box{name: fmt.Sprint("box", taken), state: "exited", port: taken})
			}
			serve(t, "127.0.0.1", boxes...)
			code, out, errs := here("detect")
			if code != 0 || !strings.Contains(out, " "+want+" ") {
				t.Errorf("exit %d, want %s:\n%s%s", code, want, out, errs)
			}
		})
	}
}

// TestNoLockForEngine: while one run waits for its engine, another checkout gets
// its ports.
func TestNoLockForEngine(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	var once sync.Once
	engine := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		once.Do(func() { close(asked) })
		<-answer
	}))
	t.Cleanup(engine.Close)
	dir := shop(t, 28383)
	other := filepath.Join(dir, "other")
	put(t, filepath.Join(other, "compose.yaml"), "services: {web: {image: x, ports: [\"${WEB_HOST_PORT:-28384}:80\"]}}\n")
	environ := append(os.Environ(), "DOCKER_HOST=tcp"+strings.TrimPrefix(engine.URL, "http"))
	stalled := make(chan int)
	go func() {
		stalled <- Run(Process{Args: []string{"portmoor", "detect"}, Out: io.Discard, Err: io.Discard, Environ: environ})
	}()
	<-asked
	t.Setenv("DOCKER_HOST", "unix:///nonexistent.sock")
	began := time.Now()
	if code, _, errs := here("detect", "-f", filepath.Join(other, "compose.yaml")); code != 0 {
		t.Errorf("exit %d after %v: %s", code, time.Since(began), errs)
	}
	close(answer)
	if code := <-stalled; code != 0 {
		t.Errorf("the one that waited: exit %d", code)
	}
}

// TestRemote: of an engine on another machine only its own facts count, and that
// is said. The test's engine is reached by an address that is not loopback.
func TestRemote(t *testing.T) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	address := ""
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			address = n.IP.String()
		}
	}
	if address == "" {
		t.Skip("this machine has no address but loopback")
	}
	port := listen(t)
	shop(t, port)
	serve(t, address)
	code, _, errs := here("validate")
	if code != 0 || !strings.Contains(errs, "the docker engine is on another machine: only its containers and other checkouts count\n") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// BenchmarkDetect finds ports for 1,000 mappings beside 300 containers; half of
// them have to move.
func BenchmarkDetect(b *testing.B) {
	var text strings.Builder
	text.WriteString("services:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  s%d:\n    image: x\n    ports:\n", i)
		for j := range 10 {
			fmt.Fprintf(&text, "      - \"${S%d_%d_HOST_PORT:-%d}:%d\"\n", i, j, 20000+10*i+j, 80+j)
		}
	}
	var boxes []box
	for i := range 300 {
		boxes = append(boxes, box{name: fmt.Sprintf("c%03d", i), project: "store", service: fmt.Sprintf("s%d", i), dir: "/srv", port: 20000 + 2*i, state: []string{"running", "exited", "running"}[i%3]})
	}
	dir := shop(b, 1)
	put(b, filepath.Join(dir, "compose.yaml"), text.String())
	serve(b, "127.0.0.1", boxes...)
	best := time.Hour
	for b.Loop() {
		if code, _, errs := here("reset"); code != 0 {
			b.Fatal(errs)
		}
		var code int
		var out, errs string
		best = min(best, corpustest.Spent(b, func() { code, out, errs = here("detect") }))
		if code != 0 || strings.Count(out, "\n") != 1001 || strings.Count(errs, " moves from ") != 300 {
			b.Fatalf("exit %d: %d lines, %s", code, strings.Count(out, "\n"), errs[:min(len(errs), 1000)])
		}
	}
	b.ReportMetric(float64(best.Milliseconds()), "best-ms")
	if best > 300*time.Millisecond {
		b.Errorf("the best run took %v, want less than 0.3 s", best)
	}
}

// safeBuffer is a buffer that one goroutine writes and another reads.
type safeBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
	closed bool
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, io.ErrClosedPipe
	}
	return b.buffer.Write(p)
}

// close ends a command that writes more, as one that reads it does when it has enough.
func (b *safeBuffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// waitFor waits until a text was written.
func (b *safeBuffer) waitFor(t *testing.T, text string) {
	t.Helper()
	for range 1000 {
		if strings.Contains(b.String(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %q in: %s", text, b.String())
}
