package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/migrate"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/workspace"
)

// migrationView is a migration with what the flags say about its output.
type migrationView struct {
	w                           *workspace.Workspace
	m                           *migrate.Migration
	strategy                    string // of --strategy, "" without it
	json, write, check, verbose bool
	style                       style
}

// migrator is the program at work for migrate.
type migrator struct{ *program }

// showMigration prints what the run does: JSON, the list of changes with
// --check, nothing but a summary with --write, else a diff.
func (c migrator) showMigration(v migrationView) error {
	switch {
	case v.json:
		return say.JSON(c.Out, migrationReportOf(v.w, v.m), true)
	case v.check:
		for _, ch := range v.m.Changes {
			before, after := scalar(ch)
			fmt.Fprintf(c.Out, "%s: service %s: %s would become %s\n", say.Visible(v.w.Place(ch.Mapping.File, ch.Mapping.Scalar)), say.Visible(ch.Mapping.Service), say.Visible(before), say.Visible(after))
		}
		for _, s := range v.m.Left() {
			if s.Mapping.File.Outside {
				continue // of which a note names the file
			}
			fmt.Fprintf(c.Out, "%s: service %s: host port %s is left: %s\n", say.Visible(v.w.Place(s.Mapping.File, s.Mapping.Entry)), say.Visible(s.Mapping.Service), s.Mapping.HostPort.Ports, say.Visible(s.Reason))
		}
	case !v.write:
		if err := c.diff(v.w.Dir, v.m.Outputs, v.style); err != nil {
			return err
		}
	}
	c.summary(v)
	return nil
}

// diff prints outputs as a patch for a folder; on a terminal in colours and without
// anything that could fool it.
func (c *console) diff(dir string, outputs []rewrite.Output, style style) error {
	for _, o := range outputs {
		whole := []rewrite.Edit{{Span: source.Span{End: len(o.Before)}, New: string(o.After)}}
		text, err := rewrite.Diff(say.Path(dir, o.Path), o.Before, whole)
		if err != nil {
			return err
		}
		if style.width > 0 {
			text = say.VisibleLines(text)
		}
		if style.color {
			text = colored(text)
		}
		fmt.Fprint(c.Out, text)
	}
	return nil
}

func colored(diff string) string {
	var b strings.Builder
	for line := range strings.Lines(diff) {
		color := ""
		switch {
		case strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "---"):
			color = "\x1b[1m"
		case strings.HasPrefix(line, "@@"):
			color = "\x1b[36m"
		case strings.HasPrefix(line, "+"):
			color = "\x1b[32m"
		case strings.HasPrefix(line, "-"):
			color = "\x1b[31m"
		}
		if color == "" {
			b.WriteString(line)
			continue
		}
		b.WriteString(color + strings.TrimSuffix(line, "\n") + "\x1b[0m\n")
	}
	return b.String()
}

// summary counts files and mappings, and the reasons of those that stay.
func (c migrator) summary(v migrationView) {
	w, m, verb := v.w, v.m, "would change"
	if v.write {
		verb = "changed"
	}
	fmt.Fprintf(c.Err, "%s: %s, %d %s; %s, %d %s, %d kept\n", strategyName(w),
		say.Count(w.FilesAsked(), "file"), len(m.Files()), verb, say.Count(len(m.Changes)+len(m.Skips), "mapping"), len(m.Changes), verb, len(m.Skips))
	reasons := map[string]int{}
	for _, s := range m.Skips {
		reasons[s.Reason]++
	}
	for _, r := range slices.SortedFunc(maps.Keys(reasons), func(a, b string) int { return cmp.Or(reasons[b]-reasons[a], cmp.Compare(a, b)) }) {
		fmt.Fprintf(c.Err, "  %d kept: %s\n", reasons[r], say.Visible(r))
	}
	if left := len(m.Left()); left > 0 {
		fmt.Fprintf(c.Err, "  left: %s that can't be rewritten\n", say.Count(left, "fixed host port"))
	}
	if v.verbose {
		for _, s := range m.Skips {
			if s.Mapping.File.Outside {
				continue // of which a note names the file
			}
			fmt.Fprintf(c.Err, "  %s: service %s: %s\n", say.Visible(w.Place(s.Mapping.File, s.Mapping.Entry)), say.Visible(s.Mapping.Service), say.Visible(s.Reason))
		}
	}
	if reasons[strategies.KeptNoDefault] > 0 {
		fmt.Fprintf(c.Err, "hint: to take defaults from an example env file: %s\n", say.Visible(w.About.Portmoor("lint", "--fix")))
	}
	if m.Pinnable > 0 {
		fmt.Fprintf(c.Err, "hint: to give what Docker picks a default: %s\n", say.Visible(w.About.Pin()))
	}
	if m.Invalid > 0 {
		fmt.Fprintf(c.Err, "  %s not valid, and left alone\n", say.Count(m.Invalid, "file"))
	}
	if m.Kept != "" && v.write {
		fmt.Fprintf(c.Err, "the previous host ports are kept in %s, so that migrating back restores them\n", say.Visible(w.Show(m.Kept)))
	}
	if m.Conflicts > 0 {
		fmt.Fprintf(c.Err, "%s between host ports; to see them: %s\n", say.Count(m.Conflicts, "conflict"), say.Visible(w.About.Portmoor("lint")))
	}
	if len(m.Outputs) > 0 && !v.write && !v.check {
		fmt.Fprintln(c.Err, "nothing is written yet: add --write")
	}
	if v.strategy != "" && v.strategy != cmp.Or(w.Config.Strategy, "auto") && v.write && len(m.Outputs) > 0 {
		fmt.Fprintf(c.Err, "to keep to it, write strategy: %s into %s\n", v.strategy, config.Name)
	}
}

