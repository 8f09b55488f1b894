package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/source"
)

func renderText(t *testing.T, run Run) string {
	t.Helper()
	var b strings.Builder
	if err := Text(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// conflict is a finding with everything: another place, and a hint.
func conflict(t *testing.T) lint.Finding {
	t.Helper()
	f := file("compose.yml", `services:
  db:
    image: postgres
    ports:
      - "8080:5432"
  web:
    image: nginx
    # published twice
    ports:
      - "127.0.0.1:8080:80"
`)
	return lint.Finding{
		Rule: "host-port-conflict", Severity: lint.Error, File: f, Service: "web", Span: span(t, f, "8080:80"),
		Message: "host port 8080 is already published by db", Hint: "give one of them another port",
		Related: []lint.Related{{File: f, Span: span(t, f, "8080"), Message: "db publishes it here"}},
	}
}

func TestText(t *testing.T) {
	whole := lint.Finding{Rule: "invalid-compose", Severity: lint.Warning, File: file("a/compose.yml", "x"), Message: "no services", Hint: "add some"}
	got := renderText(t, Run{Base: base, Findings: []lint.Finding{conflict(t), whole}})
	want := `compose.yml:10:20: error: host port 8080 is already published by db [host-port-conflict]
   |
10 |       - "127.0.0.1:8080:80"
   |                    ^^^^^^^
   = compose.yml:5:10: db publishes it here
   |
 5 |       - "8080:5432"
   |          ----
   = hint: give one of them another port

a/compose.yml:1:1: warning: no services [invalid-compose]
  = hint: add some

RULE                ERRORS  WARNINGS
host-port-conflict       1         -
invalid-compose          -         1
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := renderText(t, Run{Files: 3}); got != "" {
		t.Errorf("without findings: %q", got)
	}
}

func TestRelatedAtTheSamePlace(t *testing.T) {
	f := file("c.yml", "a: [80, 81]\n")
	got := renderText(t, Run{Base: base, Findings: []lint.Finding{{
		Rule: "r", Severity: lint.Info, File: f, Span: span(t, f, "80"), Message: "m",
		Related: []lint.Related{{File: f, Span: span(t, f, "80"), Message: "same"}, {File: f, Span: span(t, f, "81"), Message: "other"}},
	}}})
	want := `c.yml:1:5: info: m [r]
  |
1 | a: [80, 81]
  |     ^^
  = c.yml:1:5: same
  = c.yml:1:9: other
  |
1 | a: [80, 81]
  |         --
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSaidOnce: the reason and the hint of a finding that an equal one in the file had are
// not said again; what is about this one alone is.
func TestSaidOnce(t *testing.T) {
	f, other := file("c.yml", "a: [80, 81]\n"), file("d.yml", "a: [80]\n")
	of := func(f *source.File, message, hint string) lint.Finding {
		return lint.Finding{Rule: "r", Severity: lint.Info, File: f, Message: message, Hint: hint}
	}
	run := Run{Base: base, Findings: []lint.Finding{
		of(f, "variable A has no default: Docker picks a port", "write ${A:-80}"),
		of(f, "variable B has no default: Docker picks a port", "write ${B:-81}"),
		of(f, "variable C has no default: docker compose refuses it", "write ${C:-82}"),
		of(f, "variable D has no default: Docker picks a port", "write ${D:-83}"),
		of(f, "not a port: \"x\"", "did you mean ports?"),
		of(f, "not a port: \"x\"", "did you mean expose?"),
		of(other, "variable A has no default: Docker picks a port", "write ${A:-80}"),
	}}
	want := `c.yml:1:1: info: variable A has no default: Docker picks a port [r]
  = hint: write ${A:-80}
c.yml:1:1: info: variable B has no default [r]
c.yml:1:1: info: variable C has no default: docker compose refuses it [r]
c.yml:1:1: info: variable D has no default: Docker picks a port [r]
c.yml:1:1: info: not a port: "x" [r]
  = hint: did you mean ports?
c.yml:1:1: info: not a port: "x" [r]
  = hint: did you mean expose?
d.yml:1:1: info: variable A has no default: Docker picks a port [r]
  = hint: write ${A:-80}
`
	if diff := cmp.Diff(want, strings.ReplaceAll(renderText(t, run), "\n\n", "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	run.Full = true
	if full := renderText(t, run); strings.Count(full, "hint:") != 7 || strings.Count(full, "Docker picks") != 4 {
		t.Errorf("not all: %s", full)
	}
}

func TestShape(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{`host port 80 is hard-coded`, `host port 8000-8002 is hard-coded`},
		{`host port 80 is also published by project "a b": the two can't run`, `host ports 1, 2 and 3 are also published by project "c": the two can't run`},
		{`write ${WEB:-80}`, `write ${DB:-5432}`},
		{`to give it a default: portmoor migrate --pin web --file a.yml`, `to give it a default: portmoor migrate --pin db`},
	} {
		if shape(c.a) != shape(c.b) || shape(c.a) == "" {
			t.Errorf("%q is %q, %q is %q", c.a, shape(c.a), c.b, shape(c.b))
		}
	}
	if a, b := shape("the text is folded"), shape("the anchor is used"); a == b {
		t.Errorf("both are %q", a)
	}
}

// TestNarrow: no line of words is wider than the terminal, and none is cut.
func TestNarrow(t *testing.T) {
	run := Run{Base: base, Findings: []lint.Finding{conflict(t), {Rule: "r", Severity: lint.Info, File: file("a.yml", "x"), Message: "m"}}, Next: []string{"to fix 2 of host-port-conflict: portmoor lint --fix"}}
	wide := renderText(t, run)
	for _, width := range []int{80, 60, 40, 24, 10} {
		run.Width = width
		got := renderText(t, run)
		for line := range strings.Lines(got) {
			if n := len(strings.TrimRight(line, "\n")); n > max(width, 28) && strings.Contains(strings.TrimSpace(line), " ") && !strings.HasPrefix(line, "compose.yml:10:20: error:") {
				t.Errorf("%d columns: %q has %d", width, line, n)
			}
		}
		if width >= 40 {
			if diff := cmp.Diff(strings.Fields(wide), strings.Fields(got)); diff != "" && width > 60 {
				t.Errorf("%d columns (-want +got):\n%s", width, diff)
			}
		}
	}
	run.Width = 40
	want := `compose.yml:10:20: error: host port 8080
    is already published by db
    [host-port-conflict]
   |
10 |       - "127.0.0.1:8080:80"
   |                    ^^^^^^^
   = compose.yml:5:10: db publishes it
     here
   |
 5 |       - "8080:5432"
   |          ----
   = hint: give one of them another port

a.yml:1:1: info: m [r]

RULE                ERRORS  INFOS
host-port-conflict       1      -
r                        -      1

to fix 2 of host-port-conflict:
  portmoor lint --fix
`
	if diff := cmp.Diff(want, renderText(t, run)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	run.Width = 30
	if got := renderText(t, run); !strings.Contains(got, "\nhost-port-conflict: 1 error\nr: 1 info\n") {
		t.Errorf("no room for a table: %s", got)
	}
}

// TestColor takes the colours out again: they must not change the layout.
func TestColor(t *testing.T) {
	run := Run{Base: base, Color: true, Findings: []lint.Finding{conflict(t)}}
	colored := renderText(t, run)
	for _, want := range []string{
		"\x1b[1mcompose.yml:10:20:\x1b[0m \x1b[1;31merror:\x1b[0m host port",
		"\x1b[1;31m^^^^^^^\x1b[0m\n",
		"\x1b[1;34m----\x1b[0m\n",
	} {
		if !strings.Contains(colored, want) {
			t.Errorf("%q is not in %q", want, colored)
		}
	}
	run.Color = false
	stripped := strings.NewReplacer("\x1b[0m", "", "\x1b["+bold+"m", "", "\x1b["+red+"m", "", "\x1b["+blue+"m", "").Replace(colored)
	if diff := cmp.Diff(renderText(t, run), stripped); diff != "" {
		t.Errorf("(-plain +stripped):\n%s", diff)
	}
}

func TestUglyText(t *testing.T) {
	for _, c := range []struct {
		name, src, marked string
		want              string
	}{
		{"emoji", "a: 🎉👩\u200d👩\u200d👧 8080", "8080", `
c.yml:1:11: info: m [r]
  |
1 | a: 🎉👩` + "\u200d👩\u200d" + `👧 8080
  |         ^^^^
`},
		{"CJK is marked two columns wide", "漢字: 漢8", "漢8", `
c.yml:1:5: info: m [r]
  |
1 | 漢字: 漢8
  |       ^^^
`},
		{"tabs", "\ta:\t\"80\t\"", "80\t", `
c.yml:1:6: info: m [r]
  |
1 |     a:    "80    "
  |            ^^^^^^
`},
		{"combining", "e\u0301u\u0308: 80", "80", `
c.yml:1:7: info: m [r]
  |
1 | e` + "\u0301u\u0308" + `: 80
  |     ^^
`},
		{"CRLF", "a:\r\n  - 80\r\n", "80", `
c.yml:2:5: info: m [r]
  |
2 |   - 80
  |     ^^
`},
		{"lone CR", "a:\r  - 80\r", "80", `
c.yml:2:5: info: m [r]
  |
2 |   - 80
  |     ^^
`},
		{"BOM", "\ufeffa: 80", "80", `
c.yml:1:4: info: m [r]
  |
1 | a: 80
  |    ^^
`},
		{"bidi and escapes", "\u202eweb\u2069\x1b[2K: 80", "80", `
c.yml:1:12: info: m [r]
  |
1 | \u202eweb\u2069\x1b[2K: 80
  |                         ^^
`},
		{"several lines", "a: [80,\n  81]\n", "80,\n  81", `
c.yml:1:5: info: m [r]
  |
1 | a: [80,
  |     ^^^
`},
		{"a very long line", `{"a":"` + strings.Repeat("漢", 300) + `","p":["8080:80"],"b":"` + strings.Repeat("b", 900) + `"}`, "8080", `
c.yml:1:315: info: m [r]
  |
1 | …漢漢","p":["8080:80"],"b":"bbbbbbbbbbb…
  |              ^^^^
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := file("c.yml", c.src)
			got := renderText(t, Run{Base: base, Width: 44, Findings: []lint.Finding{
				{Rule: "r", Severity: lint.Info, File: f, Span: span(t, f, c.marked), Message: "m"},
			}})
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestForgery has names that try to look like another finding.
func TestForgery(t *testing.T) {
	const forged = "web\nx.yml:1:1: error: forged [r]\r\u2028\x1b[1A\u202e"
	f := file(forged, "a")
	got := renderText(t, Run{Base: base, Findings: []lint.Finding{{
		Rule: "r", Severity: lint.Error, File: f, Message: forged, Hint: forged,
		Related: []lint.Related{{File: f, Span: source.Span{}, Message: forged}},
	}}})
	const escaped = `web\nx.yml:1:1: error: forged [r]\r\u2028\x1b[1A\u202e`
	want := escaped + ":1:1: error: " + escaped + " [r]\n" +
		"  = " + escaped + ":1:1: " + escaped + "\n" +
		"  = hint: " + escaped + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
