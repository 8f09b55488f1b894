package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

func renderJSON(t *testing.T, run Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := JSON(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestJSON(t *testing.T) {
	f := file("stacks/compose.yml", "\ufeff# 🎉\r\n  - \"<é>8080\r\n:80\"")
	got := renderJSON(t, Run{
		Files: 2, Base: base,
		Findings: []lint.Finding{{
			Rule: "hardcoded-host-port", Severity: lint.Warning, File: f, Span: span(t, f, "8080\r\n:80"), Service: "web",
			Message: "a <b> & c", Hint: "write it",
			Related: []lint.Related{{File: f, Span: span(t, f, "🎉"), Message: "here"}},
			Fix:     []rewrite.Edit{{}},
		}},
	})
	want := `{
  "version": 1,
  "findings": [
    {
      "rule": "hardcoded-host-port",
      "severity": "warning",
      "file": "stacks/compose.yml",
      "line": 2,
      "column": 9,
      "end_line": 3,
      "end_column": 4,
      "service": "web",
      "message": "a <b> & c",
      "hint": "write it",
      "related": [
        {
          "file": "stacks/compose.yml",
          "line": 1,
          "column": 3,
          "message": "here"
        }
      ],
      "fixable": true
    }
  ],
  "summary": {
    "files": 2,
    "errors": 0,
    "warnings": 1,
    "infos": 0
  }
}
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJSONWithoutFindings(t *testing.T) {
	want := `{
  "version": 1,
  "findings": [],
  "summary": {
    "files": 0,
    "errors": 0,
    "warnings": 0,
    "infos": 0
  }
}
`
	if diff := cmp.Diff(want, string(renderJSON(t, Run{}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJSONKeepsEveryCharacter(t *testing.T) {
	text := strings.Join(ugly, "") + "\\ \" \n \r \U000e0061 </script>"
	f := file(text, text)
	raw := renderJSON(t, Run{Base: base, Findings: []lint.Finding{
		{Rule: "r", Severity: lint.Error, File: f, Service: text, Message: text, Hint: text, Related: []lint.Related{{File: f, Message: text}}},
		{Severity: lint.Info, File: f, Span: source.Span{Start: 1, End: 2}},
	}})
	if strings.ContainsFunc(strings.ReplaceAll(string(raw), "\n", ""), say.Hidden) {
		t.Errorf("not escaped: %q", raw)
	}
	var back jsonRun
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&back); err != nil {
		t.Fatal(err)
	}
	want := jsonRun{
		Version: 1,
		Findings: []jsonFinding{
			{"r", "error", text, 1, 1, 1, 1, text, text, text, []jsonRelated{{text, 1, 1, text}}, false},
			{"", "info", text, 1, 2, 1, 3, "", "", "", []jsonRelated{}, false},
		},
		Summary: jsonSummary{Files: 0, Errors: 1, Infos: 1},
	}
	if diff := cmp.Diff(want, back); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
