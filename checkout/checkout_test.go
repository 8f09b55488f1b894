package checkout

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/workspace"
)

// clone is a folder with a compose file, as a request has it.
func clone(t *testing.T, root, name, text string) workspace.Request {
	t.Helper()
	dir := filepath.Join(root, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return workspace.Request{Dir: dir, Isolate: workspace.Isolated, Environ: map[string]string{"PORTMOOR_LEDGER": filepath.Join(root, "state", "ledger.json")}}
}

func open(t *testing.T, r workspace.Request) *stack.Stack {
	t.Helper()
	w, p, err := workspace.OpenOne(r)
	if err != nil {
		t.Fatal(err)
	}
	s, err := stack.Open(w, p, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func begin(t *testing.T, r workspace.Request, facts stack.Engine) *workspace.Isolation {
	t.Helper()
	i, err := Isolate(t.Context(), r, open(t, r), nil, facts)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

const named = "name: shop\nservices: {web: {image: nginx, container_name: web1, ports: [\"8080:80\"]}}\n"

// TestIsolate: who is first keeps the name and what is fixed, and stays first; others get
// out of the way, and stay there.
func TestIsolate(t *testing.T) {
	root := t.TempDir()
	said := func(i *workspace.Isolation) string {
		name, _, digest := strings.Cut(i.Name, "-")
		if digest {
			name += "-…"
		}
		return fmt.Sprint(name, " ", i.Natural, " ", i.Apart, " ", i.Keeps)
	}
	a, b, c := clone(t, root, "a", named), clone(t, root, "b", named), clone(t, root, "c", strings.Replace(named, "shop", "other", 1))
	for _, step := range []struct {
		what, want string
		r          workspace.Request
		facts      stack.Engine
	}{
		{"the first", "shop true false [container web1]", a, stack.Engine{}},
		{"another of its name", "b-… false true []", b, stack.Engine{}},
		{"another of its container", "other true true []", c, stack.Engine{}},
		{"the first again", "shop true false [container web1]", a, stack.Engine{}},
		{"the second again", "b-… false true []", b, stack.Engine{}},
		{"one whose name runs elsewhere", "d-… false true []", clone(t, root, "d", "services: {x: {image: y}}"), stack.Engine{Answered: true, Containers: []docker.Container{{Project: "d", WorkingDir: "/elsewhere"}}}},
		{"one whose name runs here", "e true false []", clone(t, root, "e", "services: {x: {image: y}}"), stack.Engine{Answered: true, Containers: []docker.Container{{Project: "e", WorkingDir: filepath.Join(root, "e")}}}},
		{"one whose name is another machine's", "f true false []", clone(t, root, "f", "services: {x: {image: y}}"), stack.Engine{Answered: true, Remote: true, Containers: []docker.Container{{Project: "f", WorkingDir: "/elsewhere"}}}},
	} {
		if got := said(begin(t, step.r, step.facts)); got != step.want {
			t.Errorf("%s: %s, want %s", step.what, got, step.want)
		}
	}
	// One that was killed before its name was decided has none.
	g := clone(t, root, "g", named)
	was := begin(t, g, stack.Engine{})
	if err := save(&workspace.Isolation{Version: 1, Checkout: was.Checkout, File: was.File, Name: "shop", Folder: was.Folder}); err != nil {
		t.Fatal(err)
	}
	if i := open(t, g).Isolation; i != nil {
		t.Errorf("%+v", i)
	}
	if i := begin(t, g, stack.Engine{}); i.Name != was.Name {
		t.Errorf("%s, was %s", i.Name, was.Name)
	}
	a.Name = "mine" // by -p, which is a project of its own
	if i := begin(t, a, stack.Engine{}); i.Name != "mine" || !i.Apart {
		t.Errorf("%+v", i)
	}
	if i := open(t, a).Isolation; i == nil || i.Name != "mine" {
		t.Errorf("%+v", i)
	}
	if a.Name = ""; open(t, a).Isolation.Name != "shop" {
		t.Error("without -p it is another")
	}
	if a.Name = "shop"; open(t, a).Isolation.Name != "shop" {
		t.Error("its name, given, is another")
	}
	if a.Name = "none"; open(t, a).Isolation != nil {
		t.Error("a name that was not isolated is")
	}
}

// TestIsolateAtOnce: of checkouts that begin at one time no two get one name, nor keep
// what is fixed.
func TestIsolateAtOnce(t *testing.T) {
	for round := range 20 {
		root := t.TempDir()
		got := make([]*workspace.Isolation, 6)
		var runs sync.WaitGroup
		for n := range got {
			r := clone(t, root, fmt.Sprint("c", n), named)
			s := open(t, r)
			runs.Go(func() { got[n], _ = Isolate(t.Context(), r, s, nil, stack.Engine{}) })
		}
		runs.Wait()
		names, keep := map[string]bool{}, 0
		for n, i := range got {
			if i == nil {
				t.Fatalf("round %d: %d has failed", round, n)
			}
			names[i.Name] = true
			if !i.Apart {
				keep++
			}
		}
		if len(names) != len(got) || keep > 1 {
			t.Errorf("round %d: %v, and %d keep their names", round, names, keep)
		}
	}
}

// TestForget: what is forgotten leaves nothing behind but what is somebody else's; what
// is gone is forgotten by others.
func TestForget(t *testing.T) {
	root := t.TempDir()
	a, b := clone(t, root, "work/a", named), clone(t, root, "work/b", named)
	begin(t, a, stack.Engine{})
	i := begin(t, b, stack.Engine{})
	if notes, err := Write(open(t, b), nil); err != nil || len(notes) > 0 {
		t.Fatal(notes, err)
	}
	src, err := os.ReadFile(i.Override())
	if err != nil || !strings.HasPrefix(string(src), Header+"# checkout: ") || !strings.Contains(string(src), i.Name+"-web1") {
		t.Errorf("%s, %v", src, err)
	}
	if err := os.WriteFile(i.Path("mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Forget(i); err != nil {
		t.Fatal(err)
	}
	left, _ := os.ReadDir(i.Folder)
	if len(left) != 1 || open(t, b).Isolation != nil {
		t.Errorf("left is %v", left)
	}
	folder := open(t, a).Isolation.Folder
	if err := os.RemoveAll(a.Dir); err != nil {
		t.Fatal(err)
	}
	Prune(open(t, b))
	if _, err := os.Stat(folder); err == nil {
		t.Error("what is gone is remembered")
	}
}

// TestDotEnvOf is what an env file has to say.
func TestDotEnvOf(t *testing.T) {
	root := t.TempDir()
	a, b := clone(t, root, "a", named), clone(t, root, "b", named)
	if d := DotEnvOf(open(t, a)); !cmp.Equal(d, DotEnv{}) {
		t.Errorf("not isolated: %+v", d)
	}
	begin(t, a, stack.Engine{})
	if d := DotEnvOf(open(t, a)); !cmp.Equal(d, DotEnv{}) {
		t.Errorf("the first: %+v", d)
	}
	i := begin(t, b, stack.Engine{})
	if _, err := Write(open(t, b), nil); err != nil {
		t.Fatal(err)
	}
	want := DotEnv{i.Name, []string{"compose.yaml", i.Override()}, string(os.PathListSeparator)}
	if diff := cmp.Diff(want, DotEnvOf(open(t, b))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// What it says is read back, also where the override is not there.
	b.Environ["COMPOSE_FILE"] = strings.Join(want.Files, want.Separator)
	b.Environ["COMPOSE_PROJECT_NAME"] = want.Name
	if err := os.Remove(i.Override()); err != nil {
		t.Fatal(err)
	}
	s := open(t, b)
	if s.Isolation == nil || s.Isolation.Folder != i.Folder || !slices.Equal(s.Project.Group.Files, []string{filepath.Join(b.Dir, "compose.yaml")}) {
		t.Errorf("%+v of %v", s.Isolation, s.Project.Group.Files)
	}
	for paths, want := range map[string]string{"a b": string(os.PathListSeparator), "a:b;c d": ",", "a:b,c;d|e f": "::"} {
		if filepath.ListSeparator == ':' && separator(strings.Fields(paths)) != want {
			t.Errorf("%s: %s", paths, separator(strings.Fields(paths)))
		}
	}
}
