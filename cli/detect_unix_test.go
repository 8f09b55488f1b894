//go:build unix

package cli

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// copies builds the program and makes n copies of a stack whose ports are
// all the same. They share a ledger.
func copies(t *testing.T, n int) (bin string, dirs, environ []string) {
	t.Helper()
	root := t.TempDir()
	bin = filepath.Join(root, "portmoor")
	command(t, "..", 0, "go", "build", "-o", bin, ".")
	for i := range n {
		dir := filepath.Join(root, fmt.Sprintf("copy%02d", i))
		put(t, filepath.Join(dir, "compose.yaml"), "services:\n  web: {image: x, ports: [\"${WEB_HOST_PORT:-28080}:80\", \"${WEB_81_HOST_PORT:-28081}:81/udp\"]}\n"+
			"  r: {image: x, ports: [\"${R_HOST_PORT_RANGE:-28090-28092}:90-92\"]}\n")
		dirs = append(dirs, dir)
	}
	environ = append(os.Environ(), "PORTMOOR_LEDGER="+filepath.Join(root, "ledger.json"), "DOCKER_HOST=unix:///nonexistent.sock")
	return bin, dirs, environ
}

// assigned reads what a checkout was given.
func assigned(t *testing.T, dir string) map[string]int {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(dir, "data", "ports.json"))
	if err != nil {
		t.Fatal(err)
	}
	ports := map[string]int{}
	if err := json.Unmarshal(src, &ports); err != nil {
		t.Fatalf("torn: %v: %s", err, src)
	}
	return ports
}

// noneTwice checks that no port was given to two checkouts.
func noneTwice(t *testing.T, dirs []string) {
	t.Helper()
	holder := map[string]string{}
	for _, dir := range dirs {
		ports := assigned(t, dir)
		if len(ports) != 3 {
			t.Errorf("%s: %v", dir, ports)
		}
		sockets := []string{
			fmt.Sprint(ports["web"], "/tcp"), fmt.Sprint(ports["web:81/udp"], "/udp"),
			fmt.Sprint(ports["r"], "/tcp"), fmt.Sprint(ports["r"]+1, "/tcp"), fmt.Sprint(ports["r"]+2, "/tcp"),
		}
		for _, s := range sockets {
			if other := holder[s]; other != "" {
				t.Errorf("%s was given to %s and %s", s, other, dir)
			}
			holder[s] = dir
		}
	}
}

// TestManyAtOnce runs detect in 32 processes at a time, in one checkout and in 32.
func TestManyAtOnce(t *testing.T) {
	bin, dirs, environ := copies(t, 32)
	all := func(dirOf func(i int) string) {
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				c := exec.CommandContext(t.Context(), bin, "detect")
				c.Dir, c.Env = dirOf(i), environ
				if out, err := c.CombinedOutput(); err != nil {
					t.Errorf("%v: %s", err, out)
				}
			})
		}
		wg.Wait()
	}
	all(func(int) string { return dirs[0] })
	first := assigned(t, dirs[0])
	all(func(i int) string { return dirs[i] })
	noneTwice(t, dirs)
	if now := assigned(t, dirs[0]); fmt.Sprint(now) != fmt.Sprint(first) {
		t.Errorf("%v became %v", first, now)
	}
	before := treeOf(t, filepath.Dir(dirs[0]))
	all(func(i int) string { return dirs[i] })
	compareTrees(t, "before and after another run", before, treeOf(t, filepath.Dir(dirs[0])))
}

// inAgreement checks that the variables of a checkout are those of its assignments.
func inAgreement(t *testing.T, dir string) {
	t.Helper()
	var want string
	if src, err := os.ReadFile(filepath.Join(dir, "data", "ports.json")); err == nil && string(src) != "{}\n" {
		ports := assigned(t, dir)
		want = fmt.Sprintf("R_HOST_PORT_RANGE=%d-%d\nWEB_81_HOST_PORT=%d\nWEB_HOST_PORT=%d\n", ports["r"], ports["r"]+2, ports["web:81/udp"], ports["web"])
	}
	src, _ := os.ReadFile(filepath.Join(dir, ".ports.env"))
	var got strings.Builder
	for line := range strings.Lines(string(src)) {
		if line[0] != '#' {
			got.WriteString(line)
		}
	}
	if got.String() != want {
		t.Errorf("%s: .ports.env has\n%s, and ports.json\n%s", dir, got.String(), want)
	}
}

