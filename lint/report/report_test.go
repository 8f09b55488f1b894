package report

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

const base = "/home/me/app"

func file(name, src string) *source.File {
	return &source.File{Path: base + "/" + name, Src: []byte(src)}
}

// span is where text stands in f for the first time.
func span(t testing.TB, f *source.File, text string) source.Span {
	t.Helper()
	i := strings.Index(string(f.Src), text)
	if i < 0 {
		t.Fatalf("%q is not in %s", text, f.Path)
	}
	return source.Span{Start: i, End: i + len(text)}
}

func TestSummary(t *testing.T) {
	a, b := file("a.yml", ""), file("b.yml", "")
	of := func(f *source.File, s lint.Severity) lint.Finding { return lint.Finding{File: f, Severity: s} }
	fixable := of(a, lint.Warning)
	fixable.Fix = []rewrite.Edit{{}}
	for _, c := range []struct {
		want string
		run  Run
	}{
		{"no findings in 0 files", Run{}},
		{"no findings in 1 file", Run{Files: 1}},
		{"1 error in 1 file", Run{Files: 1, Findings: []lint.Finding{of(a, lint.Error)}}},
		{"1 error in 1 of 12 files", Run{Files: 12, Findings: []lint.Finding{of(a, lint.Error)}}},
		{
			"2 errors, 1 warning, 1 info in 2 of 3 files; 1 can be fixed with --fix",
			Run{Files: 3, Findings: []lint.Finding{fixable, of(a, lint.Info), of(b, lint.Error), of(a, lint.Error)}},
		},
	} {
		if got := Summary(c.run); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestRelative(t *testing.T) {
	for _, c := range []struct{ base, path, want string }{
		{"/home/me/app", "/home/me/app/compose.yml", "compose.yml"},
		{"/home/me/app", "/home/me/app/stacks/db/compose.yml", "stacks/db/compose.yml"},
		{"/home/me/app", "/home/me/other/compose.yml", "../other/compose.yml"},
		{"/home/me/app", "<stdin>", "<stdin>"},
		{"", "/home/me/app/compose.yml", "/home/me/app/compose.yml"},
	} {
		if got := say.Path(c.base, c.path); got != c.want {
			t.Errorf("%s from %q: got %s, want %s", c.path, c.base, got, c.want)
		}
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWriteError(t *testing.T) {
	run := many(t, 100)
	for name, render := range map[string]func(io.Writer, Run) error{"text": Text, "json": JSON} {
		if err := render(fullDisk{}, run); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v, want %v", name, err, errFull)
		}
	}
}

// many is a run of n findings in one file, each related to the one before.
func many(t testing.TB, n int) Run {
	t.Helper()
	src := "services:\n" + strings.Repeat("  web:\n    ports:\n      - \"8080:80\" # grün\n", n)
	f := file("compose.yml", src)
	run := Run{Files: 1, Base: base}
	at := 0
	for range n {
		at += strings.Index(src[at:], "8080")
		run.Findings = append(run.Findings, lint.Finding{
			Rule: "host-port-conflict", Severity: lint.Error, File: f, Service: "web",
			Span:    source.Span{Start: at, End: at + len("8080")},
			Message: "host port 8080 is already published by web", Hint: "give one of them another port",
			Related: []lint.Related{{File: f, Span: span(t, f, "8080"), Message: "web publishes it here"}},
		})
		at++
	}
	return run
}

func BenchmarkText(b *testing.B) {
	for run := many(b, 2000); b.Loop(); {
		Text(io.Discard, run)
	}
}

func BenchmarkJSON(b *testing.B) {
	for run := many(b, 2000); b.Loop(); {
		JSON(io.Discard, run)
	}
}

// BenchmarkTextOneLine is a file without line breaks, as minified JSON is.
func BenchmarkTextOneLine(b *testing.B) {
	run := many(b, 2000)
	f := run.Findings[0].File
	oneLine := &source.File{Path: f.Path, Src: []byte(strings.ReplaceAll(string(f.Src), "\n", " "))}
	for i := range run.Findings {
		run.Findings[i].File = oneLine
		run.Findings[i].Related[0].File = oneLine
	}
	for b.Loop() {
		Text(io.Discard, run)
	}
}
