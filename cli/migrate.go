package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
)

func (c *commands) migrate() *cli.Command {
	return &cli.Command{
		Name:      "migrate",
		Usage:     "rewrite the host ports of compose files to one strategy",
		ArgsUsage: "[PATH...]",
		Description: `Shows a diff of what would change; --write makes the changes. Only the bytes of host
ports change, and every file is verified with compose-go before the first is written.`,
		Flags: append(projectFlags(),
			&cli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "write the changes", DisableDefaultText: true},
			&cli.BoolFlag{Name: "check", Usage: "list what would change, and exit with 1 if anything would", DisableDefaultText: true},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "how to print the plan, `FORMAT` is " + say.Or(formatNames)},
		),
		Action: c.runMigrate,
	}
}

// runMigrate plans, verifies, and then shows or writes.
func (c *commands) runMigrate(ctx *cli.Context) error {
	if err := oneOf(ctx, "format", formatNames); err != nil {
		return err
	}
	if ctx.Bool("write") && ctx.Bool("check") {
		return say.Usagef("give one of the two", "portmoor migrate: --write and --check exclude each other")
	}
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	m := w.plan()
	c.unreadable(w)
	c.refuseInvalid(w, m)
	c.refuseSymlinks(w, m)
	if err := c.verify(w, m); err != nil {
		return err
	}
	if err := m.remember(w); err != nil {
		return err
	}
	if ctx.Bool("check") && len(m.outputs) > 0 {
		c.fail(exitFindings)
	}
	if ctx.Bool("write") {
		if _, err := rewrite.WriteAll(m.outputs); err != nil {
			return say.Failf("nothing else was written; mend this and run it again", "%s", w.shorten(err.Error()))
		}
	}
	if err := c.showMigration(ctx, w, m); err != nil {
		return err
	}
	if ctx.Bool("write") {
		return c.detectAll(ctx, w)
	}
	return nil
}

// detectAll gives ports to the projects that follow the auto strategy, as
// detect does: that is what auto is.
func (c *commands) detectAll(ctx *cli.Context, w *workspace) error {
	moved := 0
	for _, p := range w.projects {
		standard := discover.Standard(p.Group.Files[0]) && !p.Group.Overlay || len(w.projects) == 1
		if w.strategy[p] != strategies.Auto || !standard || len(p.Problems) > 0 {
			continue
		}
		s := &stack{workspace: &workspace{base: w.base, config: w.config, home: w.home, context: map[string]bool{}}}
		outcomes, err := []allocate.Outcome(nil), c.load(ctx, s, p.Group, assigning)
		if err == nil {
			outcomes, err = c.assignPorts(ctx, s)
		}
		c.exit(err) // the other projects have their ports all the same
		moved += c.tell(outcomes)
	}
	if moved > 0 {
		fmt.Fprintf(c.Err, "%s moved: portmoor up starts a project there, in its folder, as does docker compose $(portmoor env --args) up; portmoor reset forgets what was found\n", say.Count(moved, "port"))
	}
	return nil
}

// migration is what a run would do: the plan, and the files as they would be.
type migration struct {
	rewrite.Plan
	outputs []rewrite.Output // compose files by path, then the configuration
	failed  int              // files that are not valid
	kept    string           // the configuration that keeps the host ports which go, "" when none do
}

// plan decides what becomes of every mapping.
func (w *workspace) plan() *migration {
	families := rewrite.NewFamilies(slices.Concat(w.projects, w.neighbours), rewrite.FamilyOptions{Strategies: w.strategy, Remembered: w.remembered})
	m := &migration{Plan: families.Plan(w.projects...)}
	m.Changes = slices.DeleteFunc(m.Changes, func(ch rewrite.Change) bool { return !w.mine(ch.Mapping.File) })
	m.Skips = slices.DeleteFunc(m.Skips, func(s rewrite.Skip) bool { return !w.mine(s.Mapping.File) })
	return m
}