// TestOneFolder runs detect, reset and assign in one checkout at the same time: what is
// left is what one of them has left.
func TestOneFolder(t *testing.T) {
	bin, dirs, environ := copies(t, 1)
	for round := range 6 {
		var wg sync.WaitGroup
		for i := range 8 {
			args := []string{"detect"}
			switch {
			case round%3 == 1 && i%2 == 1:
				args = []string{"reset"}
			case round%3 == 2 && i%2 == 1:
				args = []string{"assign", "--force", "web:80", fmt.Sprint(28100 + i)}
			}
			wg.Go(func() {
				c := exec.CommandContext(t.Context(), bin, args...)
				c.Dir, c.Env = dirs[0], environ
				if out, err := c.CombinedOutput(); err != nil {
					t.Errorf("%v: %v: %s", args, err, out)
				}
			})
		}
		wg.Wait()
		inAgreement(t, dirs[0])
	}
}

// TestUnderLoad is 300 runs, 32 at a time, some of which are killed: none gives up, and
// at no moment has the ledger one port twice.
func TestUnderLoad(t *testing.T) {
	bin, dirs, environ := copies(t, 24)
	ledger := filepath.Join(filepath.Dir(dirs[0]), "ledger.json")
	over, looked := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-over:
				looked <- n
				return
			case <-time.After(5 * time.Millisecond):
				noneTwiceIn(t, ledger)
			}
		}
	}()
	var wg sync.WaitGroup
	runs := make(chan int)
	for range 32 {
		wg.Go(func() {
			for i := range runs {
				r := rand.New(rand.NewPCG(uint64(i), 3))
				args := [][]string{{"detect"}, {"detect"}, {"detect"}, {"reset"}, {"detect", "--prune"}}[r.IntN(5)]
				c := exec.CommandContext(t.Context(), bin, args...)
				c.Dir, c.Env = dirs[r.IntN(len(dirs))], environ
				var said strings.Builder
				c.Stderr = &said
				if err := c.Start(); err != nil {
					t.Error(err)
					continue
				}
				killed := r.IntN(4) == 0
				if killed {
					time.Sleep(time.Duration(r.IntN(300)) * time.Millisecond)
					_ = c.Process.Kill()
				}
				if err := c.Wait(); err != nil && !killed {
					t.Errorf("%v: %v: %s", args, err, said.String())
				}
			}
		})
	}
	for i := range 300 {
		runs <- i
	}
	close(runs)
	wg.Wait()
	close(over)
	if n := <-looked; n < 20 {
		t.Errorf("looked only %d times", n)
	}
	for _, dir := range dirs {
		c := exec.CommandContext(t.Context(), bin, "detect")
		c.Dir, c.Env = dir, environ
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		inAgreement(t, dir)
	}
	noneTwice(t, dirs)
}

// noneTwiceIn checks that a ledger has no socket for two checkouts.
func noneTwiceIn(t *testing.T, path string) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		return // not yet
	}
	var all struct {
		Checkouts map[string]map[string]map[string]struct {
			Port, Width int
			Sockets     []struct{ Protocol string }
		}
	}
	if err := json.Unmarshal(src, &all); err != nil {
		t.Errorf("torn: %v: %s", err, src)
	}
	holder := map[string]string{}
	for dir, projects := range all.Checkouts {
		for _, entries := range projects {
			for _, e := range entries {
				for port := e.Port; port < e.Port+max(e.Width, 1); port++ {
					socket := fmt.Sprint(port, "/", e.Sockets[0].Protocol)
					if other := holder[socket]; other != "" {
						t.Errorf("%s is of %s and %s", socket, other, dir)
					}
					holder[socket] = dir
				}
			}
		}
	}
}

// TestKilled kills runs at random points: whatever is left, no file is torn, and
// the next runs are right.
func TestKilled(t *testing.T) {
	bin, dirs, environ := copies(t, 8)
	r := rand.New(rand.NewPCG(1, 2))
	var wg sync.WaitGroup
	for i := range 64 {
		delay := time.Duration(r.IntN(40)) * time.Millisecond
		wg.Go(func() {
			c := exec.CommandContext(t.Context(), bin, "detect")
			c.Dir, c.Env = dirs[i%len(dirs)], environ
			if err := c.Start(); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(delay)
			_ = c.Process.Kill()
			_ = c.Wait()
		})
	}
	wg.Wait()
	for _, dir := range dirs {
		c := exec.CommandContext(t.Context(), bin, "detect")
		c.Dir, c.Env = dir, environ
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
	noneTwice(t, dirs)
	for _, dir := range dirs {
		entries, err := os.ReadDir(filepath.Join(dir, "data"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() != "ports.json" {
				t.Errorf("left behind: %s", e.Name())
			}
		}
	}
}
