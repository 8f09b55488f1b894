package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/strategies"
)

func (c *commands) migrate() *cli.Command {
	return &cli.Command{
		Name:      "migrate",
		Usage:     "rewrite the host ports of compose files to one strategy",
		ArgsUsage: "[PATH...]",
		Description: `Shows a diff of what would change; --write makes the changes. Only the bytes of host
ports change, and every file is verified with compose-go before the first is written.`,
		Flags: append(projectFlags(),
			&cli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "write the changes"},
			&cli.BoolFlag{Name: "check", Usage: "list what would change, and exit with 1 if anything would"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`text` or json"},
		),
		Action: c.runMigrate,
	}
}

// runMigrate plans, verifies, and then shows or writes.
func (c *commands) runMigrate(ctx *cli.Context) error {
	if err := oneOf(ctx, "format", "text", "json"); err != nil {
		return err
	}
	if ctx.Bool("write") && ctx.Bool("check") {
		return usage("give one of the two", "portmoor migrate: --write and --check exclude each other")
	}
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	m := w.plan()
	c.problems(w)
	c.refuseSymlinks(w, m)
	if err := m.verify(w); err != nil {
		return err
	}
	if err := m.remember(w); err != nil {
		return err
	}
	if err := c.showMigration(ctx, w, m); err != nil {
		return err
	}
	if !ctx.Bool("write") {
		if ctx.Bool("check") && len(m.outputs) > 0 {
			c.fail(exitFindings)
		}
		return nil
	}
	if _, err := rewrite.WriteAll(m.outputs); err != nil {
		return problem{exitFailure, err.Error(), "nothing else was written; mend this and run it again"}
	}
	return nil
}

// migration is what a run would do: the plan, and the files as they would be.
type migration struct {
	rewrite.Plan
	outputs []rewrite.Output            // compose files by path, then the configuration
	owner   map[string]*compose.Project // of each file: the project that decides
}

// plan decides what becomes of every mapping.
func (w *workspace) plan() *migration {
	facts := map[*compose.Project]func(compose.Mapping) strategies.Facts{}
	for _, family := range strategies.Families(w.projects) {
		names := strategies.NameWithDefaults(family, w.defaults)
		for _, p := range family {
			facts[p] = strategies.Gather(p, names, w.defaults(p))
		}
	}
	m := &migration{owner: map[string]*compose.Project{}}
	m.Plan = rewrite.Make(w.projects, func(p *compose.Project, mapping compose.Mapping) strategies.Decision {
		m.owner[mapping.File.Path] = p
		return strategies.Decide(mapping, w.strategy[p], facts[p](mapping))
	})
	return m
}

// folder names a project in the configuration: its folder's path from there.
func (w *workspace) folder(p *compose.Project) string {
	rel, err := filepath.Rel(w.home, p.Dir)
	if err != nil {
		return p.Dir
	}
	return filepath.ToSlash(rel)
}

// refuseSymlinks takes out the changes of files that can't be written, since
// a rename would put a file in the place of a link.
func (c *commands) refuseSymlinks(w *workspace, m *migration) {
	for _, f := range m.Files() {
		info, err := os.Lstat(f.Path)
		if err != nil || info.Mode()&os.ModeSymlink == 0 {
			continue
		}
		c.say(w.show(f.Path)+": is a symlink, and stays as it is", "name the file that it leads to")
		c.fail(exitFailure)
		m.Changes = slices.DeleteFunc(m.Changes, func(ch rewrite.Change) bool {
			if ch.Mapping.File != f {
				return false
			}
			m.Skips = append(m.Skips, rewrite.Skip{Mapping: ch.Mapping, Reason: "the file is a symlink"})
			return true
		})
	}
}

// verify applies the plan in memory and holds every file and every project
// against what it was. One that is not as planned stops the run.
func (m *migration) verify(w *workspace) error {
	after := map[string][]byte{}
	var errs []error
	for _, f := range m.Files() {
		src, err := rewrite.Apply(f.Src, m.Edits(f.Path))
		if err == nil {
			err = rewrite.VerifyTree(f, src, m.Changes)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		after[f.Path] = src
		m.outputs = append(m.outputs, rewrite.Output{Path: f.Path, Before: f.Src, After: src})
	}
	errs = append(errs, inParallel(w.projects, func(p *compose.Project) error {
		_, err := rewrite.VerifyModel(p, after, m.Changes)
		return err
	})...)
	if err := errors.Join(errs...); err != nil {
		return unverified(w, errs)
	}
	return nil
}

// inParallel calls a function on every item, as many at a time as there are
// processors, and returns the errors in the items' order.
func inParallel[T any](items []T, call func(T) error) []error {
	errs := make([]error, len(items))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(items)) {
		wg.Go(func() {
			for i := range next {
				errs[i] = call(items[i])
			}
		})
	}
	for i := range items {
		next <- i
	}
	close(next)
	wg.Wait()
	return errs
}

// remember adds to the configuration the host ports that the plan drops, so
// that they can be given back.
func (m *migration) remember(w *workspace) error {
	defaults := map[string]map[string]string{}
	for _, ch := range m.Changes {
		if ch.Decision.Kind != strategies.Ephemeral {
			continue
		}
		folder := w.folder(m.owner[ch.Mapping.File.Path])
		if defaults[folder] == nil {
			defaults[folder] = map[string]string{}
		}
		defaults[folder][strategies.DefaultKey(ch.Mapping)] = ch.Mapping.HostPort.Text
	}
	if len(defaults) == 0 {
		return nil
	}
	path := w.config.Path
	if path == "" {
		path = filepath.Join(w.home, configName)
	}
	src, err := config.SetDefaults(w.config.Src, defaults)
	if err != nil {
		return problem{exitFailure, fmt.Sprintf("%s: can't keep the default host ports: %s", w.show(path), err), "nothing was written"}
	}
	m.outputs = append(m.outputs, rewrite.Output{Path: path, Before: w.config.Src, After: src})
	return nil
}

// oneOf checks the value of a flag.
func oneOf(ctx *cli.Context, flag string, values ...string) error {
	if v := ctx.String(flag); !slices.Contains(values, v) {
		return usage(fmt.Sprintf("it is one of %v", values), "portmoor %s: --%s %q is unknown", ctx.Command.Name, flag, v)
	}
	return nil
}

// defaults are the host texts that the configuration remembers for a project.
func (w *workspace) defaults(p *compose.Project) map[string]string {
	return w.config.Defaults[w.folder(p)]
}
