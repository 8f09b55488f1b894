package bench

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.yaml.in/yaml/v4"
	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
)

// found are the projects of the corpus, loaded by nobody yet.
func found(t *testing.T, l *compose.Loader) []compose.Group {
	t.Helper()
	dir := corpustest.Dir(t)
	all, err := discover.Find(l, []string{dir}, discover.Options{Options: tree.Options{Base: dir}, Files: []string{"*.yml", "*.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	return all.Groups
}

// spent is what a call needs of the processors, without the garbage that others have left.
func spent(t *testing.T, call func()) time.Duration {
	t.Helper()
	runtime.GC()
	before := corpustest.Processors(t)
	call()
	return corpustest.Processors(t) - before
}

// both measures two calls in turn, n times after a first time that does not count.
func both(t *testing.T, n int, call, other func()) float64 {
	t.Helper()
	var a, b []time.Duration
	for i := range n + 1 {
		x, y := spent(t, call), spent(t, other)
		if i > 0 {
			a, b = append(a, x), append(b, y)
		}
	}
	return ratio(a, b)
}

// TestLint lints the whole corpus and, in turn, only parses the same bytes with the YAML
// library on as many processors.
func TestLint(t *testing.T) {
	needs(t)
	logrus.SetLevel(logrus.PanicLevel) // as the commands do: compose-go warns of every variable
	read := map[string][]byte{}
	linting := func() {
		l := compose.NewLoader(compose.LoadOptions{})
		projects := l.Load(found(t, l))
		if len(lint.Run(projects, lint.Options{})) == 0 {
			t.Fatal("nothing is found")
		}
		for _, p := range projects {
			for _, f := range p.Files {
				read[f.Path] = f.Src
			}
		}
	}
	hold(t, row{"lint, 771 files", "parsing the YAML", both(t, 21, linting, func() { parse(read) }), 3.8, ""})
}

// parse does nothing but decode every document into nodes.
func parse(read map[string][]byte) {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, src := range read {
		g.Go(func() error {
			decoder := yaml.NewDecoder(bytes.NewReader(src))
			for err := error(nil); err == nil; {
				var n yaml.Node
				err = decoder.Decode(&n)
			}
			return nil
		})
	}
	_ = g.Wait()
}

// TestMigrate migrates the whole corpus in memory, verification included, and in turn only
// loads every project with compose-go.
func TestMigrate(t *testing.T) {
	needs(t)
	logrus.SetLevel(logrus.PanicLevel)
	groups := found(t, compose.NewLoader(compose.LoadOptions{}))
	var projects []*compose.Project
	migrating := func() {
		projects = compose.NewLoader(compose.LoadOptions{}).Load(groups)
		to := map[*compose.Project]strategies.Strategy{}
		for _, p := range projects {
			to[p] = strategies.Hybrid
		}
		plan := rewrite.NewFamilies(projects, rewrite.FamilyOptions{Strategies: to}).Plan(projects...)
		if _, err := rewrite.Verified(projects, plan.Edits(), plan.Changes); err != nil {
			t.Error(err)
		}
	}
	loading := func() {
		var g errgroup.Group
		g.SetLimit(runtime.GOMAXPROCS(0))
		for _, p := range projects {
			g.Go(func() error {
				_, _ = canonical.Load(canonical.Input{Dir: p.Dir, Files: p.Group.Files})
				return nil
			})
		}
		_ = g.Wait()
	}
	hold(t, row{"migrate, 765 projects, with all that it verifies", "one load of every project by compose-go", both(t, 5, migrating, loading), 1, ""})
}
