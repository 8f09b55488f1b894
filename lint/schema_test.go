package lint

import (
	"regexp"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
)

// TestSchema holds our verdict on small files against that of compose-go: each
// must be refused by both or by none. What is refused must be refused at the
// place that want names.
func TestSchema(t *testing.T) {
	for src, want := range map[string]string{
		"services: {web: {image: x, ports: [\"80:80\", \"80:80\"]}}":                               "",
		"services: {web: {image: x, labels: [a=b, a=b], cap_add: [a, a], dns: [a, a]}}":            "",
		"services: {web: {image: x, profiles: [a, a], environment: [A=b, A=b]}}":                   "",
		"services: {web: {image: x, networks: [a, a]}}":                                            "a, a",
		"services: {web: {image: x, security_opt: [a, a]}}":                                        "a, a",
		"services: {web: {image: x, build: {context: ., tags: [a, a]}}}":                           "",
		"services: {web: {image: x, port: [80]}}":                                                  "port",
		"services: {web: {image: x, ports: [\"${A:-70000}:80\"]}}":                                 "${A",
		"services: {web: {image: x, ports: [\"${A:-abc}:80\"]}}":                                   "${A",
		"services: {web: {image: x, ports: [\"${A:-8082-8080}:80\"]}}":                             "${A",
		"services: {web: {image: x, ports: [\"${A:-8080-8082}:80-81\"]}}":                          "${A",
		"services: {web: {image: x, ports: [\"abc:${C:-80}\"]}}":                                   "abc",
		"services: {web: {image: x, ports: [\"8080:80/${P:-icmp}\"]}}":                             "8080",
		"services: {web: {image: x, ports: [\"${IP:-localhost}:8080:80\"]}}":                       "${IP",
		"services: {web: {image: x, ports: [\"${A:-8080} :80\"]}}":                                 "${A",
		"services: {web: {image: x, ports: [\"8080:80 ${X:-}\"]}}":                                 "8080",
		"services: {web: {image: x, ports: [\"8080:${C:-0}\"]}}":                                   "8080",
		"services: {web: {image: x, ports: [\"${A}:80\", \"${IP}:1:2\", \"${ALL}\"]}}":             "",
		"services: {web: {image: x, ports: [{target: 80, host_ip: localhost}]}}":                   "target",
		"services: {web: {image: x, ports: [{target: 80, host_ip: \"[::1]\"}]}}":                   "target",
		"services: {web: {image: x, ports: [{target: 80, host_ip: \"::1\"}]}}":                     "",
		"services: {web: {image: x, ports: [{target: 91-92, published: \"8091\"}]}}":               "target",
		"services: {web: {image: x, ports: [!override \"8084:84\", ! \"8085:85\", !foo 8087:87]}}": "",
		"services: {web: {image: x, ports: [[8080, 80]]}}":                                         "[8080",
		"services: {h: []}": "h: ",
		"# empty":           "# empty",
		"services: {web: {image: x, extends: {file: [a], service: b}}}":                                   "file",
		"services: {über: {image: x}}":                                                                    "über",
		"services: {web: {image: 1}}":                                                                     "1",
		"services: {web: {image: x, restart: \"no\"}}":                                                    "",
		"services: {web: {image: x, restart: 1}}":                                                         "1",
		"services: {web: {image: x, restart: \"${R}\"}}":                                                  "",
		"services: {web: {image: x, privileged: \"true\"}}":                                               "",
		"services: {web: {image: x, privileged: maybe}}":                                                  "maybe",
		"services: {web: {image: x, scale: \"2\"}}":                                                       "",
		"services: {web: {image: x, scale: two}}":                                                         "two",
		"services: {web: {image: x, x-a: 1}}":                                                             "",
		"services: {web: {image: x, expose: [80, 80]}}":                                                   "",
		"services: {web: {image: x, ports: {a: b}}}":                                                      "a: b",
		"services: {web: {image: x, command: [a, 1]}}":                                                    "1",
		"services: {web: {image: x, depends_on: {a: {condition: started}}}}":                              "started",
		"services: {web: {image: x, depends_on: {a: {condition: service_started}}}}":                      "",
		"services: {web: {image: x, healthcheck: {interval: 1x}}}":                                        "1x",
		"services: {web: {image: x, healthcheck: {interval: 1m30s, retries: 3}}}":                         "",
		"services: {web: {image: x, environment: {A: 1, B: true, C: null, D: 1.5}}}":                      "",
		"services: {web: {image: x, environment: {A: [1]}}}":                                              "[1]",
		"services: {web: {image: x, mem_limit: 1q}}":                                                      "1q",
		"services: {web: {image: x, mem_limit: 512m, shm_size: -1, cpus: \"0.5\", tty: on, init: \"1\"}}": "\"1\"",
		"services: {web: {image: x, stop_grace_period: 1d}}":                                              "",
		"services: {web: {image: x, ulimits: {nofile: {soft: \"a\", hard: 1}}}}":                          "\"a\"",
		"services: {web: {image: x, ports: [{target: x}]}}":                                               "target",
		"services: {web: {image: x, healthcheck: {retries: \"3\", disable: \"no\"}}}":                     "",
		"services: {web: null}":                                                                           "null",
		"services: {\"a b\": {image: x}}":                                                                 "a b",
		"service: {web: {image: x}}":                                                                      "service",
		"services: {web: {image: x, volumes: [{type: bind, source: a, target: b, a: 1}]}}":                "a: 1",
		"services: {web: {image: x, volumes: [{type: bind, source: a, target: b}]}}":                      "",
		"services: {web: {image: x, deploy: {replicas: 2, resources: {limits: {cpus: \"1\"}}}}}":          "",
		"services: {web: {image: x, deploy: {replica: 2}}}":                                               "replica",
		"volumes: {a: {driver: local, extrnal: true}}":                                                    "extrnal",
		"volumes: {a: null}":                              "",
		"networks: {a: {external: true, name: b}}":        "",
		"{version: \"3.9\", services: {web: {image: x}}}": "",
		"{version: 3.9, services: {web: {image: x}}}":     "3.9",
		"name: web": "",
	} {
		projects := load(t, src)
		var ours []string
		for _, f := range Run(projects, Options{Only: []string{"invalid-compose", "invalid-port"}}) {
			ours = append(ours, string(f.File.Src[f.Span.Start:])+" \t"+f.Message)
		}
		var theirs error
		environments := projects[0].Environments()
		if !lacksDefault.MatchString(src) {
			environments = environments[:1] // a clean clone
		}
		for _, environ := range environments {
			_, theirs = canonical.Load(canonical.Input{
				Dir: "/project", Files: []string{"/project/compose.yaml"},
				Content: map[string][]byte{"/project/compose.yaml": []byte(src)}, Environ: environ,
			})
			if theirs == nil {
				break
			}
		}
		if len(ours) > 1 {
			t.Errorf("%s\nwe say one thing %d times: %q", src, len(ours), ours)
		}
		if (theirs != nil) != (len(ours) > 0) {
			t.Errorf("%s\nwe say: %q\ncompose-go says: %v", src, ours, theirs)
		}
		if (want != "") != (len(ours) > 0) || want != "" && !strings.Contains(ours[0], strings.SplitN(want, ":", 2)[0]) {
			t.Errorf("%s\nwant %q, got %q", src, want, ours)
		}
	}
}

// lacksDefault is a variable that may have any value.
var lacksDefault = regexp.MustCompile(`\$\{\w+\}`)

// load loads one file from memory as a project of its own.
func load(t *testing.T, src string) []*compose.Project {
	t.Helper()
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/project/compose.yaml", []byte(src))
	return l.Load([]compose.Group{{Dir: "/project", Files: []string{"/project/compose.yaml"}}})
}
