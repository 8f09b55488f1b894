package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/config/derive"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

const everything = `# All keys.
strategy: hybrid
range: 10000-11000
reserved: [9100-9199, 7000]
groups: {data: {range: 3000-3999, services: [postgres*]}}
defaults:
  stacks/app:
    "web:80": "${WEB_PORT:-8080}"
    db:5432: 5432
    "api:3000-3005/tcp@127.0.0.1#2": 3000-3005
projects:
- {name: app, files: [compose.yaml, extra.yaml], env_files: [app.env], profiles: [dev], deploy: compose}
deploy: stack
alternatives: [[cpu, gpu], [a, b, c]]
baseline: known.json
env_files: [a.env]
isolate: true
env: {API_URL: "http://{api:8000}"}
ports_file: state/ports.json
ports_env_file: .env.ports
files: ["*.stack.yml"]
docs: [docs/ports.md]
external_ports: [65421, 9000-9010]
ephemeral: 49152-65535
rules:
  hardcoded-host-port: error
  unquoted-port: {severity: info, all: true}
  unbound-interface: off
ignore: [vendor/]
reconcile:
  keep: [hailo-ocr]
  priority: [web]
  frozen: [old]
  ranges: {web: 5000-5999}
  health: {web: /healthz}
sources: [{path: "services/*/config.yaml", key: server.port}]
references: {ignore: [CHANGELOG.md]}
registry: {backend: nats, url: "nats://a:4222,nats://b:4222", bucket: services, listen: "127.0.0.1:8100"}
`

func everyConfig() Config {
	return Config{
		Path:     "/repo/.portmoor.yaml",
		Src:      []byte(everything),
		Strategy: "hybrid",
		Isolate:  true,
		Range:    ports.Range{First: 10000, Last: 11000},
		Reserved: []ports.Range{{First: 9100, Last: 9199}, {First: 7000, Last: 7000}},
		Groups:   map[string]Group{"data": {Range: ports.Range{First: 3000, Last: 3999}, Services: []string{"postgres*"}}},
		Defaults: map[string]map[string]string{"stacks/app": {
			"web:80":                        "${WEB_PORT:-8080}",
			"db:5432":                       "5432",
			"api:3000-3005/tcp@127.0.0.1#2": "3000-3005",
		}},
		Projects: []Project{{
			Name: "app", Files: []string{"compose.yaml", "extra.yaml"},
			EnvFiles: []string{"app.env"}, Profiles: []string{"dev"}, Deploy: "compose",
		}},
		Deploy:        "stack",
		Alternatives:  [][]string{{"cpu", "gpu"}, {"a", "b", "c"}},
		EnvFiles:      []string{"a.env"},
		Env:           map[string]string{"API_URL": "http://{api:8000}"},
		PortsFile:     "state/ports.json",
		PortsEnvFile:  ".env.ports",
		Files:         []string{"*.stack.yml"},
		Docs:          []string{"docs/ports.md"},
		ExternalPorts: []ports.Range{{First: 65421, Last: 65421}, {First: 9000, Last: 9010}},
		Ephemeral:     ports.Range{First: 49152, Last: 65535},
		Baseline:      "known.json",
		Rules: map[string]Rule{
			"hardcoded-host-port": {Severity: "error"},
			"unquoted-port":       {Severity: "info", Options: map[string]string{"all": "true"}},
			"unbound-interface":   {Severity: "off"},
		},
		Ignore: []string{"vendor/"},
		Reconcile: Reconcile{
			Keep: []string{"hailo-ocr"}, Priority: []string{"web"}, Frozen: []string{"old"},
			Ranges: map[string]ports.Range{"web": {First: 5000, Last: 5999}}, Health: map[string]string{"web": "/healthz"},
		},
		Sources:    []Source{{Path: "services/*/config.yaml", Key: "server.port"}},
		References: References{Ignore: []string{"CHANGELOG.md"}},
		Registry:   Registry{Backend: "nats", URL: "nats://a:4222,nats://b:4222", Bucket: "services", Listen: "127.0.0.1:8100"},
	}
}

