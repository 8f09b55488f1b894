package lint

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.yaml.in/yaml/v4"
	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/tree"
)

// mostTimes is how much longer than parsing alone a lint may take, by the time that the processors need.
const mostTimes = 3.6

// BenchmarkLint lints the whole corpus and, in turn, only parses the same bytes
// with the YAML library on as many processors. It fails when the ratio of what both
// need of the processors is over the bound: other programs that run meanwhile do not
// count. The times that are reported depend on the machine.
func BenchmarkLint(b *testing.B) {
	dir := corpustest.Dir(b)
	options := discover.Options{Options: tree.Options{Base: dir}, Files: []string{"*.yml", "*.yaml"}}
	logrus.SetLevel(logrus.PanicLevel) // as the commands do: compose-go warns of every variable
	lint := func() map[string][]byte {
		l := compose.NewLoader(compose.LoadOptions{})
		found, err := discover.Find(l, []string{dir}, options)
		if err != nil {
			b.Fatal(err)
		}
		projects := l.Load(found.Groups)
		if len(Run(projects, Options{})) == 0 {
			b.Fatal("nothing is found")
		}
		read := map[string][]byte{}
		for _, p := range projects {
			for _, f := range p.Files {
				read[f.Path] = f.Src
			}
		}
		return read
	}
	read := lint()
	var linting, parsing []time.Duration
	var lints, parses time.Duration // of the processors
	for b.Loop() {
		for range 12 { // the best of several, since other programs run too
			took, used := timed(b, func() { lint() })
			linting, lints = append(linting, took), lints+used
			took, used = timed(b, func() { parse(read) })
			parsing, parses = append(parsing, took), parses+used
		}
	}
	perSecond := func(times []time.Duration) float64 { return float64(len(read)) / best(times).Seconds() }
	ratio := lints.Seconds() / parses.Seconds()
	b.ReportMetric(float64(len(read)), "files")
	b.ReportMetric(perSecond(linting), "lint-files/s")
	b.ReportMetric(perSecond(parsing), "parse-files/s")
	b.ReportMetric(ratio, "times-parsing")
	if ratio > mostTimes {
		b.Errorf("linting takes %.1f times as long as parsing, more than %.1f", ratio, mostTimes)
	}
}

// timed starts without the garbage that others have left.
func timed(b *testing.B, call func()) (took, used time.Duration) {
	runtime.GC()
	began, before := time.Now(), corpustest.Processors(b)
	call()
	return time.Since(began), corpustest.Processors(b) - before
}

func best(times []time.Duration) time.Duration {
	least := times[0]
	for _, t := range times {
		least = min(least, t)
	}
	return least
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
