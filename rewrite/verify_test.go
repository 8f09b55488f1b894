package rewrite

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
)

// TestVerifyTreeRefuses gives verifyTree results that are not as planned. It is
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
	plan := planAll(projects, strategies.Hybrid, nil)
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
		err := verifyTree(projects[0].Files[0], []byte(after), plan.Changes, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v for:\n%s", want, err, after)
		}
	}
	if err := verifyTree(projects[0].Files[0], []byte(right), plan.Changes, nil); err != nil {
		t.Error(err)
	}
}

func oneFile(src string) []*compose.Project {
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/app/compose.yaml", []byte(src))
	return l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})
}

// TestVerifyModelRefuses gives verifyModel results whose YAML could pass.
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
			plan := planAll(projects, c.strategy, nil)
			after := apply(t, plan)
			path := projects[0].Files[0].Path
			if compared, err := verifyModel(projects[0], after, plan.Changes, nil); err != nil || !compared {
				t.Fatalf("the right result: %v, compared: %v", err, compared)
			}
			wrong := strings.Replace(string(after[path]), c.old, c.new, 1)
			if wrong == string(after[path]) {
				t.Fatalf("%q is not in %s", c.old, wrong)
			}
			_, err := verifyModel(projects[0], map[string][]byte{path: []byte(wrong)}, plan.Changes, nil)
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
		plan := planAll(projects, s, nil)
		after := apply(t, plan)
		if compared, err := verifyModel(projects[0], after, plan.Changes, nil); err != nil || !compared {
			t.Fatalf("%s: %v, compared: %v", s, err, compared)
		}
		path := projects[0].Files[0].Path
		wrong := map[string][]byte{path: []byte(strings.Replace(string(after[path]), "x-more: 8080", "x-more: [8080]", 1))}
		if _, err := verifyModel(projects[0], wrong, plan.Changes, nil); err == nil {
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
		plan := planAll(projects, s, nil)
		after := apply(t, plan)
		if len(after) != 2 {
			t.Fatalf("%s: %d files change", s, len(after))
		}
		if compared, err := verifyModel(projects[0], after, plan.Changes, nil); err != nil || !compared {
			t.Errorf("%s: %v, compared: %v", s, err, compared)
		}
		wrong := map[string][]byte{}
		for path, src := range after {
			wrong[path] = []byte(strings.Replace(string(src), "image: x", "image: y", 1))
		}
		if _, err := verifyModel(projects[0], wrong, plan.Changes, nil); err == nil {
			t.Errorf("%s: a changed include passes", s)
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestVerified verifies edits of several projects at once.
func TestVerified(t *testing.T) {
	const (
		web     = `services: {web: {image: x, ports: ["8080:80"]}}`
		strange = `services: {web: {image: x, command: "${!}", ports: ["8080:80"]}}`
		wrong   = `services: {web: {image: x, volumes: 7, ports: ["8080:80"]}}`
	)
	type edits map[string][]string // by file: old, new
	tests := []struct {
		name             string
		files            map[string]string
		edits            edits
		want, uncompared []string
		err              string
	}{
		{
			name: "as planned", files: map[string]string{"a.yaml": web, "b.yaml": web},
			edits: edits{"a.yaml": {"8080", "${P:-8080}"}}, want: []string{`a.yaml: services: {web: {image: x, ports: ["${P:-8080}:80"]}}`},
		},
		{
			name:  "beside a required variable and one that is an address",
			files: map[string]string{"a.yaml": `services: {web: {image: "x:${V:?}", ports: ["${IP:-127.0.0.1}:8080:80"]}}`},
			edits: edits{"a.yaml": {"8080", "${P:-8080}"}}, want: []string{`a.yaml: services: {web: {image: "x:${V:?}", ports: ["${IP:-127.0.0.1}:${P:-8080}:80"]}}`},
		},
		{
			name: "a document is only applied", files: map[string]string{"README.md": "Port: [8080", "a.yaml": web},
			edits: edits{"README.md": {"8080", "8081"}}, want: []string{"README.md: Port: [8081"},
			uncompared: []string{"README.md"},
		},
		{
			name: "a project that does not load", files: map[string]string{"a.yaml": strange, "b.yaml": strange},
			edits: edits{"b.yaml": {"8080", "${P:-8080}"}}, want: []string{"b.yaml: " + strings.Replace(strange, "8080", "${P:-8080}", 1)},
			uncompared: []string{"b.yaml"},
		},
		{
			name: "a project that is not valid beside its ports", files: map[string]string{"a.yaml": wrong},
			edits: edits{"a.yaml": {"8080", "${P:-8080}"}}, want: []string{"a.yaml: " + strings.Replace(wrong, "8080", "${P:-8080}", 1)},
		},
		{
			name: "another port in one that is not valid", files: map[string]string{"a.yaml": wrong},
			edits: edits{"a.yaml": {"8080", "${P:-8081}"}}, want: []string{"a.yaml: " + strings.Replace(wrong, "8080", "${P:-8081}", 1)},
			uncompared: []string{"a.yaml"},
		},
		{
			name: "more than ports", files: map[string]string{"a.yaml": web},
			edits: edits{"a.yaml": {"image: x", "image: y"}}, err: `alter "x", which is not planned`,
		},
		{
			name: "another port", files: map[string]string{"a.yaml": web},
			edits: edits{"a.yaml": {"8080", "${P:-8081}"}}, err: `container port 80 on "8081", which is not planned`,
		},
		{
			name: "an edit twice", files: map[string]string{"a.yaml": web},
			edits: edits{"a.yaml": {"8080", "1", "8080", "2"}}, err: "overlaps",
		},
		{
			name: "the first file that is wrong", files: map[string]string{"a.yaml": web, "b.yaml": web, "c.yaml": web},
			edits: edits{"a.yaml": {"8080", "9"}, "b.yaml": {"image", "imagine"}, "c.yaml": {"web", "net"}}, err: `b.yaml:1:18: the change would alter "image"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			projects, all := folder(tt.files), map[*source.File][]Edit{}
			for _, p := range projects {
				f := p.Files[0]
				if strings.HasSuffix(f.Path, ".md") {
					f = &source.File{Path: f.Path, Src: f.Src}
				}
				for change := range slices.Chunk(tt.edits[base(p)], 2) {
					at := strings.Index(string(f.Src), change[0])
					all[f] = append(all[f], Edit{source.Span{Start: at, End: at + len(change[0])}, change[1]})
				}
			}
			r, err := Verified(projects, all, Touched(projects, all))
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("want %q, got %v", tt.err, err)
			}
			var got, uncompared []string
			for _, at := range slices.Sorted(maps.Keys(r.After)) {
				got = append(got, filepath.Base(at)+": "+string(r.After[at]))
			}
			for _, p := range r.Uncompared {
				uncompared = append(uncompared, base(p))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" && err == nil {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.uncompared, uncompared); diff != "" {
				t.Errorf("not compared (-want +got):\n%s", diff)
			}
		})
	}
}