func TestParseEverything(t *testing.T) {
	want := everyConfig()
	// A key that is added without being tried here leaves its field zero.
	for v, i := reflect.ValueOf(want), 0; i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("%s is not tried", v.Type().Field(i).Name)
		}
	}
	for name, src := range variants(everything) {
		got, err := Parse(want.Path, []byte(src))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want.Src = []byte(src)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParseNothing(t *testing.T) {
	for _, src := range []string{
		"", "\n", "# only\n# comments", "---\n", "--- # x\n...\n", "\uFEFF", "{}", "{}\n",
		"groups:\nrules: {}\nreserved: []\nreconcile:\nprojects:\n# - x\ndefaults: {app: , lib: {}}\n", "rules: {x: {}}",
	} {
		got, err := Parse("", []byte(src))
		if err != nil {
			t.Errorf("%q: %v", src, err)
		}
		if diff := cmp.Diff(Config{Src: []byte(src)}, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", src, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	known := "choose one of strategy, range, reserved, groups, defaults, projects, deploy, alternatives, env_files, isolate, env, ports_file, ports_env_file, files, " +
		"docs, baseline, external_ports, ephemeral, rules, ignore, reconcile, sources, references, registry"
	for _, test := range []struct{ src, want, hint string }{
		{"stratgy: auto", `1:1: unknown key "stratgy"`, `did you mean strategy?`},
		{"env-files: []", `1:1: unknown key "env-files"`, `did you mean env_files?`},
		{"colour: red", `1:1: unknown key "colour"`, known},
		{strings.Repeat("x", 100) + ": 1", `1:1: unknown key "` + strings.Repeat("x", 60) + `"`, known},
		{"reconcile:\n    prioritise: [web]", `2:5: unknown key "prioritise"`, `did you mean priority?`},
		{"a: 1\nb: 2", `1:1: unknown key "a"|2:1: unknown key "b"`, known + "|" + known},
		{"ä: 1", `1:1: unknown key "ä"`, known},
		{`{"ü": {}, range: x}`, `1:2: unknown key "ü"|1:18: want a port or a range such as 3000-3999, not "x"`, known + "|"},
		{"docs: [a]\ndocs: [b]", `2:1: key "docs" is already set on line 1`, "remove one of the two"},
		{"defaults:\n  app: {'w:1': 1, \"w:1\": 2}", `2:19: key "w:1" is already set on line 2`, "remove one of the two"},
		{"[a]", `1:1: want a mapping, not a list`, ""},
		{"auto", `1:1: want a mapping, not a single value`, ""},
		{"null", `1:1: want a mapping, not a single value`, ""},
		{"a: 1\n---\nb: 2", `2:1: only one document is allowed`, ""},
		{"isolate: \"true\"", `1:10: want true or false, not "true"`, `did you mean true?`},
		{"strategy: hybird", `1:11: want hybrid, dynamic or auto, not "hybird"`, `did you mean hybrid?`},
		{"strategy: [auto]", `1:11: want a single value, not a list`, ""},
		{"strategy:", `1:10: a value is missing`, ""},
		{"strategy: ~", `1:11: a value is missing`, ""},
		{"ports_file: ''", `1:13: a value is missing`, ""},
		{`ports_file: "a\nb"`, `1:13: control characters and line breaks are not allowed`, ""},
		{"docs: README.md", `1:7: want a list, not a single value`, "write [README.md]"},
		{"files: by-names", `1:8: want by-name or a list, not "by-names"`, "did you mean by-name?"},
		{"files: a.yml", `1:8: want by-name or a list, not "a.yml"`, "write [a.yml]"},
		{"files: {}", `1:8: want a list, not a mapping`, ""},
		{"docs: {}", `1:7: want a list, not a mapping`, ""},
		{"rules: [x]", `1:8: want a mapping, not a list`, ""},
		{"rules: {x: fatal}", `1:12: want error, warning, info or off, not "fatal"`, "choose one of error, warning, info, off"},
		{"rules: {x: {severity: warn}}", `1:23: want error, warning, info or off, not "warn"`, "choose one of error, warning, info, off"},
		{"rules: {x: {all: [1]}}", `1:18: want a single value, not a list`, ""},
		{"rules: {x: [off]}", `1:12: want a mapping, not a list`, ""},
		{"range: 0-10", `1:8: port 0 is not in 1-65535`, ""},
		{"range: 1-65536", `1:8: port 65536 is not in 1-65535`, ""},
		{"range: 20-10", `1:8: range 20-10 ends before it begins`, ""},
		{"range: -10", `1:8: want a port or a range such as 3000-3999, not "-10"`, ""},
		{"range: 99999999999999999999", `1:8: port 99999999999999999999 is not in 1-65535`, ""},
		{"reserved: [1, 2-, 0x10]", `1:15: want a port or a range such as 3000-3999, not "2-"|1:19: want a port or a range such as 3000-3999, not "0x10"`, "|"},
		{"groups: {a: {range: 1-9}}", `1:13: missing key "services"`, ""},
		{"groups: {a: {services: [x], range: }}", `1:13: missing key "range"`, ""},
		{"groups:\n  a: {range: 5-9, services: [x]}\n  b: {range: 1-5, services: [y]}", `3:14: group "b" overlaps group "a", 5-9`, ""},
		{
			"groups:\n  a: {range: 3-4, services: [x]}\n  b: {range: 6-7, services: [x]}\n  c: {range: 1-9, services: [x]}",
			`4:14: group "c" overlaps group "a", 3-4|4:14: group "c" overlaps group "b", 6-7`, "|",
		},
		{"groups: {a: {range: 1-9, services: ['[']}}", `1:37: the pattern has a bracket that is not closed`, ""},
		{"alternatives: [[cpu]]", `1:16: one profile has no alternative`, "write two profiles or more, such as [cpu, gpu]"},
		{"alternatives: [[cpu, gpu, cpu]]", `1:27: profile "cpu" is in the list already`, ""},
		{"alternatives: [cpu, gpu]", `1:15: want a list of lists, not of single values`, "write [[cpu, gpu]]"},
		{"projects: [{name: x}]", `1:12: missing key "files"`, ""},
		{"projects: [{files: []}]", `1:12: missing key "files"`, ""},
		{"projects: [x]", `1:12: want a mapping, not a single value`, ""},
		{"sources: [{key: a.b}, ]", `1:11: missing key "path"`, ""},
		{"defaults: {app: {web: 80}}", `1:18: want service:port, not "web"`, ""},
		{"defaults: {app: {'web:80': eighty}}", `1:28: want a host port such as 8080 or ${WEB_PORT:-8080}, not "eighty"`, ""},
		{"defaults: {app: 80}", `1:17: want a mapping, not a single value`, ""},
		{"defaults: {app: {'': 1}}", `1:18: a value is missing`, ""},
		{"defaults: {[a]: {}}", `1:12: key is not a scalar`, "quote it; if this is a template, render it first"},
		{"reconcile: {health: {web: healthz}}", `1:27: want a path such as /health, or off, not "healthz"`, ""},
		{"registry: {listen: 8100}", `1:20: want host:port such as 127.0.0.1:8100, not "8100"`, ""},
		{"registry: {url: 'nats://me:secret@hub'}", `1:17: a password does not belong here: name a registry that has one with PORTMOOR_REGISTRY, a NATS server with NATS_URL`, ""},
		{"registry: {url: hub}", `1:17: want a URL such as http://127.0.0.1:8100`, ""},
		{"registry: {bucket: a.b}", `1:20: want letters, digits, - and _`, ""},
		{"registry: {listen: 'a:70000'}", `1:20: want host:port such as 127.0.0.1:8100, not "a:70000"`, ""},
		{"env: {A: '{api}', B: 'x'}", `1:10: want {service:port}, such as {web:80}, not {api}|1:22: the value has no port in it`, "write {{ for a brace|write {service:port}, such as {web:80} where its host and port belong"},
		{"env: {A: {api:80}}", `1:10: want a single value, not a mapping`, "write the value in quotes"},
		{"env: {1A: '{api:80}', NODE_OPTIONS: '{api:80}'}", `1:7: want the name of a variable such as API_URL, not "1A"|1:23: NODE_OPTIONS says what programs run or load, and is not set`, "|"},
		{"docs: &a [x]\nfiles: *a", `1:7: anchors are not supported|2:8: aliases are not supported`, "|write the value out"},
		{"docs: &a [*a]", `1:11: alias *a is inside the anchor that it names`, "remove the alias"},
		{"strategy: !!str auto", `1:11: tags are not supported`, ""},
		{"defaults:\n  <<: {x: {}}", `2:3: merge keys are not supported`, ""},
		{"ports_file: |-\n  x", `1:13: block texts are not supported`, "write the value in quotes"},
		{"docs: [a", `1:9: not valid YAML: did not find expected ',' or ']'`, ""},
		{"docs: *x", `1:7: not valid YAML: unknown anchor 'x' referenced`, ""},
		{"docs: [ü\xff]", `1:9: not valid UTF-8`, "save it as UTF-8"},
		{"docs:\r\n- \uFFFD\x01", `2:4: control character U+0001`, "remove it"},
		{"#" + strings.Repeat(" ", maxSize), `larger than 1048576 bytes`, ""},
	} {
		var want []string
		for line := range strings.SplitSeq(test.want, "|") {
			want = append(want, strings.TrimSuffix("f.yaml:"+line, " "))
		}
		if !strings.HasPrefix(test.want, "larger") {
			got, err := Parse("f.yaml", []byte("\uFEFF"+test.src))
			compareErrors(t, test.src, want, test.hint, got, err)
		} else {
			want[0] = "f.yaml: " + test.want
		}
		got, err := Parse("f.yaml", []byte(test.src))
		compareErrors(t, test.src, want, test.hint, got, err)
	}
}

func compareErrors(t *testing.T, src string, want []string, hint string, got Config, err error) {
	t.Helper()
	src = fmt.Sprintf("%.80q", src)
	if !reflect.DeepEqual(got, Config{}) {
		t.Errorf("%s: the config is not zero", src)
	}
	var messages, hints []string
	for _, e := range all(t, err) {
		messages, hints = append(messages, e.Error()), append(hints, e.Hint)
	}
	if diff := cmp.Diff(want, messages); diff != "" {
		t.Errorf("%s (-want +got):\n%s", src, diff)
	}
	if diff := cmp.Diff(hint, strings.Join(hints, "|")); diff != "" {
		t.Errorf("%s: hints (-want +got):\n%s", src, diff)
	}
}

// all are the errors that err joins.
func all(t *testing.T, err error) []say.Problem {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err)
	if !ok {
		t.Fatalf("%T is not a joined error: %v", err, err)
	}
	var all []say.Problem
	for _, err := range joined.Unwrap() {
		e, ok := errors.AsType[say.Problem](err)
		if !ok {
			t.Fatalf("%T is no problem: %v", err, err)
		}
		all = append(all, e)
	}
	return all
}

func TestCheckRules(t *testing.T) {
	known := map[string][]string{"invalid-port": nil, "unquoted-port": {"all"}}
	for _, test := range []struct{ src, want, hint string }{
		{"", "", ""},
		{"rules: {invalid-port: off, unquoted-port: {severity: off, all: true}}", "", ""},
		{"rules:\n  unqoted-port: off", `f:2:3: unknown rule "unqoted-port"`, `did you mean unquoted-port?`},
		{"rules: {zzz: {a: b}}", `f:1:9: unknown rule "zzz"`, "choose one of invalid-port, unquoted-port"},
		{"rules: {unquoted-port: {al: true}}", `f:1:25: unknown option "al" of unquoted-port`, `did you mean all?`},
		{"rules: {invalid-port: {all: true}}", `f:1:24: unknown option "all" of invalid-port`, "choose one of severity"},
	} {
		c, err := Parse("f", []byte(test.src))
		if err != nil {
			t.Fatal(err)
		}
		var got, hint string
		for _, e := range all(t, c.CheckRules(known)) {
			got, hint = got+e.Error(), hint+e.Hint
		}
		if diff := cmp.Diff([]string{test.want, test.hint}, []string{got, hint}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.src, diff)
		}
	}
}

// TestTags walks the table of keys: each has a name of its own and a
// description, and what its tags refer to exists.
func TestTags(t *testing.T) {
	count := 0
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Map || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		seen := map[string]bool{}
		for _, f := range fields(typ) {
			count++
			goField := typ.Field(f.index)
			if seen[f.name] || goField.Tag.Get("doc") == "" {
				t.Errorf("%s.%s: key %q is there twice or has no doc", typ.Name(), goField.Name, f.name)
			}
			seen[f.name] = true
			for _, check := range []string{f.check, f.keys} {
				if check != "" && checks[check] == nil {
					t.Errorf("%s.%s: no check %q", typ.Name(), goField.Name, check)
				}
			}
			_, option, _ := strings.Cut(goField.Tag.Get("config"), ",")
			if !slices.Contains([]string{"", "required", "short", "rest"}, option) {
				t.Errorf("%s.%s: unknown option %q", typ.Name(), goField.Name, option)
			}
			walk(goField.Type)
		}
	}
	walk(reflect.TypeFor[Config]())
	if count < 30 {
		t.Errorf("only %d keys seen", count)
	}
}

