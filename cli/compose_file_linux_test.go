package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestComposeFile holds the files that COMPOSE_FILE names, wherever it and its separator are
// set, against docker compose itself, where .ci/run has built it.
func TestComposeFile(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	found, err := filepath.Glob(filepath.Join(cache, "portmoor-ci", "docker-compose-v*"))
	if err != nil || found == nil {
		t.Skip("no docker compose is built")
	}
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		put(t, filepath.Join(dir, name+".yaml"), "services: {"+name+": {image: x, ports: ['80']}}\n")
	}
	put(t, filepath.Join(dir, "compose.yaml"), "services: {d: {image: x, ports: ['80']}}\n")
	t.Chdir(dir)
	values := []string{"-", "", "a.yaml", "a.yaml;b.yaml", "c.yaml:b.yaml", "a.yaml:"}
	separators := []string{"-", "", ";", ":"}
	refused, loaded := 0, 0
	for _, value := range values {
		for _, separator := range separators {
			for _, fromFile := range []string{"", "COMPOSE_FILE=b.yaml;c.yaml\n", "COMPOSE_FILE=b.yaml:c.yaml\nCOMPOSE_PATH_SEPARATOR=;\n", "COMPOSE_FILE=\n", "COMPOSE_PATH_SEPARATOR=;\n"} {
				environ := []string{"HOME=" + dir, "PORTMOOR_LEDGER=" + filepath.Join(dir, "ledger.json"), "DOCKER_HOST=unix:///nonexistent.sock"}
				if value != "-" {
					environ = append(environ, "COMPOSE_FILE="+value)
				}
				if separator != "-" {
					environ = append(environ, "COMPOSE_PATH_SEPARATOR="+separator)
				}
				put(t, ".env", fromFile)
				c := exec.CommandContext(t.Context(), found[0], "config", "--services")
				c.Env = environ
				out, refusal := c.Output()
				want := strings.Fields(string(out))
				var said strings.Builder
				var shown strings.Builder
				code := Run(Process{Args: []string{"portmoor", "show", "--format", "json"}, Environ: environ, Out: &shown, Err: &said})
				if refusal != nil {
					if refused++; code == exitOK {
						t.Errorf("%q, .env %q: docker compose refuses it, and we do not: %s", environ[3:], fromFile, shown.String())
					}
					continue
				}
				loaded++
				var got struct{ Ports []struct{ Service string } }
				if err := json.Unmarshal([]byte(shown.String()), &got); err != nil {
					t.Errorf("%q, .env %q: want %q: %s", environ[3:], fromFile, want, said.String())
					continue
				}
				var services []string
				for _, p := range got.Ports {
					services = append(services, p.Service)
				}
				slices.Sort(want)
				slices.Sort(services)
				if !slices.Equal(want, services) {
					t.Errorf("%q, .env %q: got %q, want %q", environ[3:], fromFile, services, want)
				}
			}
		}
	}
	if refused < 10 || loaded < 10 {
		t.Errorf("%d refused, %d loaded", refused, loaded)
	}
}
