package workspace_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/workspace"
)

const web = `services: {web: {image: x, ports: ["8080:80"]}}`

// folder writes files below a new folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestStrategy is the law of a project's strategy: the flag, the process, an env file,
// the configuration, auto. Lint does not see the process, so that the same files give
// the same answer everywhere.
func TestStrategy(t *testing.T) {
	process := map[string]string{"PORT_ALLOCATION_STRATEGY": "hybrid"}
	for _, c := range []struct {
		what, config, env, flag string
		environ                 map[string]string
		want                    string
	}{
		{what: "nothing says", want: "auto"},
		{what: "the configuration", config: "dynamic", want: "dynamic"},
		{what: "an env file beats it", config: "dynamic", env: "hybrid", want: "hybrid"},
		{what: "the process beats that", config: "dynamic", env: "auto", environ: process, want: "hybrid"},
		{what: "an empty variable says nothing", config: "dynamic", environ: map[string]string{"PORT_ALLOCATION_STRATEGY": ""}, want: "dynamic"},
		{what: "the flag beats all", config: "auto", env: "auto", environ: process, flag: "dynamic", want: "dynamic"},
		{what: "a wrong name is told with its place", env: "hybird", want: `.env:1: PORT_ALLOCATION_STRATEGY: the strategy is not auto, hybrid or dynamic`},
	} {
		files := map[string]string{"compose.yaml": web}
		if c.config != "" {
			files[".portmoor.yaml"] = "strategy: " + c.config
		}
		if c.env != "" {
			files[".env"] = "PORT_ALLOCATION_STRATEGY=" + c.env
		}
		dir := folder(t, files)
		w, _, err := workspace.Open(workspace.Request{Dir: dir, Strategy: c.flag, Environ: c.environ})
		var got string
		if err != nil {
			got = say.Shown(dir, err.Error())
		} else {
			got = string(w.Strategies[w.Projects[0]])
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// TestOpenOne is the law of which project a command is about: -f, COMPOSE_FILE of the
// process, of .env in the folder itself, else the nearest folder upward; and of what
// it is called. Another project than docker compose takes would move the wrong ports.
func TestOpenOne(t *testing.T) {
	dir := folder(t, map[string]string{
		"compose.yaml": web, "other.yaml": "name: other\n" + web, "sub/deep/x": "",
		"listed/.env": "COMPOSE_FILE=../other.yaml\nCOMPOSE_PROJECT_NAME=env", "listed/sub/x": "", "listed/compose.yaml": web,
		"env/compose.yaml": web, "env/.env": "A=1", "env/more.env": "A=2\nCOMPOSE_PROJECT_NAME=more", "env/file.env": "COMPOSE_FILE=../other.yaml",
	})
	base := strings.ToLower(filepath.Base(dir))
	for _, c := range []struct {
		what, in string
		request  workspace.Request
		want     string // name and file, or the error
	}{
		{"the folder", "", workspace.Request{}, base + " compose.yaml"},
		{"one above", "sub/deep", workspace.Request{}, base + " compose.yaml"},
		{"-f", "sub/deep", workspace.Request{Files: []string{"../../other.yaml"}}, "other other.yaml"},
		{"COMPOSE_FILE of the process", "sub", workspace.Request{Environ: map[string]string{"COMPOSE_FILE": "../other.yaml"}}, "other other.yaml"},
		{"COMPOSE_FILE of .env", "listed", workspace.Request{}, "env other.yaml"},
		{"COMPOSE_FILE of --env-file", "env", workspace.Request{EnvFiles: []string{"file.env"}}, "other other.yaml"},
		{"of COMPOSE_ENV_FILES, the last one", "env", workspace.Request{Environ: map[string]string{"COMPOSE_ENV_FILES": "more.env,file.env"}}, "more other.yaml"},
		{"not of .env where another is named", "listed", workspace.Request{EnvFiles: []string{"../env/.env"}}, "listed compose.yaml"},
		{"nor where it is not read", "listed", workspace.Request{Environ: map[string]string{"COMPOSE_DISABLE_ENV_FILE": "true"}}, "listed compose.yaml"},
		{"which counts in its own folder only", "listed/sub", workspace.Request{}, "env compose.yaml"},
		{"-p", "", workspace.Request{Name: "mine", Environ: map[string]string{"COMPOSE_PROJECT_NAME": "theirs"}}, "mine compose.yaml"},
		{"the name of the process", "", workspace.Request{Environ: map[string]string{"COMPOSE_PROJECT_NAME": "theirs"}}, "theirs compose.yaml"},
		{"another env file", "env", workspace.Request{EnvFiles: []string{"more.env"}}, "more compose.yaml"},
		{"by the process", "env", workspace.Request{Environ: map[string]string{"COMPOSE_ENV_FILES": ".env,more.env"}}, "more compose.yaml"},
		{"no env file", "env", workspace.Request{Environ: map[string]string{"COMPOSE_DISABLE_ENV_FILE": "1"}}, "env compose.yaml"},
		{"one that is not there", "env", workspace.Request{EnvFiles: []string{"none.env"}}, "none.env: no such file"},
		{"a name that Compose refuses", "", workspace.Request{Name: "Mine"}, `project name "Mine" is not valid`},
		{"a file that is about to be written", "", workspace.Request{Files: []string{"other.yaml", "compose.yaml"}, Except: []string{"compose.yaml"}}, "other other.yaml"},
		{"and nothing else", "", workspace.Request{Except: []string{"compose.yaml"}}, "compose.yaml: is the compose file itself"},
	} {
		c.request.Dir = filepath.Join(dir, filepath.FromSlash(c.in))
		w, p, err := workspace.OpenOne(c.request)
		var got string
		if err != nil {
			got = say.Shown(c.request.Dir, err.Error())
		} else {
			got = p.Name + " " + filepath.Base(p.Group.Files[len(p.Group.Files)-1])
			if !maps.Equal(w.Environ(), c.request.Environ) {
				t.Errorf("%s: another environment", c.what)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// TestNames: what a project keeps beside its files is called after it, unless docker
// compose finds it there by itself: two projects of one folder must not share ports.
func TestNames(t *testing.T) {
	dir := folder(t, map[string]string{"compose.yaml": web, "other.yml": "name: other\n" + web, ".portmoor.yaml": "ports_file: state/p.json\ndefaults: {.: {\"web:80\": 9000}, other.yml: {\"web:80\": 9001}}"})
	got := map[string][]string{}
	for name, r := range map[string]workspace.Request{"found": {}, "renamed": {Name: "mine"}, "another file": {Files: []string{"other.yml"}}} {
		r.Dir = dir
		w, p, err := workspace.OpenOne(r)
		if err != nil {
			t.Fatal(err)
		}
		got[name] = []string{w.FromHome(w.PortsFile(p)), w.FromHome(w.PortsEnvFile(p)), w.SettingsName(p.Files[0])}
	}
	want := map[string][]string{
		"found":        {"state/p.json", ".ports.env", "."},
		"renamed":      {"state/p.mine.json", ".ports.mine.env", "."},
		"another file": {"state/p.other.json", ".ports.other.env", "other.yml"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNotes: what is passed over is said, and what fails to be read is a failure,
// while the others are there.
func TestNotes(t *testing.T) {
	dir := folder(t, map[string]string{"a/compose.yaml": web, "a/docker-compose.yml": web, "a/stack.yaml": web, "a/compose.x.yaml": "volumes: {}", "skip/compose.yaml": web, ".portmoor.yaml": "ignore: [skip/]\nfiles: by-name"})
	for verbose, want := range map[bool][]string{
		false: {"a/docker-compose.yml: docker compose uses compose.yaml here", "a/stack.yaml: 1 file is compose by content"},
		true:  {"a/docker-compose.yml: docker compose uses compose.yaml here", "a/compose.x.yaml: has no services", "a/stack.yaml: 1 file is compose by content"},
	} {
		w, notes, err := workspace.Open(workspace.Request{Dir: dir, Verbose: verbose})
		if err != nil || len(w.Projects) != 2 {
			t.Fatal(err)
		}
		var got []string
		for i, n := range notes {
			if n.Kind != say.Note {
				t.Errorf("%v is a %v", n, n.Kind)
			}
			text := say.Shown(dir, n.Error())
			if i < len(want) && strings.HasPrefix(text, want[i]) {
				text = want[i]
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("verbose %v (-want +got):\n%s", verbose, diff)
		}
	}
	empty := folder(t, map[string]string{"x": ""})
	for want, r := range map[string]workspace.Request{
		".: no compose files here": {Dir: empty}, "none: no such file or folder": {Dir: dir, Paths: []string{"none"}}, "a: is a folder, and -f takes files": {Dir: dir, Files: []string{"a"}},
	} {
		if _, _, err := workspace.Open(r); err == nil || err.Error() != want || say.Of(err).Kind != say.Usage {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestNATS: the environment counts before the configuration, which can't have anyone's
// credentials used at a server that it names.
func TestNATS(t *testing.T) {
	t.Parallel()
	const named = "registry: {backend: nats, url: nats://there}"
	for _, test := range []struct {
		config   string
		environ  map[string]string
		want     workspace.NATS // the zero value for an error
		registry string
	}{
		{named, nil, workspace.NATS{URL: "nats://there", Bucket: "portmoor"}, "http://127.0.0.1:8100"},
		{named, map[string]string{"NATS_CREDS": "c"}, workspace.NATS{}, "http://127.0.0.1:8100"},
		{named, map[string]string{"NATS_KEY": "c"}, workspace.NATS{}, "http://127.0.0.1:8100"},
		{named, map[string]string{"NATS_CA": "c"}, workspace.NATS{URL: "nats://there", Bucket: "portmoor", CA: "c"}, "http://127.0.0.1:8100"},
		{named, map[string]string{"NATS_CREDS": "c", "NATS_URL": "nats://here"}, workspace.NATS{URL: "nats://here", Bucket: "portmoor", Creds: "c"}, "http://127.0.0.1:8100"},
		{"registry: {backend: nats, bucket: b, listen: '0.0.0.0:9000'}", map[string]string{"NATS_NKEY": "n"}, workspace.NATS{URL: "nats://127.0.0.1:4222", Bucket: "b", NKey: "n"}, "http://127.0.0.1:9000"},
		{"registry: {backend: nats, listen: ':9000'}", map[string]string{"PORTMOOR_REGISTRY": "http://far"}, workspace.NATS{URL: "nats://127.0.0.1:4222", Bucket: "portmoor"}, "http://far"},
		{"registry: {url: 'http://far'}", map[string]string{"NATS_URL": "nats://here", "NATS_CREDS": "c"}, workspace.NATS{}, "http://far"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ".portmoor.yaml"), []byte(test.config), 0o600); err != nil {
			t.Fatal(err)
		}
		environ := map[string]string{"HOME": dir}
		maps.Copy(environ, test.environ)
		s, err := workspace.RegistryOf(workspace.Request{Dir: dir, Environ: environ})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.NATS()
		if got != test.want || s.URL != test.registry || (err != nil) != (test.want == (workspace.NATS{}) && s.Backend != "") {
			t.Errorf("%s with %v: %+v, %v; the registry is %s", test.config, test.environ, got, err, s.URL)
		}
	}
}
