package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/migrate"
	"github.com/portmoor/portmoor/reconcile"
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
		return say.JSON(c.Out, v.m.Report(), true)
	case v.check:
		for _, ch := range v.m.Changes {
			before, after := migrate.Scalar(ch)
			fmt.Fprintf(c.Out, "%s: service %s: %s would become %s\n", say.Visible(v.w.Place(ch.Mapping.File, ch.Mapping.Scalar)), say.Visible(ch.Mapping.Service), say.Visible(before), say.Visible(after))
		}
		for _, n := range v.m.Names {
			fmt.Fprintf(c.Out, "%s: %s %s: its name %s would go\n", say.Visible(v.w.Place(n.File, n.Span)), n.Kind, say.Visible(n.Key), say.Visible(n.Value))
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
	fmt.Fprintf(c.Err, "%s: %s, %d %s; %s, %d %s, %d kept\n", migrate.StrategyName(w),
		say.Count(w.FilesAsked(), "file"), len(m.Files()), verb, say.Count(len(m.Changes)+len(m.Skips), "mapping"), len(m.Changes), verb, len(m.Skips))
	reasons := map[string]int{}
	for _, s := range m.Skips {
		reasons[s.Reason]++
	}
	for _, r := range slices.SortedFunc(maps.Keys(reasons), func(a, b string) int { return cmp.Or(reasons[b]-reasons[a], cmp.Compare(a, b)) }) {
		fmt.Fprintf(c.Err, "  %d kept: %s\n", reasons[r], say.Visible(r))
	}
	if len(m.Names) > 0 {
		fmt.Fprintf(c.Err, "  %s %s\n", say.Count(len(m.Names), "fixed name"), map[bool]string{true: "went", false: "would go"}[v.write])
	}
	for _, n := range m.NamesLeft {
		fmt.Fprintf(c.Err, "  %s: %s %s keeps its name %s: %s\n", say.Visible(w.Place(n.File, n.Span)), n.Kind, say.Visible(n.Key), say.Visible(n.Value), say.Visible(n.Reason))
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

// showReferences lists where the repository writes host ports that can be others.
func (c migrator) showReferences(w *workspace.Workspace, m *migrate.Migration, json bool) error {
	reader := reconciler(c)
	inv, err := reader.inventory(w)
	if err != nil {
		return err
	}
	progress, finish := reader.progress("looking for ports")
	all, unseen := inv.Written(reconcile.Search{Progress: progress}, m.Settable)
	finish()
	for _, path := range unseen {
		c.say(path+": nobody looked at it, as it is too large or can't be read", "")
	}
	if json {
		return say.JSON(c.Out, map[string]any{"version": 1, "references": append([]reconcile.Written{}, all...)}, true)
	}
	for _, place := range all {
		fmt.Fprintln(c.Out, say.Visible(place.String()))
	}
	fmt.Fprintf(c.Err, "%s written elsewhere; nothing is edited\n", say.Count(len(all), "host port"))
	return nil
}
