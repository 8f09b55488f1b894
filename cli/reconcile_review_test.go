package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// People change a plan by hand: a place less, another number, a place more. What
// does not fit together is refused.
func TestReconcileReviewed(t *testing.T) {
	hailoCopy(t)
	reconciled(t, "--plan", "plan.md")
	doc, err := os.ReadFile("plan.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, old, next, want string }{
		{"other bullets", "\n- ", "\n* ", ""},
		{"a place less", regexp.MustCompile("(?m)^- `Makefile:2:1`.*\n").FindString(string(doc)), "", ""},
		{"another port", "5003", "5005", ""},
		{"the table alone", "| **5003** |", "| **5005** |", "does not change the port as the table does for hailo-piper: 5002 → 5005"},
		{"a definition less", regexp.MustCompile("(?m)^- `system_services/hailo-piper/config.yaml:.*\n").FindString(string(doc)), "", "the plan gives hailo-piper port 5003, but leaves this place"},
		{"a taken port", "5003", "5001", "hailo-piper and hailo-scrfd would both get port 5001"},
		{"two on one port", "11440", "11439", "would both get port 11439"},
		{"a service less", regexp.MustCompile(`(?m)^\| hailo-clip \|.*\n`).FindString(string(doc)), "", "hailo-clip (5000) is not in the plan"},
		{"a broken line", "`port: 5003`", "port: 5003", "is no change of a place"},
		{"another text", "`port: 5003`", "`host: 5003`", "does not change the port as the table does"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.old == "" || !strings.Contains(string(doc), test.old) {
				t.Fatal("the plan has no ", test.old)
			}
			changed := strings.ReplaceAll(string(doc), test.old, test.next)
			if err := os.WriteFile("plan.md", []byte(changed), 0o644); err != nil {
				t.Fatal(err)
			}
			before := folder(t)
			code, diff, errs := reconciled(t, "--apply", "plan.md")
			if test.want == "" {
				if code != 0 || strings.Contains(diff, "+PIPER_PORT ?= ") != (test.name != "a place less") {
					t.Errorf("%d %s\n%s", code, errs, diff)
				}
				return
			}
			if code == 0 || !strings.Contains(errs, test.want) || !strings.Contains(errs, "\nhint: ") {
				t.Errorf("%d: %s", code, errs)
			}
			if code, _, _ := reconciled(t, "--apply", "plan.md", "--write"); code == 0 {
				t.Error("written all the same")
			}
			if diff := cmp.Diff(before, folder(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What people have written is not overwritten, nor the record of what was decided;
// verify counts the open places that the plan lists, and not those that it leaves.
func TestReconcileKeepsPlan(t *testing.T) {
	hailoCopy(t)
	reconciled(t, "--plan", "plan.md")
	code, out, errs := reconciled(t, "--verify", "--apply", "plan.md", "-v")
	if code != exitFindings || !strings.Contains(errs, "\n53 places with an old port") && !strings.HasPrefix(errs, "53 places with an old port") || !strings.Contains(out, "build_plans/2026-01-notes.md:9:") {
		t.Errorf("%d %s", code, errs)
	}
	doc, err := os.ReadFile("plan.md")
	if err != nil {
		t.Fatal(err)
	}
	left := regexp.MustCompile("(?m)^- (`Makefile:2:1`: `[^`]*`).*\n").FindStringSubmatch(string(doc))
	edited := strings.Replace(string(doc), left[0], "", 1)
	edited = strings.Replace(edited, "### References Left Alone\n\n", "### References Left Alone\n\n- "+left[1]+"\n", 1)
	if err := os.WriteFile("plan.md", []byte(edited), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := reconciled(t, "--plan", "plan.md"); code != exitFailure || !strings.Contains(errs, "plan.md: was changed by hand") {
		t.Errorf("%d %s", code, errs)
	}
	if code, out, errs := reconciled(t, "--apply", "plan.md", "--write", "--verify"); code != 0 {
		t.Errorf("%d %s%s", code, out, errs)
	}
	if err := os.WriteFile("plan.md", doc, 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := reconciled(t, "--plan", "plan.md"); code != exitFailure || !strings.Contains(errs, "has been carried out") {
		t.Errorf("%d %s", code, errs)
	}
	// Files that change afterwards do not stop verify.
	if err := os.WriteFile("Makefile", []byte("PIPER_PORT = 5003\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := reconciled(t, "--verify", "--apply", "plan.md"); code != 0 {
		t.Errorf("%d %s%s", code, out, errs)
	}
	// From a subfolder it is the same.
	if err := os.Mkdir(".git", 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir("docs")
	if code, out, errs := reconciled(t, "--verify", "--apply", "../plan.md"); code != 0 {
		t.Errorf("%d %s%s", code, out, errs)
	}
}

// An open place whose line a reader moves to a step changes.
func TestReconcileDecided(t *testing.T) {
	hailoCopy(t)
	reconciled(t, "--plan", "plan.md")
	src, err := os.ReadFile("plan.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(src)
	line := regexp.MustCompile("(?m)^- `build_plans/2026-01-notes.md:9:[^\n]*\n").FindString(doc)
	if line == "" {
		t.Fatal("not open")
	}
	doc = strings.Replace(doc, line, "", 1)
	moved := strings.TrimSuffix(line, "\n") + " → `localhost:5003`\n"
	at := regexp.MustCompile(`### \d+\. Update hailo-piper\n\n[^\n]*\n\n`).FindString(doc)
	doc = strings.Replace(doc, at, at+moved, 1)
	if err := os.WriteFile("plan.md", []byte(doc), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := reconciled(t, "--apply", "plan.md", "--write"); code != 0 {
		t.Fatal(errs)
	}
	notes, err := os.ReadFile("build_plans/2026-01-notes.md")
	if err != nil || !strings.Contains(string(notes), "localhost:5003") {
		t.Errorf("%s %v", notes, err)
	}
}
