package mend

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/workspace"
)

const (
	// maxPasses bounds the passes of Fix: a fix may make room for the next.
	maxPasses = 10
	// maxLookedFor bounds the fixes of one rule that are looked for one by one, of
	// those that do not fit; the rule's others in the same projects go with them.
	maxLookedFor = 3
)

// errUntried is why what is left after the last pass is not fixed.
var errUntried = errors.New("not tried, as other fixes had to be made first; run it again")

// Fixed is what fixing would make of files.
type Fixed struct {
	Outputs []rewrite.Output // sorted by path
	// Left are the findings that would still be there.
	Left []lint.Finding
}

// Fix makes the safe fixes of findings in memory, pass after pass, and verifies each
// pass as a migration is. The notes are about files that have fixes but are not
// edited, and about fixes that are left out, since the result would not be what it
// should or the passes are over.
func (l *Linter) Fix(findings []lint.Finding) (fixed Fixed, notes []say.Problem) {
	return l.fix(findings, maxPasses)
}

func (l *Linter) fix(findings []lint.Finding, passes int) (fixed Fixed, notes []say.Problem) {
	before, after := map[string][]byte{}, map[string][]byte{}
	m := mending{Linter: l, files: Refused(l.w, l.broken), unfit: map[string]bool{}}
	for _, f := range findings { // documents too
		if p, no := l.w.Refuses(f.File.Path); no && len(f.Fix) > 0 {
			m.files[f.File.Path] = Refusal{"the file " + l.w.Bounds.Refuses(f.File.Path), []say.Problem{p}}
		}
	}
	notes = m.untouched(findings)
	left := findings
	for range passes {
		fixes := m.fixes(left)
		if len(fixes) == 0 {
			break
		}
		pass := m.make(fixes)
		if len(pass) == 0 {
			continue // none of them fits, but one that they kept from being made might
		}
		for _, f := range fixes {
			if _, seen := before[f.File.Path]; !seen {
				before[f.File.Path] = f.File.Src
			}
		}
		maps.Copy(after, pass)
		l.follow(l.w.With(pass), pass)
		left = l.Find()
	}
	for _, path := range slices.Sorted(maps.Keys(after)) {
		fixed.Outputs = append(fixed.Outputs, rewrite.Output{Path: path, Before: before[path], After: after[path]})
	}
	for _, f := range left {
		if _, refused := m.files[f.File.Path]; refused || m.unfit[identity(f)] {
			f.Fix = nil
		} else if len(f.Fix) > 0 && m.w.Asked(f.File) {
			m.note(f, errUntried)
		}
		fixed.Left = append(fixed.Left, f)
	}
	return fixed, append(notes, m.notes...)
}

// follow goes on with a workspace in which some files are changed: what is known of a
// project besides its files is known of the project that was loaded again.
func (l *Linter) follow(next *workspace.Workspace, changed map[string][]byte) {
	facts, known := &l.options.Facts, l.options.Facts
	facts.Docs, facts.Assignments, facts.Unread = map[*compose.Project][]*source.File{}, map[*compose.Project]*source.File{}, map[*compose.Project][]variable.Unread{}
	documents := map[*source.File]*source.File{}
	for i, p := range l.w.Projects {
		again := next.Projects[i]
		if assigned, there := known.Assignments[p]; there {
			facts.Assignments[again] = assigned
		}
		facts.Unread[again] = known.Unread[p]
		for _, doc := range known.Docs[p] {
			if src, edited := changed[doc.Path]; documents[doc] == nil && edited {
				documents[doc] = &source.File{Path: doc.Path, Src: src}
			} else if !edited {
				documents[doc] = doc
			}
			facts.Docs[again] = append(facts.Docs[again], documents[doc])
		}
	}
	l.w, l.options.Strategies = next, next.Strategies
}

// mending is one call of Fix.
type mending struct {
	*Linter
	files    map[string]Refusal // that are not edited, by path
	unfit    map[string]bool    // fixes that were left out, by identity
	notes    []say.Problem      // about those
	verified int                // how often edits were verified
}

// untouched is what there is to say about files that have fixes but are not edited.
// What is not valid about them is a finding.
func (m *mending) untouched(findings []lint.Finding) (notes []say.Problem) {
	said := map[string]bool{}
	for _, f := range findings {
		refusal, refused := m.files[f.File.Path]
		if refused && !said[f.File.Path] && len(f.Fix) > 0 && m.w.Asked(f.File) {
			said[f.File.Path] = true
			if refusal.Reason == NotValid {
				refusal.Problems = []say.Problem{{Kind: say.Note, Place: f.File.Path, Message: "is not valid, and left alone"}}
			}
			notes = append(notes, refusal.Problems...)
		}
	}
	return notes
}

