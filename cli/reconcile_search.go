package cli

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/reconcile/references"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// search looks for the ports of subjects in every file of the workspace but
// plans, the configuration, and what Portmoor itself remembers.
func (c *program) search(ctx *cli.Context, w *space, inv *inventory, subjects []references.Subject) references.Found {
	q := references.Query{
		Root: w.Home, Subjects: subjects, Opening: plan.Title,
		Defined: map[string][]source.Span{}, Keyed: map[string]bool{}, Known: map[int]bool{},
		Skip:    map[string]bool{w.Config.Path: true},
		Options: tree.Options{Base: w.Home, Ignore: slices.Concat(w.Config.Ignore, w.Config.References.Ignore)},
	}
	for _, path := range []string{ctx.String("plan"), ctx.String("apply")} {
		if path != "" {
			q.Skip[tree.Absolute(w.Dir, path)[0]] = true
		}
	}
	for _, p := range w.Projects {
		q.Skip[w.PortsFile(p)] = true
		q.Skip[w.PortsEnvFile(p)] = true
	}
	for i := range q.Subjects { // the whole tree is nobody's own folder
		if q.Subjects[i].Dir == w.Home {
			q.Subjects[i].Dir = ""
		}
	}
	for _, p := range inv.ports {
		q.Known[p.Port] = true
		for _, place := range p.Places {
			q.Defined[place.File.Path] = append(q.Defined[place.File.Path], place.Span)
		}
	}
	for _, p := range inv.source {
		for _, place := range p.Places {
			q.Keyed[place.File.Path] = true
		}
	}
	done, finish := c.progress("looking for ports")
	q.Progress = done
	defer finish()
	return references.Find(q)
}

// progress is a bar for people who wait for more than a second at a terminal.
// done is nil where there are none.
func (c *program) progress(what string) (done func(done, all int), finish func()) {
	if terminal(c.Err) == 0 {
		return nil, func() {}
	}
	var late atomic.Bool
	late.Store(c.BarDelay < 0)
	timer := time.AfterFunc(cmp.Or(max(c.BarDelay, 0), time.Second), func() { late.Store(true) })
	var bar *progressbar.ProgressBar
	done = func(done, all int) {
		if bar == nil && late.Load() {
			bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(c.Err), progressbar.OptionSetDescription(what),
				progressbar.OptionShowCount(), progressbar.OptionSetRenderBlankState(true), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
		}
		if bar != nil {
			_ = bar.Set(done)
		}
	}
	return done, func() {
		timer.Stop()
		if bar != nil {
			_ = bar.Finish()
		}
	}
}
