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
	"github.com/portmoor/portmoor/lint/schema"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
)

func (c *program) migrate() *cli.Command {
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
func (c *program) runMigrate(ctx *cli.Context) error {
	if err := oneOf(ctx, "format", formatNames); err != nil {
		return err
	}
	if ctx.Bool("write") && ctx.Bool("check") {
		return say.Usagef("give one of the two", "portmoor migrate: --write and --check exclude each other")
	}
	go schema.Prepare() // takes as long as reading a hundred files
	w, err := c.open(ctx, c.request(ctx))
	if err != nil {
		return err
	}
	write, given := ctx.Bool("write"), w.givenPorts()
	if n := len(given); write && n > 1 && c.variable(stack.PortsFileVariable) != "" {
		return say.Usagef("unset it, or migrate one project at a time", "portmoor migrate: %s names one ports file, but %d projects would get ports", stack.PortsFileVariable, n)
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
			return say.Failf("nothing else was written; mend this and run it again", "%s", err)
		}
	}
	if err := c.showMigration(ctx, w, m); err != nil {
		return err
	}
	if write {
		return c.detectAll(ctx, w, given)
	}
	return nil
}

// givenPorts are the projects that a migration gives ports to, as detect does: those
// that docker compose finds by themselves and that follow the auto strategy, since
// that is what auto is.
func (w *space) givenPorts() (given []*compose.Project) {
	for _, p := range w.Projects {
		standard := discover.Standard(p.Group.Files[0]) && !p.Group.Overlay || len(w.Projects) == 1
		if w.Strategies[p] == strategies.Auto && standard && len(p.Problems) == 0 {
			given = append(given, p)
		}
	}
	return given
}

// detectAll does what detect does for several projects.
func (c *program) detectAll(ctx *cli.Context, w *space, given []*compose.Project) error {
	moved := 0
	for _, p := range given {
		outcomes, err := c.detectOnly(ctx, w, p.Group)
		c.exit(err) // the other projects have their ports all the same
		moved += c.reportMoves(outcomes)
	}
	if moved > 0 {
		fmt.Fprintf(c.Err, "%s moved: portmoor up starts a project there, in its folder, as does docker compose $(portmoor env --args) up; portmoor reset forgets what was found\n", say.Count(moved, "port"))
	}
	return nil
}

// detectOnly does what detect does for one project of several.
func (c *program) detectOnly(ctx *cli.Context, w *space, group compose.Group) ([]allocate.Outcome, error) {
	one, p, err := w.Only(c.request(ctx), group)
	if err != nil {
		return nil, err
	}
	s, err := stack.Open(one, p, stack.Options{Access: stack.Writing})
	if err != nil {
		return nil, err
	}
	return s.Detect(c.ask(ctx.Context), false)
}

// migration is what a run would do: the plan, and the files as they would be.
type migration struct {
	rewrite.Plan
	outputs []rewrite.Output // compose files by path, then the configuration
	failed  int              // files that are not valid
	kept    string           // the configuration that keeps the host ports which go, "" when none do
}

// plan decides what becomes of every mapping.
func (w *space) plan() *migration {
	families := rewrite.NewFamilies(slices.Concat(w.Projects, w.Neighbours), rewrite.FamilyOptions{Strategies: w.Strategies, Remembered: w.Remembered})
	m := &migration{Plan: families.Plan(w.Projects...)}
	m.Changes = slices.DeleteFunc(m.Changes, func(ch rewrite.Change) bool { return !w.Asked(ch.Mapping.File) })
	m.Skips = slices.DeleteFunc(m.Skips, func(s rewrite.Skip) bool { return !w.Asked(s.Mapping.File) })
	return m
}

// refuseInvalid takes out the changes of files that docker compose refuses,
// since what they mean can't be compared before and after.
func (c *program) refuseInvalid(w *space, m *migration) {
	invalid := map[string]bool{}
	for _, f := range lint.Run(w.Projects, lint.Options{Only: []string{"invalid-compose"}}) {
		if !w.Asked(f.File) {
			continue
		}
		invalid[f.File.Path] = true
		c.say(w.Place(f.File, f.Span)+": "+f.Message, f.Hint)
		c.fail(exitFailure)
	}
	m.failed = len(invalid)
	m.drop(func(path string) bool { return invalid[path] }, "the file is not valid")
}

// refuseSymlinks takes out the changes of files that can't be written.
func (c *program) refuseSymlinks(w *space, m *migration) {
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

func (c *program) refuseSymlink(w *space, path string) {
	c.say(w.Show(path)+": is a symlink, and stays as it is", "name the file that it leads to")
	c.fail(exitFailure)
}

// verify applies the plan in memory and holds every file and every project
// against what it was. One that is not as planned stops the run.
func (c *program) verify(w *space, m *migration) error {
	r, err := rewrite.Verified(w.Projects, m.Edits(), m.Changes)
	if err != nil {
		return w.unverified(err)
	}
	for _, p := range r.Uncompared {
		c.say(w.Show(p.Group.Files[0])+": compose-go can't load this project as it stands, or not in time: the result is verified as YAML only", "")
	}
	for _, f := range m.Files() {
		m.outputs = append(m.outputs, rewrite.Output{Path: f.Path, Before: f.Src, After: r.After[f.Path]})
	}
	return nil
}

// unverified is the failure of a run whose result is not what was planned.
func (w *space) unverified(err error) error {
	return say.Failf("nothing was written; this is a bug in portmoor, please report it with the file", "%s", err)
}

// remember adds to the configuration the host ports that the plan drops, so
// that they can be given back.
func (m *migration) remember(w *space) error {
	defaults := map[string]map[string]string{}
	keys := map[*compose.Project]map[compose.Place]string{}
	for _, ch := range m.Changes {
		if ch.Decision.Kind != strategies.Ephemeral {
			continue
		}
		if keys[ch.Project] == nil {
			keys[ch.Project] = strategies.DefaultKeys(ch.Project)
		}
		name := w.SettingsName(ch.Mapping.File)
		if defaults[name] == nil {
			defaults[name] = map[string]string{}
		}
		defaults[name][keys[ch.Project][ch.Mapping.Place()]] = ch.Mapping.HostPort.Text
	}
	if len(defaults) == 0 {
		return nil
	}
	m.kept = cmp.Or(w.Config.Path, filepath.Join(w.Home, config.Name))
	src, err := config.SetDefaults(w.Config.Src, defaults)
	if err != nil {
		return say.Failf("nothing was written", "%s: can't keep the default host ports: %s", w.Show(m.kept), err)
	}
	m.outputs = append(m.outputs, rewrite.Output{Path: m.kept, Before: w.Config.Src, After: src})
	return nil
}
