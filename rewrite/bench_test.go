package rewrite

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/strategies"
)

// mostTimes is how much longer than loading every project once with compose-go a
// migration may take, by the time that the processors need.
const mostTimes = 1.0

// BenchmarkMigrate migrates the whole corpus in memory, verification included, and in
// turn only loads every project with compose-go. It fails when the ratio of what both need
// of the processors is over the bound: other programs that run meanwhile do not count.
func BenchmarkMigrate(b *testing.B) {
	logrus.SetLevel(logrus.PanicLevel) // as the commands do: compose-go warns of every variable
	groups := corpusGroups(b, corpustest.Dir(b))
	var ratios []float64
	for b.Loop() {
		var projects []*compose.Project
		migrating := spent(b, func() {
			projects = compose.NewLoader(compose.LoadOptions{}).Load(groups)
			plan := planAll(projects, strategies.Hybrid, nil)
			if _, err := Verified(projects, plan.Edits(), plan.Changes); err != nil {
				b.Error(err)
			}
		})
		loading := spent(b, func() {
			inParallel(projects, func(p *compose.Project) {
				_, _ = canonical.Load(canonical.Input{Dir: p.Dir, Files: p.Group.Files})
			})
		})
		ratios = append(ratios, migrating.Seconds()/loading.Seconds())
	}
	slices.Sort(ratios)
	ratio := ratios[len(ratios)/2]
	b.ReportMetric(float64(len(groups)), "projects")
	b.ReportMetric(ratio, "times-loading")
	if ratio > mostTimes {
		b.Errorf("migrating takes %.2f times as long as loading once, more than %.2f", ratio, mostTimes)
	}
}

// spent is what a call needs of the processors, without the garbage that others have left.
func spent(b *testing.B, call func()) time.Duration {
	runtime.GC()
	before := corpustest.Processors(b)
	call()
	return corpustest.Processors(b) - before
}

func inParallel(projects []*compose.Project, call func(*compose.Project)) {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range projects {
		g.Go(func() error { call(p); return nil })
	}
	_ = g.Wait()
}
