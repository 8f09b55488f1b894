// Package mend lints a workspace, and fixes what is safe to fix until nothing is
// left that could be.
//
// The model: a [Linter] is a workspace with what rules know besides its files: the
// configuration, the examples and documents beside them, remembered ports. [Linter.Find]
// runs the rules. [Linter.Fix] applies fixes pass after pass in memory, since a fix may
// make room for the next, verifies each pass as a migration is, and returns what is to
// be written; it writes nothing. [Refused] says which files no command edits.
//
//	l, notes, err := mend.New(w, nil)
//	findings := l.Find()
//	fixed, notes := l.Fix(findings)
package mend

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lint/table"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Linter lints one workspace.
type Linter struct {
	// Ignored are the findings that comments leave out, and Known those that the baseline
	// does, of the last that were found.
	Ignored, Known []lint.Finding
	// Unseen is what could not be looked at, each with its path as the place; say.Failure
	// where that fails the run.
	Unseen []say.Problem
	// Bugs are about projects that bugs of ours kept from being looked at, each once.
	Bugs []say.Problem

	unseen   int // of Unseen, before anything was looked at
	w        *workspace.Workspace
	options  lint.Options
	baseline map[string]bool // fingerprints of known findings; nil without a baseline
	named    string          // the baseline that a command has to name; "" for none
}

// New gathers what rules know besides the compose files of a workspace. Only names the
// rules to run; nil is all that are on. The notes are about files that can't be read
// as what they should be, which rules do without. The error is about a rule that does
// not exist.
func New(w *workspace.Workspace, only []string) (l *Linter, notes []say.Problem, err error) {
	l = &Linter{w: w, options: lint.Options{
		Strategies: w.Strategies, Remembered: w.Remembered, Neighbours: w.Neighbours,
		Settings: map[string]lint.Setting{}, Only: only, Policy: w.Config.Policy(), Root: w.Home, Elsewhere: elsewhere(w), About: w.AboutOne,
	}}
	known := lint.RuleOptions()
	for _, name := range only {
		if _, ok := known[name]; !ok {
			return nil, nil, UnknownRule("portmoor lint: --rule", name)
		}
	}
	if isolated := lint.Info; w.Config.Isolate {
		for _, name := range lint.Isolating {
			l.options.Settings[name] = lint.Setting{Severity: &isolated}
		}
	}
	for name, rule := range w.Config.Rules {
		setting := lint.Setting{All: rule.Options["all"] == "true"}
		if level, ok := lint.ParseSeverity(rule.Severity); ok {
			setting.Severity = &level
		}
		l.options.Settings[name] = setting
	}
	for _, name := range slices.Sorted(maps.Keys(w.Config.Groups)) {
		g := w.Config.Groups[name]
		l.options.Groups = append(l.options.Groups, lint.Group{Name: name, Range: g.Range, Services: g.Services})
	}
	l.options.Facts, notes = facts(w)
	notes = append(notes, Unreadable(w)...)
	l.Unseen = append(slices.Concat(w.Unseen, notes), broken(w)...)
	l.unseen = len(l.Unseen)
	l.options.Broken = l.broken
	return l, notes, nil
}

// broken notes a project that a bug of ours keeps from being looked at, once.
func (l *Linter) broken(p *compose.Project, err error) {
	bug := Bug(p, err)
	if !slices.ContainsFunc(l.Bugs, func(known say.Problem) bool { return known.Place == bug.Place }) {
		l.Bugs = append(l.Bugs, bug)
	}
}

// broken are the files that were asked for and of which only that much is known that they
// are not valid.
func broken(w *workspace.Workspace) (unseen []say.Problem) {
	seen := map[*source.File]bool{}
	for _, p := range w.Projects {
		for _, f := range p.Files {
			if compose.Broken(f) && w.Asked(f) && !seen[f] {
				unseen = append(unseen, say.Problem{Kind: say.Note, Place: f.Path, Message: "is not valid, and nothing else in it was looked at"})
			}
			seen[f] = true
		}
	}
	return unseen
}

// Bug is what there is to say of a project that a bug of ours keeps from being
// looked at.
func Bug(p *compose.Project, err error) say.Problem {
	bug := say.Of(err)
	bug.Place = p.Group.Files[0]
	return bug
}

// UnknownRule is the error about a name that no rule has.
func UnknownRule(place, name string) error {
	names := slices.Sorted(maps.Keys(lint.RuleOptions()))
	return say.Usagef(say.Meant("", name, names, "portmoor rules lists them"), "%s: no rule is named %q", place, name)
}

// Unreadable are the files of a workspace that could not be read; the rest is as good.
func Unreadable(w *workspace.Workspace) (notes []say.Problem) {
	for _, p := range w.Projects {
		for _, q := range p.Problems {
			if q.Unreadable {
				notes = append(notes, say.Problem{Place: q.File.Path, Message: q.Message, Hint: q.Hint})
			}
		}
	}
	return notes
}

// Find are the findings that concern a file which was asked for, and that neither a
// comment nor the baseline leaves out.
func (l *Linter) Find() (findings []lint.Finding) {
	l.options.Neighbours = l.w.Neighbours
	findings, l.Ignored = Run(l.w.Projects, l.options)
	slices.SortFunc(l.Bugs, func(a, b say.Problem) int { return strings.Compare(a.Place, b.Place) })
	l.Unseen = append(l.Unseen[:l.unseen:l.unseen], l.Bugs...)
	unjudged := unjudged(l.w)
	for i := range findings {
		if unjudged[findings[i].File.Path] {
			findings[i].Fix = nil
		}
	}
	other := func(f lint.Finding) bool { return !Concerns(l.w, f) }
	l.Ignored = slices.DeleteFunc(l.Ignored, other)
	findings, l.Known = l.part(slices.DeleteFunc(findings, other))
	return findings
}

