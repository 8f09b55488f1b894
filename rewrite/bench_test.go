package rewrite

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/strategies"
)

// mostTimes is how much longer than loading every project twice with
// compose-go a migration may take.
const mostTimes = 2.2

// BenchmarkMigrate migrates the whole corpus in memory, verification included,
// and in turn only loads every project twice with compose-go. It fails when the
// ratio of the best times is over the bound.
func BenchmarkMigrate(b *testing.B) {
	groups := corpusGroups(b, corpustest.Dir(b))
	var migrating, loading time.Duration
	for b.Loop() {
		runtime.GC()
		began := time.Now()
		projects := compose.NewLoader(compose.LoadOptions{}).Load(groups)
		plan := planAll(projects, strategies.Hybrid, nil)
		if _, err := Verified(projects, plan.Edits(), plan.Changes); err != nil {
			b.Error(err)
		}
		if took := time.Since(began); migrating == 0 || took < migrating {
			migrating = took
		}
		runtime.GC()
		began = time.Now()
		inParallel(projects, func(p *compose.Project) {
			for range 2 {
				_, _ = compose.LoadModel(compose.ModelInput{Dir: p.Dir, Files: p.Group.Files})
			}
		})
		if took := time.Since(began); loading == 0 || took < loading {
			loading = took
		}
	}
	ratio := migrating.Seconds() / loading.Seconds()
	b.ReportMetric(float64(len(groups))/migrating.Seconds(), "migrated/s")
	b.ReportMetric(float64(len(groups))/loading.Seconds(), "loaded-twice/s")
	b.ReportMetric(ratio, "times-loading")
	if ratio > mostTimes {
		b.Errorf("migrating takes %.1f times as long as loading twice, more than %.1f", ratio, mostTimes)
	}
}

func inParallel(projects []*compose.Project, call func(*compose.Project)) {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range projects {
		g.Go(func() error { call(p); return nil })
	}
	_ = g.Wait()
}
