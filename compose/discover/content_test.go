package discover

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/source"
)

// TestByContent: what Compose starts by itself is a compose file under any name. What other
// tools call services is none, and neither is what is laid over the services of another
// file: a file that is taken in error may be rewritten.
func TestByContent(t *testing.T) {
	for name, c := range map[string]struct {
		src  string
		want bool
	}{
		"a service":             {"services:\n  web:\n    image: x\n", true},
		"a build":               {"services:\n  web: {build: .}\n", true},
		"a build in full":       {"services:\n  web: {build: {context: .}}\n", true},
		"an extended service":   {"services:\n  web: {extends: {file: base.yml, service: web}}\n", true},
		"a provider":            {"services:\n  db: {provider: {type: x}}\n", true},
		"version and volumes":   {"version: '3'\nservices:\n  web: {image: x, ports: ['80:80']}\nvolumes: {a: {}}\nnetworks: {b: {}}\n", true},
		"extensions":            {"x-log: &l {driver: json-file}\nservices:\n  web: {image: x, logging: *l, x-a: 1}\n", true},
		"a merge":               {"x-a: &a {image: x}\nservices:\n  web: {<<: *a, ports: ['80:80']}\n", true},
		"quoted":                {"\"services\":\n  web: {image: x}\n", true},
		"a byte order mark":     {"\ufeffservices:\n  web: {image: x}\n", true},
		"CRLF":                  {"services:\r\n  web:\r\n    image: x\r\n", true},
		"two documents":         {"services:\n  web: {image: x}\n---\nservices:\n  db: {image: y}\n", true},
		"an empty document":     {"---\nservices:\n  web: {image: x}\n---\n", true},
		"a stack":               {"version: '3.8'\nservices:\n  web: {image: x, deploy: {replicas: 2}}\nnetworks: {front: {driver: overlay}}\n", true},
		"an image of variables": {"services:\n  web: {image: '${IMAGE:-x}:${TAG}'}\n", true},

		"laid over":             {"services:\n  web: {ports: ['80:80']}\n", false},
		"partly laid over":      {"services:\n  web: {ports: ['80:80']}\n  db: {image: x}\n", false},
		"no service":            {"services: {}\n", false},
		"nothing":               {"services:\n", false},
		"services that are not": {"services:\n  web: 3\n", false},
		"no image":              {"services:\n  web: {image: }\n  db: {}\n", false},
		"not YAML":              {"services:\n\tweb: {image: x}\n", false},
		"a template":            {"services:\n  web: {image: {{ .Values.image }}}\n", false},
		"a name that is filled": {"services:\n  ${NAME}: {image: x}\n", false},
		"inside another key":    {"stack:\n  services:\n    web: {image: x}\n", false},

		"a Kubernetes Service":     {"apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n", false},
		"a custom resource":        {"apiVersion: x/v1\nkind: Stack\nservices:\n  web: {image: x}\n", false},
		"several manifests":        {"apiVersion: v1\nkind: Pod\n---\nservices:\n  web: {image: x}\n", false},
		"a GitHub workflow":        {"name: ci\non: push\njobs:\n  test:\n    runs-on: x\n    services:\n      db: {image: postgres, ports: ['5432:5432']}\n", false},
		"GitLab CI":                {"image: x\nservices:\n  - postgres:16\ntest: {script: [make]}\n", false},
		"GitLab CI with names":     {"services:\n  - name: postgres\n    alias: db\n", false},
		"Drone 1":                  {"kind: pipeline\nsteps: [{name: a, image: b}]\nservices:\n  - {name: db, image: postgres}\n", false},
		"Drone 0.8":                {"pipeline:\n  test: {image: x}\nservices:\n  db: {image: postgres}\n", false},
		"Woodpecker":               {"steps:\n  test: {image: x}\nservices:\n  db: {image: postgres, ports: [5432]}\n", false},
		"Travis":                   {"language: go\nservices:\n  - docker\n", false},
		"Travis, one":              {"services: docker\n", false},
		"Bitbucket":                {"definitions:\n  services:\n    db: {image: postgres}\npipelines: {default: []}\n", false},
		"Codecov":                  {"coverage: {status: {project: {default: {target: 80%}}}}\n", false},
		"AppVeyor":                 {"services: [postgresql]\nbuild: off\n", false},
		"Symfony":                  {"parameters:\nservices:\n  _defaults: {autowire: true}\n  App\\:\n    resource: ../src/\n", false},
		"Symfony, services alone":  {"services:\n  _defaults: {autowire: true}\n  app.mailer: {class: App\\Mailer, arguments: ['@x']}\n", false},
		"Symfony, with an image":   {"services:\n  app.mailer: {class: App\\Mailer, image: x}\n", false},
		"Drupal":                   {"services:\n  cache.backend: {class: X, tags: [{name: cache}]}\n", false},
		"OpenAPI":                  {"openapi: 3.1.0\ninfo: {title: x}\npaths: {}\n", false},
		"Helm's values":            {"services:\n  web: {image: {repository: x, tag: y}, port: 80}\n", false},
		"Helm's values, short":     {"services:\n  web: {image: x, replicaCount: 2}\n", false},
		"an Ansible playbook":      {"- hosts: all\n  tasks:\n    - docker_compose: {definition: {services: {web: {image: x}}}}\n", false},
		"Ansible's variables":      {"services:\n  - {name: web, image: x}\n", false},
		"Home Assistant":           {"set_speed:\n  fields: {speed: {example: 1}}\n", false},
		"mkdocs":                   {"site_name: x\nnav: [a.md]\n", false},
		"Render":                   {"services:\n  - {type: web, name: a, image: {url: b}}\n", false},
		"Azure Developer CLI":      {"name: x\nservices:\n  web: {project: ., language: js, host: containerapp}\n", false},
		"the same, with an image":  {"services:\n  web: {image: x, host: containerapp}\n", false},
		"Convox":                   {"services:\n  web: {build: ., port: 3000}\n", false},
		"Lando":                    {"name: x\nservices:\n  db: {type: mysql}\n", false},
		"Pebble":                   {"summary: x\nservices:\n  web: {override: replace, command: y, startup: enabled}\n", false},
		"Kong":                     {"_format_version: '3.0'\nservices:\n  - {name: a, url: 'http://b'}\n", false},
		"Traefik":                  {"http:\n  services:\n    a: {loadBalancer: {servers: []}}\n", false},
		"a bundle of Juju":         {"series: jammy\nservices:\n  web: {charm: x}\n", false},
		"settings of an app":       {"services:\n  search: {url: 'http://x', timeout: 3}\n", false},
		"settings with an image":   {"services:\n  search: {image: x, url: 'http://x'}\n", false},
		"settings beside services": {"logging: {level: info}\nservices:\n  web: {image: x}\n", false},
	} {
		if got := servicesLine().MatchString(c.src) && byContent(source.Parse("/x.yml", []byte(c.src))); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestByContentOnCorpus: real compose files are taken, but for those of which a service
// does not say what it runs and those that are not in order.
func TestByContentOnCorpus(t *testing.T) {
	taken := 0
	err := filepath.WalkDir(corpustest.Dir(t), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !yamlName().MatchString(path) {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f := source.Parse(path, src)
		bare, services := bareServices(f)
		switch is := servicesLine().Match(src) && byContent(f); {
		case is && len(bare) > 0:
			t.Errorf("%s is taken without the services that it needs", path)
		case is:
			taken++
		case services && len(bare) == 0 && len(f.Problems) == 0:
			t.Errorf("%s is not taken", path)
		}
		return nil
	})
	if err != nil || taken < 650 {
		t.Errorf("only %d files of the corpus are taken: %v", taken, err)
	}
}
