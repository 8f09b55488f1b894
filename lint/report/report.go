// Package report renders the findings of a lint run, for people and for
// programs.
//
// A [Run] is what is rendered. There is one function per format; each writes
// the findings in the order they have in the run, and the same run always gives
// the same bytes. What comes from files (paths, names, code) is never written
// raw: characters that could move the cursor, turn the text round or forge a
// line are escaped.
//
//	err := report.Text(stdout, report.Run{Findings: findings, Files: 12, Base: dir})
package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// Run is what one run of lint has to say. The zero value is a run that looked
// at no file.
type Run struct {
	// Findings are rendered in this order.
	Findings []lint.Finding
	// Ignored are findings that comments leave out, with their reasons, and Known those that a
	// baseline does. SARIF and JUnit have a place for them; Text and JSON show them if
	// ShowSuppressed is set.
	Ignored, Known []lint.Finding
	ShowSuppressed bool
	// Unseen is what could not be looked at, and why: problems of the kind say.Failure where
	// that fails the run. Place is a path.
	Unseen []say.Problem
	// Files is how many files were linted, those without findings included.
	Files int
	// Base is the absolute folder that paths are shown relative to; "" shows
	// them as they are.
	Base string
	// Root is the absolute folder that fingerprints are relative to, so that
	// they do not depend on where the run was started; "" is none.
	Root string
	// Version is that of the program, "" when it is not known.
	Version string
	// Color makes Text write ANSI colours.
	Color bool
	// Width is how many columns the terminal has. Text breaks lines of words there, and cuts
	// a longer line of code around the place that matters. 0 is no terminal: no line of words
	// is broken then, and a line of code has 160 columns.
	Width int
	// Full makes Text write all that there is to say of every finding, each time again.
	Full bool
	// All makes Text write every finding, also where there are many.
	All bool
	// See is a command that lists the findings of a rule, in one file or, if that is nil, in
	// all, and with "" as the rule all findings in full; nil where no command does.
	See func(rule string, f *source.File) string
	// Next says what to do about findings, with commands, a line each; nil for nothing.
	Next []string
}

// Summary is the run in one line for people, without a line break, such as
// "3 errors, 1 warning in 2 of 12 files; 1 can be fixed with --fix".
func Summary(run Run) string {
	n := count(run)
	if len(run.Findings) == 0 {
		return "no findings in " + say.Count(run.Files, "file")
	}
	where := say.Count(n.files, "file")
	if n.files < run.Files {
		where = fmt.Sprintf("%d of %s", n.files, say.Count(run.Files, "file"))
	}
	line := strings.Join(severities(n.errors, n.warnings, n.infos), ", ") + " in " + where
	if n.fixable > 0 {
		line += fmt.Sprintf("; %d can be fixed with --fix", n.fixable)
	}
	return line
}

type tally struct{ errors, warnings, infos, fixable, files int }

func count(run Run) tally {
	var n tally
	files := map[string]bool{}
	for _, f := range run.Findings {
		files[f.File.Path] = true
		if f.Fix != nil {
			n.fixable++
		}
		switch f.Severity {
		case lint.Error:
			n.errors++
		case lint.Warning:
			n.warnings++
		default:
			n.infos++
		}
	}
	n.files = len(files)
	return n
}

// place is where a span stands, as people and other programs count.
type place struct {
	path               string // relative to the base, with '/'; not escaped
	line, column       int    // of the first character, from 1; columns in characters
	endLine, endColumn int    // just behind the last character
}

// places finds the places of spans; it works out each file's path once.
type places struct {
	base  string
	paths map[*source.File]string
}

func newPlaces(base string) places {
	return places{base, map[*source.File]string{}}
}

func (p places) find(f *source.File, span source.Span) place {
	path, known := p.paths[f]
	if !known {
		path = say.Text(say.Path(p.base, f.Path))
		p.paths[f] = path
	}
	at := place{path: path}
	at.line, at.column = f.Position(span.Start)
	at.endLine, at.endColumn = f.Position(max(span.Start, span.End))
	return at
}

// suppressed is a finding that is left out.
type suppressed struct {
	lint.Finding
	by string // comment or baseline
}

// suppressed are the findings that are left out, by file and place.
func (run Run) suppressed() []suppressed {
	all := slices.Concat(
		lists.Map(run.Ignored, func(f lint.Finding) suppressed { return suppressed{f, "comment"} }),
		lists.Map(run.Known, func(f lint.Finding) suppressed { return suppressed{f, "baseline"} }),
	)
	slices.SortStableFunc(all, func(a, b suppressed) int {
		return cmp.Or(cmp.Compare(a.File.Path, b.File.Path), a.Span.Start-b.Span.Start)
	})
	return all
}

// why is what leaves the finding out.
func (f suppressed) why() string {
	switch {
	case f.by == "baseline":
		return "the baseline has it"
	case f.Reason == "":
		return "a comment ignores it"
	}
	return "a comment ignores it: " + f.Reason
}
