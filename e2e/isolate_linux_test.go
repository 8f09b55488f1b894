package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// isolated has what keeps a second checkout from running: literals, one of them a range,
// udp, IPv6, a variable that .env pins, and names of the project, a container, a network
// and a volume that are fixed.
const isolated = `name: shop
services:
  web:
    image: IMAGE
    container_name: e2e-shop-web
    environment: ["WHO=$COMPOSE_PROJECT_NAME-web"]
    ports: ["28701:80"]
    networks: [front]
    volumes: ["data:/data"]
  many:
    image: IMAGE
    environment: ["WHO=$COMPOSE_PROJECT_NAME-many", "LISTEN=:80 :81 :82"]
    ports: ["28710-28712:80-82", "28720:53/udp", "[::1]:28730:80"]
    networks: [front]
  api:
    image: IMAGE
    environment: ["WHO=$COMPOSE_PROJECT_NAME-api"]
    ports: ["${API_PORT:-1}:80"]
    networks: {front: {ipv4_address: 172.31.77.9}}
networks: {front: {name: e2e-shop-front, ipam: {config: [{subnet: 172.31.77.0/24}]}}}
volumes: {data: {name: e2e-shop-data}}
`

// TestIsolate starts eight worktrees of one repository at once, kills three of the runs,
// and runs them again: all services answer, each for its own checkout, nothing is given
// twice, a further run moves nothing, stopping one touches no other, and Git sees
// nothing. ISOLATE_ROUNDS says how often, 2 when it is not set.
func TestIsolate(t *testing.T) {
	rounds, seed := 2, uint64(time.Now().UnixNano())
	if n, err := strconv.Atoi(os.Getenv("ISOLATE_ROUNDS")); err == nil {
		rounds = n
	}
	if n, err := strconv.ParseUint(os.Getenv("ISOLATE_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("ISOLATE_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	main := newStack(t, "shop", isolated)
	main.write(".env", "API_PORT=28740\n")
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x"}} {
		main.run("git", args...)
	}
	var all []*stack
	for i := range 8 {
		s := &stack{t: t, dir: filepath.Join(filepath.Dir(main.dir), fmt.Sprint("wt", i), "shop")}
		main.run("git", "worktree", "add", "-q", "-b", fmt.Sprint("b", i), s.dir)
		all = append(all, s)
		t.Cleanup(func() {
			if _, err := os.Stat(s.dir); err == nil {
				s.try("portmoor", "compose", "--", "down", "--remove-orphans", "-t", "0", "-v")
			}
		})
	}
	names := map[string]bool{}
	for round := range rounds {
		doomed := map[int]bool{}
		for len(doomed) < 3 {
			doomed[r.IntN(len(all))] = true
		}
		began := time.Now()
		phase := func(what string) {
			t.Logf("round %d: %s after %v", round, what, time.Since(began).Round(time.Second/10))
		}
		startAll(t, r, all, doomed)
		phase("started")
		for i := range doomed {
			if again := all[i].try("portmoor", "up", "--isolate"); again.code != 0 {
				t.Errorf("round %d: %d, which was killed: exit %d: %s", round, i, again.code, again.err)
			}
		}
		phase("finished")
		before := make([]string, len(all))
		given := map[string]int{}
		for i, s := range all {
			before[i] = s.isAt(t, given, i)
			name, _, _ := strings.Cut(before[i], " ")
			names[name] = true
		}
		each(all, func(i int, s *stack) {
			if again := s.try("portmoor", "up"); again.code != 0 || strings.Contains(again.err, " moves from ") {
				t.Errorf("round %d: %d again: exit %d: %s", round, i, again.code, again.err)
			}
		})
		phase("asked and started again")
		stopped := r.IntN(len(all))
		all[stopped].run("portmoor", "compose", "--", "stop", "-t", "0")
		given = map[string]int{}
		for i, s := range all {
			if i == stopped {
				continue
			}
			if now := s.isAt(t, given, i); now != before[i] {
				t.Errorf("round %d: %d is at\n%s, was at\n%s", round, i, now, before[i])
			}
		}
		phase("asked again")
		for i, s := range all {
			if seen := s.run("git", "status", "--short"); seen != "" {
				t.Errorf("round %d: Git sees in %d: %s", round, i, seen)
			}
		}
		each(all, func(_ int, s *stack) { s.run("portmoor", "compose", "--", "down", "-t", "0", "-v") })
		if left := main.run("docker", "ps", "-aq") + main.run("docker", "volume", "ls", "-q", "--filter", "name=shop"); left != "" {
			t.Errorf("round %d: there is left %s", round, left)
		}
		phase("down")
		if round%2 == 1 { // the next round begins anew
			each(all, func(_ int, s *stack) { s.run("portmoor", "reset") })
		}
		if t.Failed() {
			return
		}
	}
	if len(names) != len(all) {
		t.Errorf("the checkouts were called %v", names)
	}
	// The first checkout is what it was, and what is gone is forgotten.
	for _, s := range all {
		main.run("git", "worktree", "remove", s.dir)
		if err := os.Remove(filepath.Dir(s.dir)); err != nil { // an empty folder may be where a disk belongs
			t.Error(err)
		}
	}
	for _, args := range [][]string{{"up"}, {"up", "--isolate"}} {
		main.run("portmoor", args...)
		contains(t, main.run("docker", "ps", "--format", "{{.Names}} {{.Ports}}"), "e2e-shop-web 0.0.0.0:28701->80/tcp")
		contains(t, main.run("docker", "network", "ls", "--format", "{{.Name}}"), "e2e-shop-front")
	}
	if left, err := filepath.Glob(filepath.Join(os.Getenv("PORTMOOR_E2E"), "checkouts", "*")); len(left) != 1 || err != nil { // that of the first
		t.Errorf("%v is left, %v", left, err)
	}
	main.run("docker", "compose", "down", "-t", "0", "-v")
}

// each calls a function for all stacks at once.
func each(all []*stack, do func(int, *stack)) {
	var runs sync.WaitGroup
	for i, s := range all {
		runs.Go(func() { do(i, s) })
	}
	runs.Wait()
}

// startAll starts all at once, of which some are killed with all that they have started.
func startAll(t *testing.T, r *rand.Rand, all []*stack, doomed map[int]bool) {
	t.Helper()
	after := make([]time.Duration, len(all))
	for i := range all {
		after[i] = time.Duration(r.IntN(6000)) * time.Millisecond
	}
	each(all, func(i int, s *stack) {
		cmd := s.command("portmoor", "up", "--isolate")
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		cmd.WaitDelay = time.Second // what it had started may hold the output
		if err := cmd.Start(); err != nil {
			t.Error(err)
			return
		}
		if doomed[i] {
			timer := time.AfterFunc(after[i], func() { killAll(cmd.Process.Pid) })
			defer timer.Stop()
		}
		if err := cmd.Wait(); err != nil && !doomed[i] {
			t.Errorf("%d: %v: %s", i, err, said.String())
		}
	})
}

// killAll kills a process and those below it, as when the machine stops.
func killAll(pid int) {
	_ = syscall.Kill(pid, syscall.SIGSTOP) // so that it starts no others
	children, _ := exec.CommandContext(context.Background(), "pgrep", "-P", strconv.Itoa(pid)).Output()
	for child := range strings.FieldsSeq(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			killAll(n)
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// isAt asks all services of a checkout on the URLs that port and list print, and returns the
// name of the project with what it is at. Ports are given to nobody else.
func (s *stack) isAt(t *testing.T, given map[string]int, who int) string {
	t.Helper()
	var report struct {
		Ports []struct {
			Project, Service, Protocol, URL string
			HostIP                          string `json:"host_ip"`
			HostPort                        string `json:"host_port"`
		}
	}
	if err := json.Unmarshal([]byte(s.run("portmoor", "port", "--wait", "20s", "--format", "json")), &report); err != nil {
		t.Fatal(err)
	}
	urls := s.listed(t)
	services := map[string]bool{}
	var where []string
	for _, p := range report.Ports {
		services[p.Service] = true
		where = append(where, fmt.Sprint(p.Service, " ", net.JoinHostPort(p.HostIP, p.HostPort), "/", p.Protocol))
		key := fmt.Sprint(p.HostIP, " ", p.HostPort, "/", p.Protocol)
		if other, twice := given[key]; twice && other != who {
			t.Errorf("%d and %d have %s", other, who, key)
		}
		given[key] = who
		if p.Protocol != "tcp" || p.URL == "" {
			continue
		}
		if got := answerOf(t, p.URL); !strings.HasPrefix(got, p.Project+"-"+p.Service+" ") {
			t.Errorf("%d: %s of %s answers as %q", who, p.URL, p.Project, got)
		}
	}
	for _, url := range urls {
		if got := answerOf(t, url); len(report.Ports) > 0 && !strings.HasPrefix(got, report.Ports[0].Project+"-") {
			t.Errorf("%d: %s answers as %q", who, url, got)
		}
	}
	if len(services) != 3 || len(urls) < 6 {
		t.Errorf("%d: %v at %v", who, services, urls)
	}
	if len(report.Ports) == 0 {
		return ""
	}
	return report.Ports[0].Project + " " + strings.Join(where, "\n")
}

// listed are the URLs that list prints of a checkout.
func (s *stack) listed(t *testing.T) (urls []string) {
	t.Helper()
	var report struct {
		Checkouts []struct {
			Folder, State string
			Ports         []struct{ URL string }
		}
	}
	if err := json.Unmarshal([]byte(s.run("portmoor", "list", "--format", "json")), &report); err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Checkouts {
		if c.Folder != s.dir {
			continue
		}
		if c.State != "up" {
			t.Errorf("list has %s as %s", c.Folder, c.State)
		}
		for _, p := range c.Ports {
			if p.URL != "" {
				urls = append(urls, p.URL)
			}
		}
	}
	return urls
}

func answerOf(t *testing.T, url string) string {
	t.Helper()
	var last error
	for range 100 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			last = err
			time.Sleep(50 * time.Millisecond)
			continue
		}
		var b bytes.Buffer
		_, _ = b.ReadFrom(response.Body)
		_ = response.Body.Close()
		return b.String()
	}
	return fmt.Sprint(last)
}
