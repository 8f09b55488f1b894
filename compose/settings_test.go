package compose

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSettings: each value that a service is given, where it stands; nothing of a file
// outside of the repository, which may be anybody's.
func TestSettings(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"repo/.git/x": "", "secret.env": "S=1\n", "repo/app/.env": "# A=1\nA=1 # B=2\n  export B = \"x # y\"\nnothing\n", "repo/app/more.env": "M=1\n",
		"repo/app/compose.yaml": `
x-env: &env {SHARED: 1}
services:
  web:
    environment: {<<: *env, OWN: "2", NONE: }
    env_file: [.env, {path: more.env}, ../../secret.env, link.env, none.env]
    labels: ["a=b", c]
    build: {args: {ARG: 3}, labels: {l: 4}}
    deploy: {labels: {d: 5}}
    command: [one, two]
    entrypoint: three
    healthcheck: {test: curl localhost}
  list: {environment: [X=1, Y]}
`,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "secret.env"), filepath.Join(dir, "repo", "app", "link.env")); err != nil {
		t.Skip(err)
	}
	app := filepath.Join(dir, "repo", "app")
	p := NewLoader(LoadOptions{}).Load([]Group{{Dir: app, Files: []string{filepath.Join(app, "compose.yaml")}}})[0]
	var got []string
	for _, s := range p.Settings() {
		line, _ := s.File.Position(s.Span.Start)
		got = append(got, fmt.Sprintf("%s:%d %s %s %s %q", filepath.Base(s.File.Path), line, s.Service, s.Key, s.Name, s.File.Src[s.Span.Start:s.Span.End]))
	}
	want := []string{
		`.env:2   A "A=1"`, `.env:3   B "export B = \"x # y\""`,
		`compose.yaml:5 web environment OWN "\"2\""`, `compose.yaml:5 web environment NONE ""`, `compose.yaml:2 web environment SHARED "1"`,
		`more.env:1   M "M=1"`,
		`compose.yaml:7 web labels a "\"a=b\""`, `compose.yaml:7 web labels c "c"`,
		`compose.yaml:8 web args ARG "3"`, `compose.yaml:8 web labels l "4"`, `compose.yaml:9 web labels d "5"`,
		`compose.yaml:10 web command command "one"`, `compose.yaml:10 web command command "two"`, `compose.yaml:11 web entrypoint entrypoint "three"`,
		`compose.yaml:13 list environment X "X=1"`, `compose.yaml:13 list environment Y "Y"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
