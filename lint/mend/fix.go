package mend

import (
	"maps"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// maxPasses bounds the passes of Fix: a fix may make room for the next.
const maxPasses = 10

// Fixed is what fixing would make of files.
type Fixed struct {
	Outputs []rewrite.Output // sorted by path
	// Left are the findings that would still be there.
	Left []lint.Finding
}

// Fix makes the safe fixes of findings in memory, pass after pass, and verifies each
// pass. The notes are about files that have fixes but can't be written. The error says
// that the result is not what was planned, and which of the fixes is to blame is not
// known.
func (l *Linter) Fix(findings []lint.Finding) (fixed Fixed, notes []say.Problem, err error) {
	before, after := map[string][]byte{}, map[string][]byte{}
	refused := map[string]bool{}
	for f := range l.edits(findings, nil) {
		refused[f.Path] = tree.IsSymlink(f.Path)
	}
	for _, path := range slices.Sorted(maps.Keys(refused)) {
		if refused[path] {
			notes = append(notes, Symlink(path))
		}
	}
	left := findings
	for range maxPasses {
		edits := l.edits(left, refused)
		if len(edits) == 0 {
			break
		}
		pass, err := apply(l.w.Projects, edits)
		if err != nil {
			// One that does not fit must not keep the others from being made.
			if left, err = l.without(left, err); err != nil {
				return fixed, notes, err
			}
			continue
		}
		for f := range edits {
			if _, seen := before[f.Path]; !seen {
				before[f.Path] = f.Src
			}
		}
		maps.Copy(after, pass)
		l.w = l.w.With(pass)
		l.options.Strategies = l.w.Strategies
		left = l.Find()
	}
	for _, path := range slices.Sorted(maps.Keys(after)) {
		fixed.Outputs = append(fixed.Outputs, rewrite.Output{Path: path, Before: before[path], After: after[path]})
	}
	fixed.Left = left
	return fixed, notes, nil
}

// Symlink is what there is to say about a file to be written that is a link, in whose
// place a rename would put a file.
func Symlink(path string) say.Problem {
	return say.Problem{Place: path, Message: "is a symlink, which is not written", Hint: "name the file that it leads to"}
}

// without takes the fixes out of findings that fail by themselves; when none
// does, it returns the error that all of them led to.
func (l *Linter) without(findings []lint.Finding, err error) ([]lint.Finding, error) {
	findings = slices.Clone(findings)
	unfit := false
	for i, f := range findings {
		if len(f.Fix) == 0 || !l.w.Asked(f.File) {
			continue
		}
		if _, bad := apply(l.w.Projects, map[*source.File][]rewrite.Edit{f.File: f.Fix}); bad != nil {
			findings[i].Fix, unfit = nil, true
		}
	}
	if unfit {
		err = nil
	}
	return findings, err
}

// edits collects those of a pass, but for refused files. Of fixes that touch each
// other only the first is taken; the next pass sees what is left.
func (l *Linter) edits(findings []lint.Finding, refused map[string]bool) map[*source.File][]rewrite.Edit {
	taken := map[*source.File][]rewrite.Edit{}
	for _, f := range findings {
		touches := slices.ContainsFunc(f.Fix, func(e rewrite.Edit) bool {
			return slices.ContainsFunc(taken[f.File], func(t rewrite.Edit) bool {
				return e.Span.Start <= t.Span.End && t.Span.Start <= e.Span.End
			})
		})
		if len(f.Fix) > 0 && !touches && !refused[f.File.Path] && l.w.Asked(f.File) {
			taken[f.File] = append(taken[f.File], f.Fix...)
		}
	}
	return taken
}

// apply makes edits in memory and verifies the files and projects.
func apply(projects []*compose.Project, edits map[*source.File][]rewrite.Edit) (map[string][]byte, error) {
	r, err := rewrite.Verified(projects, edits, rewrite.Touched(projects, edits))
	if err != nil {
		return nil, rewrite.Unplanned(err)
	}
	return r.After, nil
}