// variants are src with the ends of its lines, its start and its end in other
// forms; none means anything else to YAML.
func variants(src string) map[string]string {
	return map[string]string{
		"as is":            src,
		"CRLF":             strings.ReplaceAll(src, "\n", "\r\n"),
		"CR":               strings.ReplaceAll(src, "\n", "\r"),
		"BOM":              "\uFEFF" + src,
		"BOM and CRLF":     "\uFEFF" + strings.ReplaceAll(src, "\n", "\r\n"),
		"no final newline": strings.TrimRight(src, "\n"),
		"trailing tabs":    strings.ReplaceAll(src, "\n", "\t\n"),
		"comments":         strings.ReplaceAll(src, "\n", "  # é: 🐳\n"),
		"blank lines":      strings.ReplaceAll(src, "\n", "\n\n# {'\"\n"),
	}
}

// TestCheckEnv: what env says has to be of one project of the workspace, and of no
// variable that holds a host port already.
func TestCheckEnv(t *testing.T) {
	tcp := func(service string, port int) derive.Published {
		return derive.Published{Service: service, Container: ports.One(port), Protocol: "tcp"}
	}
	projects := [][]derive.Published{{tcp("api", 8000), tcp("web", 80)}, {tcp("db", 5432)}}
	for src, want := range map[string]string{
		`env: {A: "{api:8000}", B: "{db:5432}"}`: "",
		`env: {A: "{apii:8000}"}`:                `f.yaml:1:10: no service that publishes a port is called "apii", as {apii:8000} has it (did you mean api?)`,
		"env:\n  A: \"{api:800}\"":               `f.yaml:2:6: service api does not publish its port 800/tcp, as {api:800} has it (did you mean 8000/tcp?)`,
		`env: {A: "{api:8000} {db:5432}"}`:       `f.yaml:1:10: no one project publishes all of its ports (write a value for each)`,
		`env: {WEB_HOST_PORT: "{web:80}"}`:       `f.yaml:1:7: WEB_HOST_PORT is the variable of a host port (choose another name)`,
	} {
		c, err := Parse("f.yaml", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, e := range say.Each(c.CheckEnv(projects, func(name string) bool { return name == "WEB_HOST_PORT" })) {
			got += fmt.Sprintf("%s (%s)", e, say.Of(e).Hint)
		}
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", src, got, want)
		}
	}
}

// TestSettings: no variable by which a repository could choose what programs run.
func TestSettings(t *testing.T) {
	for _, name := range []string{"PATH", "Path", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "GIT_SSH_COMMAND", "NODE_OPTIONS", "NODE_PATH", "PYTHONPATH", "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "MAVEN_OPTS", "BASH_ENV", "ENV", "IFS", "EDITOR", "GIT_EDITOR", "LESSOPEN_PAGER", "COMPOSE_FILE", "DOCKER_HOST", "PORTMOOR_LEDGER", "GOFLAGS", "A-B", ""} {
		if checkSetting(name) == nil {
			t.Errorf("%s may be set", name)
		}
	}
	for _, name := range []string{"API_URL", "DATABASE_URL", "web_url", "_X1", "NPM_CONFIG_REGISTRY", "GOPROXY", "ADOPT", "OPTS_URL", "VITE_API"} {
		if err := checkSetting(name); err != nil {
			t.Error(err)
		}
	}
}
