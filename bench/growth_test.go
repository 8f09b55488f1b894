package bench

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// How much longer ten times the input may take. All of the files of a run are held until its
// last rule has seen them, and more than a few thousand are collected as often as Go does.
const (
	most     = 11
	mostHeld = 15 // lint of files
)

// TestGrowth gives commands inputs of three sizes, each ten times the one before: nothing
// may take more than in step with what it is given. What the program takes to start is
// left out.
func TestGrowth(t *testing.T) {
	needs(t)
	binary := portmoor(t)
	engine := dockertest.Start(t, "127.0.0.1")
	engine.Version = "1.50"
	for _, g := range []struct {
		work, of string
		least    int
		command  func(t *testing.T, dir string, n int) command
	}{
		{"lint", "files", 100, func(t *testing.T, dir string, n int) command {
			for i := range n {
				put(t, filepath.Join(dir, fmt.Sprintf("p%05d", i), "compose.yaml"), project(i))
			}
			return command{args: []string{binary, "lint", "--fail-on", "error", "--format", "json", "."}}
		}},
		{"lint", "mappings", 50, func(t *testing.T, dir string, n int) command {
			put(t, filepath.Join(dir, "compose.yaml"), mappings(n))
			return command{args: []string{binary, "lint", "--fail-on", "error", "--format", "json", "."}}
		}},
		{"migrate", "files", 10, func(t *testing.T, dir string, n int) command {
			for i := range n {
				put(t, filepath.Join(dir, fmt.Sprintf("p%05d", i), "compose.yaml"), project(i))
			}
			return command{args: []string{binary, "migrate", "."}}
		}},
		{"detect", "mappings", 10, func(t *testing.T, dir string, n int) command {
			put(t, filepath.Join(dir, "compose.yaml"), mappings(n))
			return command{args: []string{binary, "detect"}, env: []string{"PORTMOOR_LEDGER=" + filepath.Join(dir, "ledger.json"), "DOCKER_HOST=" + engine.Endpoint}}
		}},
		{"detect", "checkouts", 100, func(t *testing.T, dir string, n int) command {
			put(t, filepath.Join(dir, "compose.yaml"), mappings(10))
			put(t, filepath.Join(dir, "ledger.json"), ledger(n))
			return command{args: []string{binary, "detect"}, env: []string{"PORTMOOR_LEDGER=" + filepath.Join(dir, "ledger.json"), "DOCKER_HOST=" + engine.Endpoint}}
		}},
		{"port", "containers", 50, func(t *testing.T, dir string, n int) command {
			put(t, filepath.Join(dir, "compose.yaml"), "name: shop\nservices: {web: {image: nginx, ports: [\"8080:80\"]}}\n")
			full := dockertest.Start(t, "127.0.0.1")
			full.Version = "1.50"
			full.Set(containers(dir, n), nil)
			return command{args: []string{binary, "port", "web", "--format", "json"}, env: []string{"DOCKER_HOST=" + full.Endpoint}}
		}},
		{"reconcile", "references", 100, func(t *testing.T, dir string, n int) command {
			put(t, filepath.Join(dir, "compose.yaml"), "services:\n  a: {image: x, ports: [\"8080:80\"]}\n  b: {image: x, ports: [\"8080:81\"]}\n")
			for i := range n / 10 {
				put(t, filepath.Join(dir, "docs", fmt.Sprintf("page%05d.md", i)), strings.Repeat("See http://localhost:8080/ for the page.\n\n", 10))
			}
			return command{args: []string{binary, "reconcile"}, code: 1}
		}},
	} {
		var sizes [3]command
		for i, n := range []int{g.least, 10 * g.least, 100 * g.least} {
			dir := t.TempDir()
			sizes[i] = g.command(t, dir, n)
			sizes[i].dir, sizes[i].env = dir, append(sizes[i].env, "HOME="+dir)
		}
		bare := command{args: []string{binary, "--version"}, dir: t.TempDir()}
		all := inTurn(t, 5, sizes[0], sizes[1], sizes[2], bare)
		for i := range sizes[1:] {
			work := fmt.Sprintf("%s, %d %s", g.work, 10*g.least*max(1, 10*i), g.of)
			grown := ratio(without(all[i+1], all[3]), atLeast(without(all[i], all[3])))
			bound := float64(most)
			if g.work == "lint" && g.of == "files" {
				bound = mostHeld
			}
			hold(t, row{work, "a tenth of them", grown, bound, ""})
		}
	}
}

// atLeast keeps times above what can be told apart.
func atLeast(all []time.Duration) []time.Duration {
	for i := range all {
		all[i] = max(all[i], time.Millisecond)
	}
	return all
}

// project is a compose file with ports of its own.
func project(i int) string {
	return fmt.Sprintf("services:\n  web:\n    image: nginx\n    ports: [\"%d:80\"]\n    environment: {URL: \"http://localhost:%d/\"}\n  db:\n    image: postgres\n    ports: [\"%d:5432\"]\n",
		10000+2*i%40000, 10000+2*i%40000, 10001+2*i%40000)
}

// containers are those of a service with so many.
func containers(dir string, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`{"Id":"%016x","Names":["/shop-web-%d"],"State":"running","Status":"Up","Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web","com.docker.compose.container-number":"%d","com.docker.compose.oneoff":"False","com.docker.compose.project.working_dir":%q},"HostConfig":{"NetworkMode":"shop_default"},"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":%d,"Type":"tcp"}]}`,
			i+1, i+1, i+1, dir, 20000+i)
	}
	return "[" + strings.Join(all, ",") + "]"
}
