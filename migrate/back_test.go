package migrate

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/workspace"
)

// TestLeaveOneWay goes to dynamic with one host port of which another text is
// remembered than stands in the file: that one is kept, and the others are dropped.
func TestLeaveOneWay(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		".portmoor.yaml": "strategy: dynamic\n",
		"a/compose.yaml": "services: {web: {image: x, ports: [\"8080:80\", \"8081:81\"]}}\n",
		"b/compose.yaml": "services: {web: {image: x, ports: [\"9090:80\"]}}\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w, _, err := workspace.Open(workspace.Request{Dir: dir, Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", "8082", "8080-8081"} {
		m, sound := &Migration{w: w}, []bool{true, true}
		m.families = m.settled(w)
		m.Plan = m.plan(w, m.families, sound)
		if len(m.Changes) != 3 || m.Changes[0].Decision.Kind != strategies.Ephemeral {
			t.Fatalf("changes: %v", m.Changes)
		}
		if wrong != "" {
			changed := *m.Changes[0].Mapping
			changed.HostPort.Text = wrong
			m.Changes[0].Mapping = &changed
		}
		if err := m.leaveOneWay(sound); err != nil {
			t.Fatal(err)
		}
		want := 2
		if wrong == "" {
			want = 3
		}
		if len(m.Changes) != want || len(m.Skips) != 3-want {
			t.Errorf("%q: %d changes and %d skips", wrong, len(m.Changes), len(m.Skips))
		}
		for _, s := range m.Skips {
			if s.Reason != keptNoWayBack || filepath.Base(filepath.Dir(s.Mapping.File.Path)) != "a" {
				t.Errorf("%q: %s: %s", wrong, s.Mapping.File.Path, s.Reason)
			}
		}
	}
	m := &Migration{w: w}
	m.families = m.settled(w)
	m.Plan = m.plan(w, m.families, []bool{true, true})
	blank := m.Changes[0] // no host port that goes, and nothing that comes back
	blank.Decision.Kind = strategies.Parameterize
	blank.Edit = rewrite.Edit{Span: source.Span{Start: blank.Mapping.Entry.End, End: blank.Mapping.Entry.End}, New: " "}
	m.Changes = append(m.Changes, blank)
	if err := m.leaveOneWay([]bool{true, true}); err != nil || len(m.Skips) != 2 || len(m.Changes) != 2 {
		t.Fatalf("%d changes, %d skips, %v", len(m.Changes), len(m.Skips), err)
	}
	for _, s := range m.Skips {
		if s.Reason != keptWithFamily {
			t.Errorf("%s: %s", s.Mapping.File.Path, s.Reason)
		}
	}
}
