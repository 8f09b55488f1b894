package strategies

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose"
)

// load reads projects from compose texts in memory. Each group names the files
// of one project, apart by blanks, in load order; one that starts with a file
// that an earlier group starts with is an overlay of it. A text named .env is
// written to disk, since env files are read from there.
func load(t testing.TB, texts map[string]string, groups ...string) []*compose.Project {
	t.Helper()
	dir := t.TempDir()
	l := compose.NewLoader(compose.LoadOptions{})
	for name, text := range texts {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if filepath.Ext(name) != ".env" {
			l.Add(path, []byte(text))
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var all []compose.Group
	for _, names := range groups {
		var g compose.Group
		for name := range strings.FieldsSeq(names) {
			g.Files = append(g.Files, filepath.Join(dir, filepath.FromSlash(name)))
		}
		g.Dir = filepath.Dir(g.Files[0])
		g.Overlay = slices.ContainsFunc(all, func(o compose.Group) bool { return o.Files[0] == g.Files[0] })
		all = append(all, g)
	}
	projects := l.Load(all)
	for _, p := range projects {
		for _, q := range p.Problems {
			t.Fatalf("%s: %s", filepath.Base(q.File.Path), q.Message)
		}
	}
	return projects
}

// service is a compose text with one service and its ports entries.
func service(name string, entries ...string) string {
	text := "services:\n  " + name + ":\n    image: x\n    ports:\n"
	for _, e := range entries {
		text += "      - " + e + "\n"
	}
	return text
}
