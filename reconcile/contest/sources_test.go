package contest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/say"
)

// tree writes files, given as path and content in turn, to a new folder.
func folder(t testing.TB, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(root, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func none(string) bool { return false }

// Each row would show a value that is found at another place than it has, or a
// service that gets another's name.
func TestRead(t *testing.T) {
	root := folder(
		t,
		"svc/piper/config.yaml", "upstream:\n  port: 9\nserver:\n  host: x # port: 5\n  port: 5002\n",
		"svc/quoted/config.yaml", "server: {port: '5003'}\n",
		"anchor/a/config.yaml", "x: &p 5004\nserver:\n  port: *p\n",
		"json/web/settings.json", "{\n\t\"server\": {\n\t\t\"port\": 5005,\n\t\t\"path\": \"a\\/b\"\n\t}\n}\n",
		"toml/api.toml", "port = 1\n[server]\nname = \"é\" # port = 2\nport = 5006\n",
		"toml/dotted.toml", "server.port = \"5007\"\n",
		"toml/inline.toml", "server = {host = 'x', port = 5008}\n",
		"all.yaml", "services:\n  one: {port: 5009}\n  two: {port: 5010}\n",
		"list.yaml", "listeners:\n  - 5011\n  - 5012\n",
	)
	ports, err := Read(root, []Source{
		{"svc/*/config.yaml", "server.port"},
		{"anchor/*/config.yaml", "server.port"},
		{"json/web/settings.json", "server.port"},
		{"toml/*.toml", "server.port"},
		{"all.yaml", "services.*.port"},
		{"list.yaml", "listeners.1"},
	}, none)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range ports {
		f, span := p.Places[0].File, p.Places[0].Span
		line, column := f.Position(span.Start)
		dir, _ := filepath.Rel(root, p.Dir)
		got = append(got, fmt.Sprintf("%s %d %q at %d:%d %s", p.Service, p.Port, f.Src[span.Start:span.End], line, column, filepath.ToSlash(dir)))
	}
	want := []string{
		`piper 5002 "5002" at 5:9 svc/piper`,
		`quoted 5003 "5003" at 1:17 svc/quoted`,
		`a 5004 "5004" at 1:7 anchor/a`,
		`web 5005 "5005" at 3:11 json/web`,
		`api 5006 "5006" at 4:8 `,
		`dotted 5007 "5007" at 1:16 `,
		`inline 5008 "5008" at 1:30 `,
		`one 5009 "5009" at 2:15 `,
		`two 5010 "5010" at 3:15 `,
		`list 5012 "5012" at 3:5 `,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, test := range []struct{ name, content, key, want string }{
		{"a.yaml", "server:\n  port: [\n", "server.port", "a.yaml:3:1: "},
		{"a.yaml", "server:\n  host: x\n", "server.port", "a.yaml: has no key server.port"},
		{"a.yaml", "server: 5002\n", "server.port", "a.yaml: has no key server.port"},
		{"a.yaml", "server:\n  port: high\n", "server.port", `a.yaml:2:9: server.port is "high", not a port`},
		{"a.yaml", "server:\n  port: 70000\n", "server.port", `a.yaml:2:9: server.port is "70000", not a port`},
		{"a.yaml", "server:\n  port: 0x1F90\n", "server.port", `a.yaml:2:9: server.port is "0x1F90", not a port`},
		{"a.yaml", "server:\n  port:\n    - 1\n", "server.port", `a.yaml:3:5: server.port is "", not a port`},
		{"a.yaml", "server:\n  port:\n", "server.port", `a.yaml:2:8: server.port is "", not a port`},
		{"a.json", `{"server": {"port": 5002}`, "server.port", "a.json:1:"},
		{"a.toml", "[server\nport = 1\n", "server.port", "a.toml:1:"},
		{"a.toml", "[server]\nport = 5002\nport = 5003\n", "server.port", "a.toml"},
		{"a.toml", "[server]\nport = 5_002\n", "server.port", `a.toml:2:8: server.port is "5_002", not a port`},
		{"a.toml", "[server]\nport = \"50\\u00302\"\n", "server.port", "not a port"},
		{"a.toml", "[[server]]\nport = 5002\n", "server.port", "a.toml: has no key server.port"},
		{"a.yaml", "", "server.port", "a.yaml: has no key server.port"},
		{"a.yaml", "server:\n  port: 5002\n\x00", "server.port", "a.yaml: is not text"},
		{"b.yaml", "", "server.port", "a.*: no file matches the source"},
	} {
		root := folder(t, test.name, test.content)
		ports, err := Read(root, []Source{{"a.*", test.key}}, none)
		e, ok := errors.AsType[say.Problem](err)
		if !ok || e.Hint == "" || !strings.HasPrefix(strings.TrimPrefix(err.Error(), root+string(filepath.Separator)), test.want) &&
			!strings.Contains(err.Error(), test.want) || ports != nil {
			t.Errorf("%s %q: %v, %v; want %s with a hint", test.name, test.content, ports, err, test.want)
		}
	}
}

// A link would be replaced by a file.
func TestReadLink(t *testing.T) {
	root := folder(t, "real.yaml", "port: 1\n", "a/x", "")
	if err := os.Symlink("../real.yaml", filepath.Join(root, "a", "config.yaml")); err != nil {
		t.Skip(err)
	}
	_, err := Read(root, []Source{{"*/config.yaml", "port"}}, none)
	if err == nil || !strings.Contains(err.Error(), "is a symlink to ../real.yaml") {
		t.Error(err)
	}
	outside := folder(t, "config.yaml", "port: 1\n")
	if err := os.Symlink(outside, filepath.Join(root, "b")); err != nil {
		t.Fatal(err)
	}
	_, err = Read(root, []Source{{"b/config.yaml", "port"}}, none)
	if err == nil || !strings.Contains(err.Error(), "is reached through a symlink") {
		t.Error(err)
	}
}