// fixes are the findings whose fixes a pass makes. Of those that touch each other
// only the first is taken; the next pass sees what is left.
func (m *mending) fixes(findings []lint.Finding) (taken []lint.Finding) {
	edits := map[*source.File][]rewrite.Edit{}
	for _, f := range findings {
		touches := slices.ContainsFunc(f.Fix, func(e rewrite.Edit) bool {
			return slices.ContainsFunc(edits[f.File], func(t rewrite.Edit) bool {
				return e.Span.Start <= t.Span.End && t.Span.Start <= e.Span.End
			})
		})
		_, refused := m.files[f.File.Path]
		if len(f.Fix) > 0 && !touches && !refused && !m.unfit[identity(f)] && m.w.Asked(f.File) {
			edits[f.File] = append(edits[f.File], f.Fix...)
			taken = append(taken, f)
		}
	}
	return taken
}

// identity tells a fix from others, also after the next pass.
func identity(f lint.Finding) string {
	texts := lists.Map(f.Fix, func(e rewrite.Edit) string { return e.New })
	return fmt.Sprintf("%q %s %q %q %q", f.File.Path, f.Rule, f.Service, f.Message, texts)
}

// make makes all fixes, or those that fit, and returns the files that change.
func (m *mending) make(fixes []lint.Finding) map[string][]byte {
	after, err := m.verify(fixes)
	if err == nil {
		return after
	}
	after = map[string][]byte{}
	for _, together := range m.apart(fixes) {
		maps.Copy(after, m.fitting(together))
	}
	return after
}

// verify makes fixes in memory, and holds the files and projects that they touch
// against what they were.
func (m *mending) verify(fixes []lint.Finding) (map[string][]byte, error) {
	m.verified++
	edits := map[*source.File][]rewrite.Edit{}
	for _, f := range fixes {
		edits[f.File] = append(edits[f.File], f.Fix...)
	}
	r, err := rewrite.Verified(m.w.Projects, edits, rewrite.Touched(m.w.Projects, edits))
	return r.After, err
}

// apart puts together the fixes that one project sees, in order: whether they fit
// does not depend on the others.
func (m *mending) apart(fixes []lint.Finding) [][]lint.Finding {
	part := map[*source.File]*source.File{} // a file leads to another of its part, the last one to itself
	var root func(f *source.File) *source.File
	root = func(f *source.File) *source.File {
		if part[f] == nil || part[f] == f {
			return f
		}
		part[f] = root(part[f])
		return part[f]
	}
	for _, p := range m.w.Projects {
		for _, f := range p.Files {
			part[root(f)] = root(p.Files[0])
		}
	}
	return lists.Group(fixes, func(f lint.Finding) *source.File { return root(f.File) })
}

// fitting makes those of some fixes that fit. One that does not is found by halving,
// so that what is left out costs the logarithm of their number in verifications.
func (m *mending) fitting(fixes []lint.Finding) map[string][]byte {
	left := map[string]int{} // out, by rule
	for len(fixes) > 0 {
		after, err := m.verify(fixes)
		if err == nil {
			return after
		}
		reason := err
		at := sort.Search(len(fixes)-1, func(i int) bool {
			_, err := m.verify(fixes[:i+1])
			if err != nil {
				reason = err
			}
			return err != nil
		})
		bad := fixes[at]
		left[bad.Rule]++
		m.leave(bad, reason)
		fixes = slices.Delete(slices.Clone(fixes), at, at+1)
		if left[bad.Rule] == maxLookedFor {
			fixes = m.leaveRule(fixes, bad.Rule)
		}
	}
	return nil
}

// leave leaves a fix out, and says so.
func (m *mending) leave(f lint.Finding, reason error) {
	m.unfit[identity(f)] = true
	m.note(f, reason)
}

// note says that a fix is not made.
func (m *mending) note(f lint.Finding, reason error) {
	m.notes = append(m.notes, say.Problem{Kind: say.Note, Place: m.w.Place(f.File, f.Span), Message: fmt.Sprintf("%s is not fixed: %s", f.Rule, reason)})
}

// leaveRule leaves out all other fixes of a rule, untried.
func (m *mending) leaveRule(fixes []lint.Finding, rule string) (others []lint.Finding) {
	reason := fmt.Errorf("not tried, as %d others of the rule did not fit", maxLookedFor)
	for _, f := range fixes {
		if f.Rule == rule {
			m.leave(f, reason)
		} else {
			others = append(others, f)
		}
	}
	return others
}
