package compose

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFamilies is the law of which projects share the names of their variables: those
// whose files stand in one folder, or that meet in a file; the family is called after
// the first of their folders. Two families too many give one mapping two names, one too
// few keeps a name from a service that never meets the other.
func TestFamilies(t *testing.T) {
	l := NewLoader(LoadOptions{})
	for path, text := range map[string]string{
		"/r/a/compose.yaml": "services: {web: {image: x}}", "/r/a/compose.dev.yaml": "services: {web: {image: x}}",
		"/r/b/compose.yaml": "include: [../c/compose.yaml]", "/r/c/compose.yaml": "services: {db: {image: x}}",
		"/r/d/compose.yaml": "services: {api: {extends: {file: ../e/base.yaml, service: base}}}", "/r/e/base.yaml": "services: {base: {image: x}}",
		"/r/f/compose.yaml": "services: {web: {image: x}}",
	} {
		l.Add(path, []byte(text))
	}
	var groups []Group
	for _, path := range []string{"/r/a/compose.yaml", "/r/a/compose.dev.yaml", "/r/b/compose.yaml", "/r/c/compose.yaml", "/r/d/compose.yaml", "/r/e/base.yaml", "/r/f/compose.yaml"} {
		groups = append(groups, Group{Dir: path[:strings.LastIndexByte(path, '/')], Files: []string{path}})
	}
	for range 2 {
		got := map[string]string{}
		for _, p := range l.Load(groups) {
			got[p.Group.Files[0]] = p.Family
		}
		want := map[string]string{
			"/r/a/compose.yaml": "/r/a", "/r/a/compose.dev.yaml": "/r/a", "/r/b/compose.yaml": "/r/b", "/r/c/compose.yaml": "/r/b",
			"/r/d/compose.yaml": "/r/d", "/r/e/base.yaml": "/r/d", "/r/f/compose.yaml": "/r/f",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for i, j := 0, len(groups)-1; i < j; i, j = i+1, j-1 { // the order does not matter
			groups[i], groups[j] = groups[j], groups[i]
		}
	}
}
