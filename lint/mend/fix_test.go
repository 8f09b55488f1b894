package mend

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/workspace"
)

// linter lints a folder with files, by the rules named.
func linter(t *testing.T, files map[string]string, rules ...string) *Linter {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w, _, err := workspace.Open(workspace.Request{Dir: dir, Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	l, _, err := New(w, rules)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestFixRefused has many fixes of which none fits, beside two that do: those are
// made, the others cost few verifications, and somebody is told.
func TestFixRefused(t *testing.T) {
	const bad = 60
	var text strings.Builder
	text.WriteString("services:\n  api: {image: x, environment: [\"U=${B}\"], ports: [\"$B:90\"]}\n")
	for i := range bad {
		fmt.Fprintf(&text, "  s%d: {image: x, ports: [\"%d:80\"]}\n", i, 10000+i)
	}
	l := linter(t, map[string]string{
		"compose.yaml": text.String(), ".env.example": "B=9000\n",
		"other.compose.yaml": "services: {web: {image: x, ports: [\"8080:80\"]}}\n",
	}, "hardcoded-host-port", "missing-default")
	findings := l.Find()
	for i, f := range findings {
		if strings.HasPrefix(f.Service, "s") {
			findings[i].Fix = []rewrite.Edit{{Span: f.Fix[0].Span, New: "1"}} // another port than it was
		}
	}
	m := mending{Linter: l, unfit: map[string]bool{}}
	fixes := m.fixes(findings)
	if len(fixes) != bad+2 {
		t.Fatalf("%d fixes", len(fixes))
	}
	after := m.make(fixes)
	if most := 2 + (maxLookedFor+1)*7; m.verified > most {
		t.Errorf("%d verifications for %d fixes, more than %d", m.verified, len(fixes), most)
	}
	for name, want := range map[string]string{"compose.yaml": "${B:-9000}:90", "other.compose.yaml": "${WEB_HOST_PORT:-8080}:80"} {
		if text := string(after[filepath.Join(l.w.Dir, name)]); !strings.Contains(text, want) || strings.Contains(text, "\"1:80") {
			t.Errorf("%s is not fixed as it should be: %q", name, text)
		}
	}
	places := map[string]bool{} // each that is left is named, with the reason
	for i, n := range m.notes {
		places[n.Place] = true
		tried := !strings.HasSuffix(n.Message, ": not tried, as 3 others of the rule did not fit")
		if !strings.HasPrefix(n.Message, "hardcoded-host-port is not fixed: ") || tried != (i < maxLookedFor) {
			t.Errorf("note %d: %v", i, n)
		}
	}
	if len(m.notes) != bad || len(places) != bad {
		t.Errorf("%d notes about %d places, of %d", len(m.notes), len(places), bad)
	}
}

// TestFixPasses: what the last pass leaves is named, and what a further one would mend
// is still said to have a fix.
func TestFixPasses(t *testing.T) {
	for passes, want := range []int{2, 0} {
		l := linter(t, map[string]string{"compose.yaml": "services: {web: {image: x, ports: [22:22]}}\n"}, "hardcoded-host-port", "unquoted-port")
		fixed, notes := l.fix(l.Find(), passes)
		if len(fixed.Left) != want || len(notes) != want {
			t.Errorf("%d passes leave %d findings, with the notes %v", passes, len(fixed.Left), notes)
		}
		for i, n := range notes {
			if len(fixed.Left[i].Fix) == 0 || n.Place == "" || !strings.HasSuffix(n.Message, " is not fixed: not tried, as other fixes had to be made first; run it again") {
				t.Errorf("%d passes: %v", passes, n)
			}
		}
	}
}
