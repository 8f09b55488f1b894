package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portmoor/portmoor/lint"
)

// TestRules runs the examples of every rule's documentation as a user would:
// the rule must find something in the bad one and nothing in the good one.
func TestRules(t *testing.T) {
	for _, r := range lint.Rules() {
		t.Run(r.Name, func(t *testing.T) {
			if len(r.Doc) < 100 || r.Bad == "" || r.Good == "" || r.Title == "" || len(r.Title) > 48 || strings.HasSuffix(r.Title, ".") {
				t.Errorf("undocumented, without examples, or the title %q is not a short one", r.Title)
			}
			for text, want := range map[string]bool{r.Bad: true, r.Good: false} {
				dir := t.TempDir()
				writeExample(t, dir, text)
				_, out, errs := run("portmoor", "lint", "--rule", r.Name, "--format", "json", dir)
				var got struct {
					Findings []struct {
						Rule, Severity, Message string
						Line, Column            int
					}
				}
				if err := json.Unmarshal([]byte(out), &got); err != nil {
					t.Fatalf("%v: %s", err, errs)
				}
				if (len(got.Findings) > 0) != want || errs != "" {
					t.Errorf("found %v in:\n%s\n%s", got.Findings, text, errs)
				}
				for _, f := range got.Findings {
					if f.Rule != r.Name || f.Message == "" || strings.HasSuffix(f.Message, ".") || f.Line == 0 {
						t.Errorf("finding %v", f)
					}
				}
			}
		})
	}
}

// TestRuleExamples: each example is one of a rule. One that is left over, or
// misspelt, would be shown to nobody.
func TestRuleExamples(t *testing.T) {
	files, err := os.ReadDir(filepath.Join("..", "lint", "examples"))
	if err != nil || len(files) != 2*len(lint.Rules()) {
		t.Errorf("%d examples of %d rules: %v", len(files), len(lint.Rules()), err)
	}
}

// writeExample writes the files of an example, which is an archive or one
// compose file.
func writeExample(t *testing.T, dir, text string) {
	t.Helper()
	archive := txtar.Parse([]byte(text))
	if len(archive.Files) == 0 {
		archive.Files = []txtar.File{{Name: "compose.yaml", Data: []byte(text)}}
	}
	for _, f := range archive.Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
