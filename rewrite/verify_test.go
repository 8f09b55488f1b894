package rewrite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/strategies"
)

// TestVerifyTreeRefuses gives VerifyTree results that are not as planned. It is
// the last thing between a wrong edit and a user's file.
func TestVerifyTreeRefuses(t *testing.T) {
	const src = `# stays
x-a: &a {k: v}
services:
  web:
    image: x
    ports: ["8080:80", 81]
    labels: {<<: *a, b: c}
`
	projects := oneFile(src)
	plan := Make(projects, decideAll(projects, strategies.Hybrid, nil))
	right := string(apply(t, plan)[projects[0].Files[0].Path])
	if !strings.Contains(right, "${WEB_HOST_PORT:-8080}:80") {
		t.Fatalf("nothing is planned: %s", right)
	}
	for want, after := range map[string]string{
		"not valid":                    strings.Replace(right, "image: x", "image: [x", 1),
		`alter "x"`:                    strings.Replace(right, "image: x", "image: y", 1),
		`alter "81"`:                   strings.Replace(right, "81", "82", 1),
		`alter "image"`:                strings.Replace(right, "image: x", "imagine: x", 1),
		`alter "", which`:              strings.Replace(right, "labels", "x: y\n    labels", 1),
		`alter "b"`:                    strings.Replace(right, "b: c", "c: b", 1),
		`alter "a", which`:             strings.Replace(right, "*a", "{k: v}", 1),
		`alter "", which is not`:       strings.NewReplacer("&a", "&z", "*a", "*z").Replace(right),
		"2 documents":                  right + "---\na: b\n",
		"alter":                        strings.Replace(right, `"${WEB_HOST_PORT:-8080}:80"`, `["${WEB_HOST_PORT:-8080}:80"]`, 1),
		`alter "c", which is not plan`: strings.Replace(right, "b: c", "b: !x c", 1),
	} {
		err := VerifyTree(projects[0].Files[0], []byte(after), plan.Changes)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v for:\n%s", want, err, after)
		}
	}
	if err := VerifyTree(projects[0].Files[0], []byte(right), plan.Changes); err != nil {
		t.Error(err)
	}
}

func oneFile(src string) []*compose.Project {
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/app/compose.yaml", []byte(src))
	return l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})
}

// TestVerifyModelRefuses gives VerifyModel results whose YAML could pass.
func TestVerifyModelRefuses(t *testing.T) {
	const src = `services:
  web:
    image: x
    ports: ["8080:80", "9090:81", "127.0.0.1:5:5/udp", {target: 90, published: 8090}]
`
	for name, c := range map[string]struct {
		strategy strategies.Strategy
		old, new string
		want     string
	}{
		"another default":        {strategies.Hybrid, ":-8080}", ":-8081}", `container port 80 on "8081"`},
		"another container port": {strategies.Hybrid, "}:80", "}:82", "container port 82"},
		"another address":        {strategies.Hybrid, "127.0.0.1", "127.0.0.2", "container port 5"},
		"another protocol":       {strategies.Hybrid, "/udp", "/tcp", "container port 5"},
		"a default that is lost": {strategies.Hybrid, "${WEB_81_HOST_PORT:-9090}", "${WEB_81_HOST_PORT}", `container port 81 on ""`},
		"a mapping that is lost": {strategies.Hybrid, `"${WEB_81_HOST_PORT:-9090}:81", `, "", "3 ports instead of 4"},
		"a mapping too many":     {strategies.Hybrid, `"${WEB_81`, `"1:1", "${WEB_81`, "5 ports instead of 4"},
		"not 0":                  {strategies.Dynamic, `"0:81"`, `"1:81"`, `container port 81 on "1"`},
		"no host port":           {strategies.Dynamic, `"0:81"`, `"81"`, `container port 81 on ""`},
		"something else":         {strategies.Dynamic, "image: x", "image: y", "more than ports"},
		"a refusal":              {strategies.Dynamic, `"0:81"`, `"0:81:82:83"`, "would refuse the result"},
	} {
		t.Run(name, func(t *testing.T) {
			projects := oneFile(src)
			plan := Make(projects, decideAll(projects, c.strategy, nil))
			after := apply(t, plan)
			path := projects[0].Files[0].Path
			if compared, err := VerifyModel(projects[0], after, plan.Changes); err != nil || !compared {
				t.Fatalf("the right result: %v, compared: %v", err, compared)
			}
			wrong := strings.Replace(string(after[path]), c.old, c.new, 1)
			if wrong == string(after[path]) {
				t.Fatalf("%q is not in %s", c.old, wrong)
			}
			_, err := VerifyModel(projects[0], map[string][]byte{path: []byte(wrong)}, plan.Changes)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, got %v", c.want, err)
			}
		})
	}
}

// TestVerifyTemplates moves ports that stand below x- keys, which are in the
// model twice. Anything else there must not move with them.
func TestVerifyTemplates(t *testing.T) {
	const src = `x-web: &web
  image: x
  ports: [{target: 80, published: 8080}]
  other: 8080
services:
  web: {<<: *web, x-more: 8080}
`
	for _, s := range []strategies.Strategy{strategies.Hybrid, strategies.Dynamic} {
		projects := oneFile(strings.Replace(src, "  other: 8080\n", "", 1))
		plan := Make(projects, decideAll(projects, s, nil))
		after := apply(t, plan)
		if compared, err := VerifyModel(projects[0], after, plan.Changes); err != nil || !compared {
			t.Fatalf("%s: %v, compared: %v", s, err, compared)
		}
		path := projects[0].Files[0].Path
		wrong := map[string][]byte{path: []byte(strings.Replace(string(after[path]), "x-more: 8080", "x-more: [8080]", 1))}
		if _, err := VerifyModel(projects[0], wrong, plan.Changes); err == nil {
			t.Errorf("%s: a changed x-more passes", s)
		}
	}
}

// TestVerifyMirror verifies a project whose included and extended files change:
// compose-go reads those from disk, so that it is given a copy, which goes away.
func TestVerifyMirror(t *testing.T) {
	const archive = `
-- app/compose.yaml --
include:
  - path: ../shared/db.yaml
    env_file: ../shared/db.env
services:
  web:
    extends: {file: base/web.yaml, service: base}
    env_file: missing.env
-- app/base/web.yaml --
services: {base: {image: x, ports: ["8080:80"]}}
-- shared/db.yaml --
services: {db: {image: x, ports: ["${DB:-5432}:5432", "5433:5433"]}}
-- shared/db.env --
DB=5555
`
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
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	app := filepath.Join(dir, "app")
	group := compose.Group{Dir: app, Files: []string{filepath.Join(app, "compose.yaml")}}
	for _, s := range []strategies.Strategy{strategies.Hybrid, strategies.Dynamic} {
		projects := compose.NewLoader(compose.LoadOptions{}).Load([]compose.Group{group})
		plan := Make(projects, decideAll(projects, s, nil))
		after := apply(t, plan)
		if len(after) != 2 {
			t.Fatalf("%s: %d files change", s, len(after))
		}
		if compared, err := VerifyModel(projects[0], after, plan.Changes); err != nil || !compared {
			t.Errorf("%s: %v, compared: %v", s, err, compared)
		}
		wrong := map[string][]byte{}
		for path, src := range after {
			wrong[path] = []byte(strings.Replace(string(src), "image: x", "image: y", 1))
		}
		if _, err := VerifyModel(projects[0], wrong, plan.Changes); err == nil {
			t.Errorf("%s: a changed include passes", s)
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
