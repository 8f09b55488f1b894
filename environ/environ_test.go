package environ

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/config/derive"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/ports"
)

// of are the variables of a project of some services, of which some containers are up:
// SERVICE#REPLICA HOST>CONTAINER[/PROTOCOL]….
func of(t *testing.T, services string, values map[string]string, up ...string) (lines []string) {
	t.Helper()
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/app/compose.yaml", []byte("services: {"+services+"}"))
	p := l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})[0]
	var containers []docker.Container
	for _, line := range up {
		words := strings.Fields(line)
		c := docker.Container{ID: words[0], State: "running"}
		if _, err := fmt.Sscanf(strings.ReplaceAll(words[0], "#", " "), "%s %d", &c.Service, &c.Number); err != nil {
			t.Fatal(err)
		}
		for _, port := range words[1:] {
			b := docker.Binding{HostIP: "0.0.0.0", Protocol: "tcp"}
			port, protocol, given := strings.Cut(port, "/")
			if given {
				b.Protocol = protocol
			}
			if at := strings.LastIndex(port, "@"); at >= 0 {
				b.HostIP, port = port[:at], port[at+1:]
			}
			if _, err := fmt.Sscanf(port, "%d>%d", &b.HostPort, &b.ContainerPort); err != nil {
				t.Fatal(err)
			}
			c.Bindings = append(c.Bindings, b)
		}
		containers = append(containers, c)
	}
	parsed := map[string]derive.Value{}
	for name, text := range values {
		v, err := derive.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		parsed[name] = v
	}
	all := live.Join(p, containers, live.Options{Wanted: func(m *compose.Mapping) ports.Range { return m.HostPort.Ports }})
	variables, notes := Of(p, all, nil, parsed, func(p live.Port) string {
		if p.Mapping == nil {
			return ""
		}
		return p.Mapping.HostPort.Var
	})
	for _, v := range variables {
		lines = append(lines, v.Name+"="+v.Value)
	}
	for _, n := range notes {
		lines = append(lines, n.Message)
	}
	return lines
}

