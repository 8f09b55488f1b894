package bench

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portmoor/portmoor/compose/corpustest"
)

// single are files of the corpus to be linted one by one: with and without what only the
// whole schema can judge, and one of fifty services.
var single = []string{
	"docker__awesome-compose/flask/compose.yaml",
	"jitsi__docker-jitsi-meet/docker-compose.yml",
	"mailcow__mailcow-dockerized/docker-compose.yml",
	"sanya-misharin__api-platform-symfony-modular-skeleton/compose.yaml",
}

// TestLintOne lints single files of a repository of 800, as editors and hooks do, and has
// docker compose check the same files. The median of the files counts.
func TestLintOne(t *testing.T) {
	needs(t)
	docker, plugin := docker(t), os.Getenv("PORTMOOR_COMPOSE")
	if plugin == "" {
		t.Skip("PORTMOOR_COMPOSE does not say where docker compose is")
	}
	config := t.TempDir()
	if err := os.Mkdir(filepath.Join(config, "cli-plugins"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(plugin, filepath.Join(config, "cli-plugins", "docker-compose")); err != nil {
		t.Fatal(err)
	}
	dir, env := corpustest.Dir(t), []string{"DOCKER_CONFIG=" + config}
	binary := portmoor(t)
	var each []float64
	for _, file := range single {
		all := inTurn(t, 11, command{args: []string{binary, "lint", "--fail-on", "error", file}, dir: dir, env: env},
			command{args: []string{docker, "compose", "-f", file, "config", "-q"}, dir: dir, env: env})
		t.Logf("%s: %.2f", file, ratio(all[0], all[1]))
		each = append(each, ratio(all[0], all[1]))
	}
	hold(t, row{"lint of one file of 800", "docker compose config -q", median(each), 0.3, ""})
}
