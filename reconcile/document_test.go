package reconcile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/workspace"
)

// A command that people copy is about what the plan is about, and a file that is
// called as a flag is no flag.
func TestArguments(t *testing.T) {
	for want, d := range map[string]Document{
		"plan.md":                  {Path: "plan.md"},
		"'a plan.md' x 'it'\\''s'": {Path: "a plan.md", About: workspace.Request{Paths: []string{"x", "it's"}}},
		"./-p.md ./--write":        {Path: "-p.md", About: workspace.Request{Paths: []string{"--write"}}},
		"p.md --config c.yaml --file a.yaml --file 'b c.yaml' --profile dev": {
			Path: "p.md", About: workspace.Request{Config: "c.yaml", Files: []string{"a.yaml", "b c.yaml"}, Profiles: []string{"dev"}},
		},
	} {
		if got := d.Arguments(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A document that says the same keeps its bytes, whatever its date and its line
// breaks: otherwise each run would be a change to review.
func TestSaveAgain(t *testing.T) {
	inv := inventory(t, "compose.yaml", `services: {a: {image: a, ports: ["8080:80"]}, b: {image: b, ports: ["8080:80"]}}`)
	p, err := inv.Plan(Search{})
	if err != nil {
		t.Fatal(err)
	}
	doc := Document{Path: filepath.Join(inv.w.Dir, "plan.md")}
	p.Date = "2026-02-05"
	if err := doc.Save(inv.w, p); err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(doc.Path)
	if err != nil {
		t.Fatal(err)
	}
	dos := strings.ReplaceAll(string(src), "\n", "\r\n")
	if err := os.WriteFile(doc.Path, []byte(dos), 0o644); err != nil {
		t.Fatal(err)
	}
	p.Date = "2026-02-06"
	if err := doc.Save(inv.w, p); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(doc.Path); err != nil || string(again) != dos {
		t.Errorf("%v: %s", err, again)
	}
	p.Author = "somebody else"
	if err := doc.Save(inv.w, p); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(doc.Path); err != nil || !strings.Contains(string(again), "**Date:** 2026-02-06  \n") {
		t.Errorf("%v: a plan that says something else is not written:\n%s", err, again)
	}
}
