package lint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lint/comment"
	"github.com/portmoor/portmoor/lint/meet"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

var unusedIgnore = Rule{
	Name:     "unused-ignore",
	Title:    "A comment ignores nothing",
	Severity: Warning,
	Doc: `A comment disables a rule where the rule finds nothing, or names a rule that does not exist. Remove it, so
that it does not hide a later finding. "# portmoor:ignore RULE[, RULE] reason" applies to its own line, or, alone on a
line, to the next one; "# portmoor:ignore-file RULE reason" applies to the file.`,
	Check: func(*Pass) {}, // Run reports it, when all other rules are done
}

// ignore is one rule that a comment names, and whether it has ignored something.
type ignore struct {
	comment.Ignore

	file *source.File
	used atomic.Bool
}

// ignoreKey is where ignores of a rule are looked up.
type ignoreKey struct {
	file *source.File
	rule string
	line int
}

// readIgnores reads the comments of all files of a run.
func (r *run) readIgnores() {
	r.ignores = map[ignoreKey][]*ignore{}
	seen, meant := map[*source.File]bool{}, ruleMeant()
	for _, p := range r.projects {
		files := lists.Map(p.Env.Files(), func(e variable.File) *source.File { return e.File })
		for _, f := range slices.Concat(p.Files, files) {
			if seen[f] {
				continue
			}
			seen[f] = true
			var found []comment.Ignore
			r.guard(p, func() { found = comment.Ignores(f, meant) })
			for _, i := range found {
				ig := &ignore{Ignore: i, file: f}
				ig.used.Store(p.Partial) // what it ignores may be what nobody could read
				key := ignoreKey{f, ig.Rule, ig.Line}
				r.ignores[key] = append(r.ignores[key], ig)
				r.comments = append(r.comments, ig)
			}
		}
	}
}

// ruleMeant tells the words that are rules, or rules misspelt, of which it knows the
// first few.
func ruleMeant() func(word string) bool {
	known, asked := map[string]bool{}, 0
	for _, rule := range rules() {
		known[rule.Name] = true
	}
	all := slices.Sorted(maps.Keys(known))
	return func(word string) bool {
		if known[word] {
			return true
		}
		asked++
		return asked <= maxNearest && say.Nearest(word, all) != ""
	}
}

// ignored is a comment that ignores a rule at one of some places; nil for none.
func (r *run) ignored(rule string, f *source.File, spans ...source.Span) (by *ignore) {
	if len(r.ignores) == 0 || f == nil {
		return nil
	}
	use := func(line int) {
		for _, ig := range r.ignores[ignoreKey{f, rule, line}] {
			ig.used.Store(true)
			by = cmp.Or(by, ig)
		}
	}
	use(0)
	for _, s := range spans {
		if s != (source.Span{}) {
			line, _ := f.Position(s.Start)
			use(line)
		}
	}
	return by
}

// ignores reports whether a comment ignores the pass's rule at the earlier end
// of what it is about to find: then only that end does not count.
func (p *Pass) ignores(m *compose.Mapping) bool {
	written, extends := p.run.ignored(p.rule.Name, m.File, m.Entry, m.Host), p.run.ignored(p.rule.Name, m.Extends.File, m.Extends.Span)
	return written != nil || extends != nil
}

// earlier is the first of some mappings that is the other end of a finding, if there is
// one that no comment ignores; else the finding is an ignored one.
func (p *Pass) earlier(all []meet.Publication, is func(meet.Publication) bool) (end meet.Publication, found bool) {
	for _, e := range all {
		switch {
		case !is(e):
		case !p.ignores(e.Mapping):
			return e, true
		case !found:
			end, found = e, true
		}
	}
	return end, found
}

// suppress parts the findings that comments ignore from the others, and adds to these
// what comments ignore in vain.
func (r *run) suppress(all []Finding) (findings, ignored []Finding) {
	findings = make([]Finding, 0, len(all)+len(r.comments))
	for _, f := range all {
		by := cmp.Or(r.ignored(f.Rule, f.File, f.Span), r.ignored(f.Rule, f.entry.file, f.entry.span))
		for _, rel := range f.Related {
			by = cmp.Or(by, r.ignored(f.Rule, rel.File, rel.Span), r.ignored(f.Rule, rel.entry.file, rel.entry.span))
		}
		if by == nil {
			findings = append(findings, f)
			continue
		}
		f.Reason = by.Reason
		ignored = append(ignored, f)
	}
	return append(findings, r.unusedIgnores()...), ignored
}

// unusedIgnores reports the comments that ignore nothing. A rule that did not
// run could have found something.
func (r *run) unusedIgnores() (found []Finding) {
	severity := r.severity(&unusedIgnore)
	if severity == Off {
		return nil
	}
	ran := map[string]bool{}
	for i, rule := range rules() {
		ran[rule.Name] = r.severity(&rules()[i]) != Off && rule.Strategies == nil
	}
	misspelt, more := 0, 0
	for _, ig := range r.comments {
		f := Finding{Rule: unusedIgnore.Name, Severity: severity, File: ig.file, Span: ig.Span, Hint: "remove the comment"}
		switch looked, exists := ran[ig.Rule]; {
		case ig.used.Load(), r.unjudged[ig.file], ig.Rule == hardcodedHostPort.Name && r.options.Facts.Refused[ig.file.Path]:
			continue
		case ig.Rule == "":
			f.Message, f.Hint = "the comment names no rule to ignore", "write the rule's name after it"
		case !exists:
			f.Message = fmt.Sprintf("no rule is named %s", quote(ig.Rule))
			if misspelt++; misspelt > maxNearest {
				break
			}
			if near := say.Nearest(ig.Rule, slices.Sorted(maps.Keys(ran))); near != "" {
				f.Hint = "did you mean " + near + "?"
			}
		case !looked:
			continue
		default:
			f.Message = fmt.Sprintf("%s finds nothing to ignore here", ig.Rule)
		}
		if len(found) == maxFindings {
			more++
			continue
		}
		found = append(found, f)
	}
	if more > 0 {
		found = append(found, leftOut(found[0], more))
	}
	return found
}
