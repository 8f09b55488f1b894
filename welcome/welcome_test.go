package welcome_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lint/mend"
	"github.com/portmoor/portmoor/welcome"
	"github.com/portmoor/portmoor/workspace"
)

// seen is what is seen of files, in a repository or outside one.
func seen(t *testing.T, git bool, files map[string]string) (string, welcome.Sight, error) {
	t.Helper()
	dir := t.TempDir()
	if git {
		files[".git/HEAD"] = "ref: refs/heads/main\n"
	}
	for path, text := range files {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w, err := welcome.Open(workspace.Request{Dir: dir, Environ: map[string]string{}, Rules: lint.RuleOptions()})
	if err != nil {
		return dir, welcome.Sight{}, err
	}
	l, _, err := mend.New(w, nil)
	if err != nil {
		t.Fatal(err)
	}
	return dir, welcome.See(w, l.Find()), nil
}

const (
	fixed   = "services: {web: {image: x, ports: [\"8080:80\"]}}\n"
	movable = "services: {web: {image: x, ports: [\"${WEB_HOST_PORT:-8080}:80\"]}}\n"
	other   = "services: {api: {image: x, ports: [\"${API_HOST_PORT:-8081}:80\"]}}\n"
	twice   = "services: {web: {image: x, ports: [\"${A_HOST_PORT:-8080}:80\"]}, api: {image: x, ports: [\"${B_HOST_PORT:-8080}:80\"]}}\n"
)

// TestNext is the table of what comes next.
func TestNext(t *testing.T) {
	up := func(dir string) docker.Container {
		return docker.Container{Project: "shop", Service: "web", WorkingDir: dir, State: "running"}
	}
	for what, test := range map[string]struct {
		files  map[string]string
		up     string // the folder whose containers run, below the repository; "-" for another checkout, "" for none
		silent bool
		want   string
	}{
		"not a compose file":               {map[string]string{"compose.yaml": "services: [\n", "b/compose.yaml": fixed}, "", false, "portmoor lint"},
		"a fixed port":                     {map[string]string{"compose.yaml": fixed}, ".", false, "portmoor migrate"},
		"a fixed port, and no engine":      {map[string]string{"compose.yaml": fixed}, "", true, "portmoor migrate"},
		"what is to stay fixed":            {map[string]string{"compose.yaml": fixed, ".portmoor.yaml": "rules: {hardcoded-host-port: off}\n"}, "", false, "portmoor up"},
		"a conflict":                       {map[string]string{"compose.yaml": twice}, "", false, "portmoor lint"},
		"nothing is up":                    {map[string]string{"compose.yaml": movable}, "", false, "portmoor up"},
		"it is up":                         {map[string]string{"compose.yaml": movable}, ".", false, "portmoor port"},
		"another checkout is up":           {map[string]string{"compose.yaml": "name: shop\n" + movable}, "-", false, "portmoor up --isolate"},
		"no engine":                        {map[string]string{"compose.yaml": movable}, "", true, "portmoor doctor"},
		"a project below":                  {map[string]string{"app/compose.yaml": movable}, "", false, "cd app && portmoor up"},
		"two projects":                     {map[string]string{"a/compose.yaml": movable, "b/compose.yaml": other}, "", false, "cd a && portmoor up"},
		"two projects, of which one is up": {map[string]string{"a/compose.yaml": movable, "b/compose.yaml": other}, "b", false, "portmoor list"},
		"docker picks the port":            {map[string]string{"compose.yaml": "services: {web: {image: x, ports: [\"80\"]}}\n"}, "", false, "portmoor up"},
	} {
		t.Run(what, func(t *testing.T) {
			dir, s, err := seen(t, true, test.files)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case test.silent:
				s.Silent = errors.New("the engine is away")
			case test.up == "-":
				s.Ask([]docker.Container{up(t.TempDir())}, false)
			case test.up != "":
				s.Ask([]docker.Container{up(filepath.Join(dir, test.up))}, false)
			}
			got, why := s.Next()
			if got != test.want || why == "" {
				t.Errorf("%q: %q, want %q", got, why, test.want)
			}
			for _, width := range []int{0, 40, 80, 200} {
				text := s.Text(width)
				if width == 0 || width > 80 {
					width = 80
				}
				for line := range strings.Lines(text) {
					if len(line) > width+1 && strings.Count(strings.TrimSpace(line), " ") > 1 && !strings.Contains(line, dir) && !strings.Contains(line, "next: ") {
						t.Errorf("of %d columns: %q", width, line)
					}
				}
				if n := strings.Count(text, "\nnext: "); n != 1 || !strings.Contains(text, "\nnext: "+test.want+"\n") {
					t.Errorf("%d next commands:\n%s", n, text)
				}
			}
		})
	}
}

// TestSee: what is counted, and who is asked for it.
func TestSee(t *testing.T) {
	_, s, err := seen(t, true, map[string]string{"compose.yaml": twice, "compose.prod.yaml": "services: {web: {ports: [\"9090:90\"]}}\n", ".portmoor.yaml": "strategy: hybrid\n"})
	if err != nil {
		t.Fatal(err)
	}
	text := s.Text(0)
	for _, want := range []string{"2 projects in 2 compose files, with 3 host ports\n", "strategy:  hybrid, as .portmoor.yaml says\n", "compose.yaml + compose.prod.yaml", "down\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if len(s.Conflicts) == 0 || !strings.HasPrefix(s.Conflicts[0], "compose.yaml:1:") {
		t.Errorf("conflicts: %q", s.Conflicts)
	}
}

// TestNobodyIsSearched: outside a repository only the folder's own project counts, and what
// is below is named.
func TestNobodyIsSearched(t *testing.T) {
	_, _, err := seen(t, false, map[string]string{"app/compose.yaml": fixed, "clone/compose.yaml": fixed, "clone/.git/HEAD": ""})
	absent, ok := errors.AsType[*workspace.Absent](err)
	if !ok || strings.Join(absent.Below, " ") != "app clone" || !strings.HasSuffix(absent.Hint, "in app and clone") {
		t.Errorf("%v: %+v", err, absent)
	}
	if _, s, err := seen(t, false, map[string]string{"compose.yaml": fixed, "app/compose.yaml": fixed}); err != nil || len(s.Projects) != 1 {
		t.Errorf("%v: %+v", err, s)
	}
	_, _, err = seen(t, false, map[string]string{"docker-compose.prod.yml": fixed})
	if absent, ok = errors.AsType[*workspace.Absent](err); !ok || !strings.HasSuffix(absent.Hint, "such as docker-compose.prod.yml") {
		t.Errorf("%v: %+v", err, absent)
	}
}
