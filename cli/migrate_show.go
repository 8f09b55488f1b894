package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
)

// showMigration prints what the run does: JSON, the list of changes with
// --check, nothing but a summary with --write, else a diff.
func (c *program) showMigration(ctx *cli.Context, w *space, m *migration) error {
	switch {
	case ctx.String("format") == "json":
		return c.migrationJSON(w, m)
	case ctx.Bool("check"):
		for _, ch := range m.Changes {
			before, after := scalar(ch)
			fmt.Fprintf(c.Out, "%s: service %s: %s would become %s\n", w.Place(ch.Mapping.File, ch.Mapping.Scalar), say.Visible(ch.Mapping.Service), say.Visible(before), say.Visible(after))
		}
	case !ctx.Bool("write"):
		if err := c.diff(ctx, w, m.outputs); err != nil {
			return err
		}
	}
	c.summary(ctx, w, m)
	return nil
}

// diff prints outputs as a patch; on a terminal in colours and without
// anything that could fool it.
func (c *program) diff(ctx *cli.Context, w *space, outputs []rewrite.Output) error {
	for _, o := range outputs {
		whole := []rewrite.Edit{{Span: source.Span{End: len(o.Before)}, New: string(o.After)}}
		text, err := rewrite.Diff(w.Show(o.Path), o.Before, whole)
		if err != nil {
			return err
		}
		if terminal(c.Out) > 0 {
			text = say.VisibleLines(text)
		}
		if c.color(ctx, c.Out) {
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
func (c *program) summary(ctx *cli.Context, w *space, m *migration) {
	verb := "would change"
	if ctx.Bool("write") {
		verb = "changed"
	}
	fmt.Fprintf(c.Err, "%s: %s, %d %s; %s, %d %s, %d kept\n", w.strategyName(),
		say.Count(w.FilesAsked(), "file"), len(m.Files()), verb, say.Count(len(m.Changes)+len(m.Skips), "mapping"), len(m.Changes), verb, len(m.Skips))
	reasons := map[string]int{}
	for _, s := range m.Skips {
		reasons[s.Reason]++
	}
	for _, r := range slices.SortedFunc(maps.Keys(reasons), func(a, b string) int {
		if d := reasons[b] - reasons[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	}) {
		fmt.Fprintf(c.Err, "  %d kept: %s\n", reasons[r], say.Visible(r))
	}
	if ctx.Bool("verbose") {
		for _, s := range m.Skips {
			fmt.Fprintf(c.Err, "  %s: service %s: %s\n", w.Place(s.Mapping.File, s.Mapping.Entry), say.Visible(s.Mapping.Service), say.Visible(s.Reason))
		}
	}
	if reasons[strategies.KeptNoDefault] > 0 {
		fmt.Fprintln(c.Err, "hint: portmoor lint --fix gives defaults from an example env file")
	}
	if m.failed > 0 {
		fmt.Fprintf(c.Err, "  %s not valid, and left alone\n", say.Count(m.failed, "file"))
	}
	if m.kept != "" && ctx.Bool("write") {
		fmt.Fprintf(c.Err, "the host ports that were there are in %s, for the way back\n", say.Visible(w.Show(m.kept)))
	}
	if n := conflicts(w); n > 0 {
		fmt.Fprintf(c.Err, "%s between host ports: see portmoor lint\n", say.Count(n, "conflict"))
	}
	if len(m.outputs) > 0 && !ctx.Bool("write") && !ctx.Bool("check") {
		fmt.Fprintln(c.Err, "nothing is written yet: add --write")
	}
	if flag := ctx.String("strategy"); flag != "" && flag != cmp.Or(w.Config.Strategy, "auto") && ctx.Bool("write") && len(m.outputs) > 0 {
		fmt.Fprintf(c.Err, "to keep to it, write strategy: %s into %s\n", flag, config.Name)
	}
}

// conflicts counts the errors that lint would find between host ports, which a
// migration carries over.
func conflicts(w *space) (n int) {
	for _, f := range lint.Run(w.Projects, lint.Options{Only: []string{"host-port-conflict"}}) {
		if f.Severity == lint.Error && w.concerns(f) {
			n++
		}
	}
	return n
}

// strategyName is the run's strategy, or "mixed" where projects differ.
func (w *space) strategyName() string {
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

// The JSON of migrate, version 1. Lines and columns count from 1, columns in
// characters; paths are relative to the working folder, with slashes.
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
}

func (c *program) migrationJSON(w *space, m *migration) error {
	r := migrationReport{Version: 1, Strategy: w.strategyName(), Files: []migrationFile{}}
	files := map[string]*migrationFile{}
	entry := func(f *source.File) *migrationFile {
		if files[f.Path] == nil {
			files[f.Path] = &migrationFile{File: w.Show(f.Path), Changes: []migrationChange{}, Skips: []migrationSkip{}}
		}
		return files[f.Path]
	}
	for _, ch := range m.Changes {
		f := entry(ch.Mapping.File)
		line, column := ch.Mapping.File.Position(ch.Mapping.Entry.Start)
		before, after := scalar(ch)
		f.Changes = append(f.Changes, migrationChange{ch.Mapping.Service, line, column, before, after, ch.Decision.Var, ch.Decision.Reason})
	}
	for _, s := range m.Skips {
		f := entry(s.Mapping.File)
		line, column := s.Mapping.File.Position(s.Mapping.Entry.Start)
		f.Skips = append(f.Skips, migrationSkip{s.Mapping.Service, line, column, text(s.Mapping), s.Reason})
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		r.Files = append(r.Files, *files[path])
	}
	r.Summary.Files, r.Summary.FilesChanged = w.FilesAsked(), len(m.Files())
	r.Summary.Mappings, r.Summary.Changed, r.Summary.Skipped = len(m.Changes)+len(m.Skips), len(m.Changes), len(m.Skips)
	return say.JSON(c.Out, r, true)
}

// text is the entry as it is written, of a long form its published value.
func text(m compose.Mapping) string {
	if m.Scalar.Empty() {
		return m.Target
	}
	return string(m.File.Src[m.Scalar.Start:m.Scalar.End])
}