// strategyName is the run's strategy, or "mixed" where projects differ.
func strategyName(w *workspace.Workspace) string {
	name := ""
	for _, p := range w.Projects {
		s := string(w.Strategies[p])
		if name != "" && s != name {
			return "mixed"
		}
		name = s
	}
	return name
}

// scalar is the text that a change edits, before and after.
func scalar(ch rewrite.Change) (before, after string) {
	m, e := ch.Mapping, ch.Edit
	src := m.File.Src
	return string(src[m.Scalar.Start:m.Scalar.End]), string(src[m.Scalar.Start:e.Span.Start]) + e.New + string(src[e.Span.End:m.Scalar.End])
}

// The JSON of migrate, version 1. Lines and columns are those of the text that is
// quoted, before or text, and count from 1, columns in characters; paths are relative to the working folder, with slashes.
type migrationReport struct {
	Version  int             `json:"version"`
	Strategy string          `json:"strategy"`
	Files    []migrationFile `json:"files"`
	Summary  struct {
		Files        int `json:"files"`
		FilesChanged int `json:"files_changed"`
		Mappings     int `json:"mappings"`
		Changed      int `json:"changed"`
		Skipped      int `json:"skipped"`
		Left         int `json:"left"`
	} `json:"summary"`
}

type migrationFile struct {
	File    string            `json:"file"`
	Changes []migrationChange `json:"changes"`
	Skips   []migrationSkip   `json:"skips"`
}

type migrationChange struct {
	Service  string `json:"service"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Before   string `json:"before"`
	After    string `json:"after"`
	Variable string `json:"variable"`
	Reason   string `json:"reason"`
}

type migrationSkip struct {
	Service string `json:"service"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Text    string `json:"text"`
	Reason  string `json:"reason"`
	Left    bool   `json:"left"` // a fixed host port that can't be rewritten
}

func migrationReportOf(w *workspace.Workspace, m *migrate.Migration) migrationReport {
	r := migrationReport{Version: 1, Strategy: strategyName(w), Files: []migrationFile{}}
	files := map[string]*migrationFile{}
	entry := func(f *source.File) *migrationFile {
		if files[f.Path] == nil {
			files[f.Path] = &migrationFile{File: say.Text(w.Show(f.Path)), Changes: []migrationChange{}, Skips: []migrationSkip{}}
		}
		return files[f.Path]
	}
	for _, ch := range m.Changes {
		f := entry(ch.Mapping.File)
		line, column := ch.Mapping.File.Position(ch.Mapping.Scalar.Start)
		before, after := scalar(ch)
		f.Changes = append(f.Changes, migrationChange{ch.Mapping.Service, line, column, before, after, ch.Decision.Var, ch.Decision.Reason})
	}
	for _, s := range m.Skips {
		f, skip := entry(s.Mapping.File), migrationSkip{Line: 1, Column: 1, Reason: s.Reason, Left: s.Left}
		if !s.Mapping.File.Outside { // whose text is not shown
			at := s.Mapping.Written()
			skip.Service, skip.Text = s.Mapping.Service, string(s.Mapping.File.Src[at.Start:at.End])
			skip.Line, skip.Column = s.Mapping.File.Position(at.Start)
		}
		f.Skips = append(f.Skips, skip)
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		r.Files = append(r.Files, *files[path])
	}
	r.Summary.Files, r.Summary.FilesChanged = w.FilesAsked(), len(m.Files())
	r.Summary.Mappings, r.Summary.Changed, r.Summary.Skipped = len(m.Changes)+len(m.Skips), len(m.Changes), len(m.Skips)
	r.Summary.Left = len(m.Left())
	return r
}
