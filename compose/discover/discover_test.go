package discover_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/tree"
)

// write writes the files of an archive below a new folder.
func write(t testing.TB, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestDiscover groups the files of folders as docker compose and the house
// rules do.
func TestDiscover(t *testing.T) {
	const service = "services: {web: {image: x}}"
	for name, c := range map[string]struct {
		archive string
		options discover.Options
		want    string
	}{
		"the first of Compose's names and its override": {`
-- compose.yml --
` + service + `
-- docker-compose.yml --
` + service + `
-- docker-compose.override.yml --
services: {web: {ports: ["80"]}}`, discover.Options{}, `
compose.yml docker-compose.override.yml
docker-compose.yml
note: docker-compose.yml: docker compose uses compose.yml here; this file is treated as a project of its own`},
		"alternatives and overlays": {`
-- compose.yaml --
` + service + `
-- compose.prod.yaml --
` + service + `
-- compose.gpu.yaml --
services: {web: {ports: ["80"]}}
-- compose.volumes.yaml --
volumes: {a: {}}`, discover.Options{}, `
compose.prod.yaml
compose.yaml
compose.yaml compose.gpu.yaml overlay
passed: compose.volumes.yaml`},
		"a development container": {`
-- .git/HEAD --

-- compose.yaml --
` + service + `
-- .devcontainer/compose.yaml --
services: {web: {ports: ["80"]}, db: {image: x}}
-- .devcontainer/devcontainer.json --
// with a comment
{"dockerComposeFile": ["../compose.yaml", "compose.yaml",], /* and another */ }`, discover.Options{}, `
compose.yaml
compose.yaml .devcontainer/compose.yaml overlay`},
		"development containers that nobody can be sure of": {`
-- .git/HEAD --

-- compose.yaml --
` + service + `
-- a/compose.yaml --
` + service + `
-- a/devcontainer.json --
{"dockerComposeFile": ["../compose.yaml", "compose.yaml", "missing.yaml"]}
-- b/compose.yaml --
` + service + `
-- b/devcontainer.json --
{"dockerComposeFile": ["${localWorkspaceFolder}/compose.yaml", "compose.yaml"]}
-- c/compose.yaml --
` + service + `
-- c/devcontainer.json --
{"dockerComposeFile": "compose.yaml"}
-- d/compose.yaml --
` + service + `
-- d/devcontainer.json --
{"dockerComposeFile": ["../../outside.yaml", "compose.yaml"`, discover.Options{}, `
compose.yaml
a/compose.yaml
b/compose.yaml
c/compose.yaml
d/compose.yaml`},
		"an overlay in a folder below": {`
-- .git/HEAD --

-- compose.yaml --
` + service + `
-- a/b/compose.dev.yaml --
services: {web: {ports: ["80"]}}
-- a/compose.other.yaml --
services: {web: {ports: ["80"]}, db: {ports: ["81"]}}
-- a/compose.extends.yaml --
services: {web: {ports: ["80"]}, db: {extends: {file: x.yaml, service: db}}}
-- a/compose.own.yaml --
` + service, discover.Options{}, `
compose.yaml
compose.yaml a/b/compose.dev.yaml overlay
a/compose.extends.yaml
a/compose.other.yaml
a/compose.own.yaml`},
		"an overlay of another file": {`
-- compose.yaml --
services: {web: {extends: {file: compose.base.yaml, service: web}, ports: ["80:80"]}}
-- compose.base.yaml --
services: {web: {image: x}}
-- compose.podman.yaml --
# to be used after ./compose.base.yaml
services: {web: {network_mode: host}}
-- compose.gpu.yaml --
services: {web: {labels: ["compose.base.yaml"]}} # not "compose.base.yaml", but compose.yaml
-- compose.other.yaml --
# like compose.podman.yaml, old/compose.base.yaml and compose.gone.yaml
services: {web: {network_mode: host}}
-- compose.never.yaml --
# do not use with compose.base.yaml
# Can't be laid over compose.base.yaml
services: {web: {network_mode: host}}
-- compose.text.yaml --
services: {web: {labels: ["# compose.base.yaml"]}}
-- only/compose.prod.yaml --
# -f compose.common.yaml -f compose.prod.yaml
services: {web: {ports: ["80"]}}
-- only/compose.common.yaml --
services: {web: {image: x}}
`, discover.Options{}, `
compose.base.yaml
compose.base.yaml compose.podman.yaml overlay
compose.yaml
compose.yaml compose.gpu.yaml overlay
compose.yaml compose.never.yaml overlay
compose.yaml compose.other.yaml overlay
compose.yaml compose.text.yaml overlay
only/compose.common.yaml
only/compose.common.yaml only/compose.prod.yaml overlay`},
		"what comments say of a base": {`
-- compose.yaml --
` + service + `
-- other.yml.compose.yaml --
` + service + `
-- compose.a-see.yaml --
# see compose.base.yaml, or compare it with compose.base.yaml. Starts after compose.base.yaml
services: {web: {ports: ["80"]}}
-- compose.b-lines.yaml --
#   docker compose \
#     -f compose.base.yaml \
#     --file="compose.x.yaml" -f compose.b-lines.yaml \
#     up
services: {web: {ports: ["80"]}}
-- compose.c-behind.yaml --
# docker compose -f compose.c-behind.yaml -f compose.base.yaml up
# docker compose -f compose.base.yaml up && docker compose -f compose.c-behind.yaml up
services: {web: {ports: ["80"]}}
-- compose.d-words.yaml --
# MUST be used alongside "compose.base.yaml" in all commands, not alone
services: {web: {ports: ["80"]}}
-- compose.e-wrapped.yaml --
# This is an overlay for
# the base file ` + "`./compose.base.yaml`" + `.
services: {web: {ports: ["80"]}}
-- compose.f-never.yaml --
# Never run docker compose -f compose.base.yaml -f compose.f-never.yaml
# This does not extend
# compose.base.yaml
services: {web: {ports: ["80"]}}
-- compose.g-first.yaml --
# docker compose -f compose.yaml -f compose.g-first.yaml up
# extends compose.base.yaml
services: {web: {ports: ["80"]}}
-- compose.h-root.yaml --
# If you do not have one: docker compose -f sub/compose.base.yaml -f sub/compose.h-root.yaml
# COMPOSE_FILE=compose.base.yaml:compose.h-root.yaml
services: {web: {ports: ["80"]}}
-- compose.base.yaml --
services: {web: {image: x}}
`, discover.Options{}, `
compose.base.yaml
compose.base.yaml compose.b-lines.yaml overlay
compose.base.yaml compose.d-words.yaml overlay
compose.base.yaml compose.e-wrapped.yaml overlay
compose.base.yaml compose.h-root.yaml overlay
compose.yaml
compose.yaml compose.a-see.yaml overlay
compose.yaml compose.c-behind.yaml overlay
compose.yaml compose.f-never.yaml overlay
compose.yaml compose.g-first.yaml overlay
other.yml.compose.yaml`},
		"what Git ignores": {`
-- .git/HEAD --

-- .gitignore --
/old/
compose.override.yaml
-- compose.yaml --
` + service + `
-- compose.override.yaml --
services: {web: {ports: ["80"]}}
-- old/compose.yaml --
` + service + `
-- node_modules/a/compose.yaml --
` + service + `
-- vendor/compose.yaml --
` + service, discover.Options{}, `
compose.yaml compose.override.yaml`},
		"COMPOSE_FILE": {`
-- .env --
COMPOSE_FILE=b.yaml:sub/a.yaml
-- compose.yaml --
` + service + `
-- b.yaml --
` + service + `
-- sub/a.yaml --
services: {web: {ports: ["80"]}}`, discover.Options{}, `
b.yaml sub/a.yaml
compose.yaml
note: compose.yaml: docker compose uses b.yaml here; this file is treated as a project of its own`},
		"an override that a configured project leaves out": {`
-- compose.yaml --
` + service + `
-- compose.prod.yaml --
services: {web: {ports: ["80"]}}
-- compose.override.yaml --
services: {web: {ports: ["81"]}}`, discover.Options{Projects: []compose.Group{{Files: []string{"compose.yaml", "compose.prod.yaml"}}}}, `
compose.yaml compose.override.yaml overlay
compose.yaml compose.prod.yaml`},
		"a template in the place of what Compose looks for": {`
-- compose.yaml --
{% if x %}
-- docker-compose.yml --
` + service + `
-- compose.override.yaml --
@@ -1 +1 @@
-a
+b
-- compose-test.yml --
web: {image: x}`, discover.Options{}, `
compose-test.yml
docker-compose.yml
passed: compose.override.yaml
passed: compose.yaml`},
		"by name and configuration alone": {`
-- stack.yaml --
` + service + `
-- other.yaml --
` + service + `
-- values.yaml --
services: {web: 3}
-- skip/compose.yaml --
` + service, discover.Options{Named: true, Files: []string{"stack.yaml"}, Options: tree.Options{Ignore: []string{"skip/"}}}, `
stack.yaml
unrecognized: other.yaml`},
		"by content: alternatives, not what is ignored or a part of something": {`
-- docker-compose.yml --
` + service + `
-- kafka-single.yml --
services:
  kafka: {image: x}
-- kafka-full.yml --
services:
  kafka: {image: x}
-- laid-over.yml --
services:
  web: {ports: ["80"]}
-- values.yaml --
services: {web: 3}
-- settled.yml --
` + service + `
-- skip/stack.yml --
` + service + `
-- hidden/.gitignore --
stack.yml
-- hidden/stack.yml --
` + service, discover.Options{Projects: []compose.Group{{Files: []string{"settled.yml"}}}, Options: tree.Options{Ignore: []string{"skip/"}}}, `
docker-compose.yml
kafka-full.yml by content
kafka-single.yml by content
settled.yml`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, c.archive)
			c.options.Base = dir
			for i, p := range c.options.Projects {
				for j, f := range p.Files {
					c.options.Projects[i].Files[j] = filepath.Join(dir, f)
				}
				c.options.Projects[i].Dir = dir
			}
			found, err := discover.Find(compose.NewLoader(compose.LoadOptions{}), []string{dir}, c.options)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, g := range found.Groups {
				line := strings.Join(g.Files, " ")
				if g.Overlay {
					line += " overlay"
				}
				if g.ByContent {
					line += " by content"
				}
				got = append(got, line)
			}
			for _, n := range found.Notes {
				got = append(got, "note: "+n)
			}
			for _, p := range found.Passed {
				got = append(got, "passed: "+p.Path)
			}
			if len(found.Unrecognized) > 0 {
				got = append(got, "unrecognized: "+strings.Join(found.Unrecognized, " "))
			}
			text := strings.ReplaceAll(strings.Join(got, "\n"), dir+string(filepath.Separator), "")
			if diff := cmp.Diff(strings.TrimSpace(c.want), text); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