// TestOf is the law of what a command is told.
func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		services string
		values   map[string]string
		up, want []string
	}{
		"one port": {
			`web: {image: x, ports: ["${WEB:-80}:80"]}`, nil,
			[]string{"web#1 10000>80"},
			[]string{"WEB=10000", "WEB_URL=http://localhost:10000"},
		},
		"the first of HTTP has the plain name": {
			`mix-ed: {image: x, ports: ["5432:5432", "9000:9000", "8443:443", "80:80"]}`, nil,
			[]string{"mix-ed#1 5432>5432 9000>9000 8443>443 80>80"},
			[]string{
				"MIX_ED_80_HOST_PORT=80", "MIX_ED_443_HOST_PORT=8443", "MIX_ED_5432_HOST_PORT=5432", "MIX_ED_9000_HOST_PORT=9000",
				"MIX_ED_URL=http://localhost:9000", "MIX_ED_443_URL=https://localhost:8443", "MIX_ED_80_URL=http://localhost:80", "MIX_ED_5432_URL=postgresql://localhost:5432",
			},
		},
		"no URL of udp, and of replicas the first": {
			`dns: {image: x, scale: 2, ports: ["53/udp", "80"]}`, nil,
			[]string{"dns#2 3>53/udp 4>80", "dns#1 1>53/udp 2>80"},
			[]string{"DNS_53_UDP_HOST_PORT=1", "DNS_80_HOST_PORT=2", "DNS_URL=http://localhost:2", "service dns runs several times: these are the ports of its first container"},
		},
		"a database's URL is not guessed": {
			`database: {image: x, ports: ["5432"]}`, nil,
			[]string{"database#1 1>5432"},
			[]string{"DATABASE_5432_HOST_PORT=1"},
		},
		"derived": {
			`database: {image: x, ports: ["5432"]}, web: {image: x, ports: ["80", "53/udp"]}`,
			map[string]string{"DATABASE_URL": "postgres://app@{database:5432}/app", "WEB_URL": "https://{web:80}", "DNS": "{web:53/udp}"},
			[]string{"database#1 ::1@1>5432", "web#1 127.0.0.1@2>80 10.0.0.9@3>53/udp"},
			[]string{
				"DATABASE_5432_HOST_PORT=1", "WEB_53_UDP_HOST_PORT=3", "WEB_80_HOST_PORT=2",
				"DATABASE_URL=postgres://app@[::1]:1/app", "DNS=10.0.0.9:3", "WEB_URL=https://127.0.0.1:2",
			},
		},
		"what is down has the port that it will get": {
			`api: {image: x, ports: ["127.0.0.1:8000:80"]}, dyn: {image: x, ports: ["80"]}`,
			map[string]string{"API": "http://{api:80}", "DYN": "http://{dyn:80}"},
			nil,
			[]string{
				"API=http://127.0.0.1:8000",
				"port 80/tcp of service api is not bound, and left out", "port 80/tcp of service dyn is not bound, and left out", "DYN is left out: dyn:80 has no host port that is known now",
			},
		},
	} {
		if diff := cmp.Diff(c.want, of(t, c.services, c.values, c.up...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// awkward are values that each tool could take for something else.
var awkward = []dotenv.Variable{
	{Name: "EMPTY", Value: ""},
	{Name: "QUOTES", Value: `it's "quoted" \ and`},
	{Name: "SPACES", Value: "  two  words "},
	{Name: "DOLLAR", Value: "$HOME ${X:-y} $(id) `id`"},
	{Name: "URL", Value: "http://u:p@[::1]:80/?a=b&c=d#e"},
	{Name: "BRACES", Value: "{{ x }} {% y %}"},
	{Name: "UMLAUT", Value: "ä€"},
}

// TestFormat: what is written for a tool means to it what was meant.
func TestFormat(t *testing.T) {
	want := map[string]string{}
	for _, v := range awkward {
		want[v.Name] = v.Value
	}
	for _, format := range []string{"export", "direnv"} {
		for _, shell := range []string{"sh", "bash", "dash", "zsh"} {
			script := Format(awkward, format, "/a b/it's.json")
			for _, v := range awkward {
				script += "printf '%s\\0' \"$" + v.Name + "\"\n"
			}
			// In an .envrc of direnv, watch_file is a function.
			script = "watch_file() { [ \"$1\" = \"/a b/it's.json\" ] && printf 'watched\\0'; }\nX=set\n" + script
			out, err := exec.CommandContext(t.Context(), shell, "-c", script).Output()
			if _, missing := exec.LookPath(shell); missing != nil && shell != "sh" {
				continue
			}
			text, watched := strings.CutPrefix(string(out), "watched\x00")
			got := map[string]string{}
			for i, value := range strings.Split(strings.TrimSuffix(text, "\x00"), "\x00") {
				got[awkward[i].Name] = value
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil || watched != (format == "direnv") {
				t.Errorf("%s in %s: %v (-want +got):\n%s", format, shell, err, diff)
			}
		}
	}
	var mise struct{ Env map[string]string }
	if err := toml.Unmarshal([]byte(Format(awkward, "mise", "")), &mise); err != nil {
		t.Fatal(err)
	}
	for name, value := range mise.Env { // which mise renders as a template
		if value = strings.TrimSuffix(strings.TrimPrefix(value, "{% raw %}"), "{% endraw %}"); value != want[name] || strings.Contains(value, "{{") != strings.Contains(mise.Env[name], "{% raw %}") {
			t.Errorf("mise: %s is %q", name, value)
		}
	}
	var report struct {
		Version   int
		Variables map[string]string
	}
	if err := json.Unmarshal([]byte(Format(awkward, "json", "")), &report); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, report.Variables); diff != "" || report.Version != 1 {
		t.Errorf("version %d (-want +got):\n%s", report.Version, diff)
	}
	if got := Format(awkward[4:5], "dotenv", ""); got != "URL='http://u:p@[::1]:80/?a=b&c=d#e'\n" {
		t.Error(got)
	}
	if got := Format(nil, "json", ""); !strings.Contains(got, `"variables": {}`) {
		t.Error(got)
	}
}