// fromHome is a path as the configuration names it.
func (w *workspace) fromHome(path string) string {
	rel, err := filepath.Rel(w.home, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// settingsName names a file in the configuration: by its folder where docker
// compose finds it there by itself, else by its path.
func (w *workspace) settingsName(f *source.File) string {
	if discover.Standard(f.Path) {
		return w.fromHome(filepath.Dir(f.Path))
	}
	return w.fromHome(f.Path)
}

// refuseInvalid takes out the changes of files that docker compose refuses,
// since what they mean can't be compared before and after.
func (c *commands) refuseInvalid(w *workspace, m *migration) {
	invalid := map[string]bool{}
	for _, f := range lint.Run(w.projects, lint.Options{Only: []string{"invalid-compose"}}) {
		if !w.mine(f.File) {
			continue
		}
		invalid[f.File.Path] = true
		c.say(w.place(f.File, f.Span)+": "+f.Message, f.Hint)
		c.fail(exitFailure)
	}
	m.failed = len(invalid)
	m.drop(func(path string) bool { return invalid[path] }, "the file is not valid")
}

// refuseSymlinks takes out the changes of files that can't be written.
func (c *commands) refuseSymlinks(w *workspace, m *migration) {
	for _, f := range m.Files() {
		if tree.IsSymlink(f.Path) {
			c.refuseSymlink(w, f.Path)
		}
	}
	m.drop(tree.IsSymlink, "the file is a symlink")
}

// drop makes skips of the changes of some files.
func (m *migration) drop(refused func(path string) bool, reason string) {
	m.Changes = slices.DeleteFunc(m.Changes, func(ch rewrite.Change) bool {
		if !refused(ch.Mapping.File.Path) {
			return false
		}
		m.Skips = append(m.Skips, rewrite.Skip{Mapping: ch.Mapping, Reason: reason})
		return true
	})
	slices.SortStableFunc(m.Skips, func(a, b rewrite.Skip) int {
		return cmp.Or(cmp.Compare(a.Mapping.File.Path, b.Mapping.File.Path), a.Mapping.Entry.Start-b.Mapping.Entry.Start)
	})
}

func (c *commands) refuseSymlink(w *workspace, path string) {
	c.say(w.show(path)+": is a symlink, and stays as it is", "name the file that it leads to")
	c.fail(exitFailure)
}

// verify applies the plan in memory and holds every file and every project
// against what it was. One that is not as planned stops the run.
func (c *commands) verify(w *workspace, m *migration) error {
	r, err := rewrite.Verified(w.projects, m.Edits(), m.Changes)
	if err != nil {
		return w.unverified(err)
	}
	for _, p := range r.Uncompared {
		c.say(w.show(p.Group.Files[0])+": compose-go can't load this project as it stands, or not in time: the result is verified as YAML only", "")
	}
	for _, f := range m.Files() {
		m.outputs = append(m.outputs, rewrite.Output{Path: f.Path, Before: f.Src, After: r.After[f.Path]})
	}
	return nil
}

// unverified is the failure of a run whose result is not what was planned.
func (w *workspace) unverified(err error) error {
	return say.Failf("nothing was written; this is a bug in portmoor, please report it with the file", "%s", w.shorten(err.Error()))
}

// remember adds to the configuration the host ports that the plan drops, so
// that they can be given back.
func (m *migration) remember(w *workspace) error {
	defaults := map[string]map[string]string{}
	keys := map[*compose.Project]map[compose.Place]string{}
	for _, ch := range m.Changes {
		if ch.Decision.Kind != strategies.Ephemeral {
			continue
		}
		if keys[ch.Project] == nil {
			keys[ch.Project] = strategies.DefaultKeys(ch.Project)
		}
		name := w.settingsName(ch.Mapping.File)
		if defaults[name] == nil {
			defaults[name] = map[string]string{}
		}
		defaults[name][keys[ch.Project][ch.Mapping.Place()]] = ch.Mapping.HostPort.Text
	}
	if len(defaults) == 0 {
		return nil
	}
	m.kept = cmp.Or(w.config.Path, filepath.Join(w.home, configName))
	src, err := config.SetDefaults(w.config.Src, defaults)
	if err != nil {
		return say.Failf("nothing was written", "%s: can't keep the default host ports: %s", w.show(m.kept), err)
	}
	m.outputs = append(m.outputs, rewrite.Output{Path: m.kept, Before: w.config.Src, After: src})
	return nil
}

// remembered are the host texts that the configuration has for a project.
func (w *workspace) remembered(p *compose.Project) map[compose.Place]string {
	if len(w.config.Defaults) == 0 {
		return nil
	}
	byFile := map[*source.File]map[string]string{}
	for _, f := range p.Files {
		byFile[f] = w.config.Defaults[w.settingsName(f)]
	}
	return strategies.Recall(p, func(f *source.File) map[string]string { return byFile[f] })
}
