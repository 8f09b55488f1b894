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

// checkouts builds the program and makes n copies of a stack whose ports are
// all the same. They share a ledger.
func checkouts(t *testing.T, n int) (bin string, dirs, environ []string) {
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

// once checks that no port was given to two checkouts.
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
	bin, dirs, environ := checkouts(t, 32)
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

// TestKilled kills runs at random points: whatever is left, no file is torn, and
// the next runs are right.
func TestKilled(t *testing.T) {
	bin, dirs, environ := checkouts(t, 8)
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
			if !strings.Contains(e.Name(), "ports.json") {
				t.Errorf("left behind: %s", e.Name())
			}
		}
	}
}
