package lint

import (
	"testing"

	"github.com/portmoor/portmoor/compose"
)

// load loads one file from memory as a project of its own.
func load(t *testing.T, src string) []*compose.Project {
	t.Helper()
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/project/compose.yaml", []byte(src))
	return l.Load([]compose.Group{{Dir: "/project", Files: []string{"/project/compose.yaml"}}})
}

// TestExamples runs the examples of every rule's documentation: the rule must
// find something in the bad one, and nothing in the good one.
func TestExamples(t *testing.T) {
	for _, r := range Rules() {
		t.Run(r.Name, func(t *testing.T) {
			options := Options{Only: []string{r.Name}}
			if r.Doc == "" || r.Severity == Off && r.Name == "" {
				t.Error("undocumented")
			}
			if got := Run(load(t, r.Bad), options); len(got) == 0 {
				t.Error("nothing found in the bad example")
			}
			for _, f := range Run(load(t, r.Good), options) {
				t.Errorf("found in the good example: %s", f.Message)
			}
		})
	}
}