// Concerns reports a finding about a file which was asked for.
func Concerns(w *workspace.Workspace, f lint.Finding) bool {
	return w.Asked(f.File) || slices.ContainsFunc(f.Related, func(r lint.Related) bool { return w.Asked(r.File) })
}

// facts are what the rules know besides the compose files and the values of
// env files. What can't be read is a note; the rest is as good.
func facts(w *workspace.Workspace) (f lint.Facts, notes []say.Problem) {
	f = lint.Facts{
		Examples: map[string][]variable.File{}, Tracked: map[string]bool{},
		Unread: map[*compose.Project][]variable.Unread{}, Refused: map[string]bool{}, Assignments: map[*compose.Project]*source.File{}, Docs: map[*compose.Project][]*source.File{},
	}
	unread := map[string]bool{}
	files := reader{files: map[string]*source.File{}, mark: w.Mark}
	for _, p := range w.Projects {
		for _, file := range p.Files {
			f.Refused[file.Path] = w.Bounds.Refuses(file.Path) != ""
		}
		assignments := files.read(w.PortsFile(p))
		if bad := corrupt(assignments); bad != nil {
			notes = append(notes, *bad)
		} else {
			f.Assignments[p] = assignments
		}
		for _, path := range Documents(w, p) {
			if doc := files.read(path); doc != nil && !slices.Contains(f.Docs[p], doc) {
				f.Docs[p] = append(f.Docs[p], doc)
			}
		}
		for _, e := range p.Env.Files() {
			f.Tracked[e.File.Path] = !tree.GitIgnored(e.File.Path, w.Tree().Environ)
		}
		for _, u := range w.Unread(p) {
			if path := u.File.File.Path; !unread[path] {
				unread[path] = true
				f.Unread[p] = append(f.Unread[p], u)
			}
		}
		lacksDefault := func(m compose.Mapping) bool { return m.HostPort.Var != "" && m.HostPort.Default == "" }
		if _, done := f.Examples[p.Dir]; !done && slices.ContainsFunc(p.Mappings, lacksDefault) {
			f.Examples[p.Dir] = w.Examples(p.Dir)
		}
	}
	return f, slices.Concat(notes, tableless(w, files), files.notes)
}

// Documents are the paths of the documents that may list the ports of a project.
func Documents(w *workspace.Workspace, p *compose.Project) []string {
	return append([]string{filepath.Join(p.Dir, "README.md")}, w.Absolute(w.Config.Docs...)...)
}

// tableless notes what the configuration lists as a document with a table, and is none.
func tableless(w *workspace.Workspace, files reader) (notes []say.Problem) {
	command := say.About{Ours: say.Flags{Config: w.About.Ours.Config}}
	if command.Ours.Config == "" && !tree.Within(w.Home, w.Dir) {
		command.In = w.Show(w.Home)
	}
	for _, path := range w.Absolute(w.Config.Docs...) {
		doc, read := files.files[path]
		switch n := (say.Problem{Kind: say.Note, Place: path}); {
		case doc != nil && len(table.Find(doc.Src)) == 0:
			n.Message, n.Hint = "no table of ports is found in it", "a table has the columns Service and Port; to make one: "+command.Portmoor("docs", "--write")
			notes = append(notes, n)
		case read && !tree.Exists(path):
			n.Message, n.Hint = "there is no such file, though docs lists it", "correct the path, or make it: "+command.Portmoor("docs", "--write")
			notes = append(notes, n)
		}
	}
	return notes
}

// corrupt is what is wrong with a file of remembered ports that is not JSON.
func corrupt(f *source.File) *say.Problem {
	if f == nil {
		return nil
	}
	var assigned map[string]any
	decoder := json.NewDecoder(bytes.NewReader(f.Src))
	if err := decoder.Decode(&assigned); err == nil && len(f.Docs) == 1 {
		return nil
	}
	bad := say.Of(say.Failf("fix the file, or remove it", "%s: byte %d: not a file of remembered ports", f.Path, decoder.InputOffset()))
	return &bad
}

// reader has the files that were read, by path, nil for one that is not there or
// can't be read.
type reader struct {
	files map[string]*source.File
	notes []say.Problem
	mark  func(*source.File)
}

func (r *reader) read(path string) *source.File {
	if f, done := r.files[path]; done {
		return f
	}
	src, err := tree.Read(path, tree.MaxDocument)
	switch {
	case err == nil && filepath.Ext(path) == ".json":
		if err := say.Guard(func() { r.files[path] = source.Parse(path, src) }); err != nil {
			r.notes = append(r.notes, say.Problem{Place: path, Message: err.Error()})
		}
	case err == nil:
		r.files[path] = &source.File{Path: path, Src: src}
	default:
		r.files[path] = nil
		if !errors.Is(err, fs.ErrNotExist) {
			r.notes = append(r.notes, say.Problem{Place: path, Message: "can't be read: " + say.Cause(err).Error()})
		}
	}
	if f := r.files[path]; f != nil {
		r.mark(f)
	}
	return r.files[path]
}
