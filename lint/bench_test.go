package lint

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose"
)

func BenchmarkLint(b *testing.B) {
	dir := corpus(b)
	var d, l, r time.Duration
	var files int
	for b.Loop() {
		ld := compose.NewLoader(compose.LoadOptions{})
		t0 := time.Now()
		found, err := ld.Discover([]string{dir}, compose.DiscoverOptions{Base: dir})
		if err != nil {
			b.Fatal(err)
		}
		t1 := time.Now()
		ps := ld.Load(found.Groups)
		t2 := time.Now()
		Run(ps, Options{})
		t3 := time.Now()
		d += t1.Sub(t0)
		l += t2.Sub(t1)
		r += t3.Sub(t2)
		seen := map[string]bool{}
		for _, p := range ps {
			for _, f := range p.Files {
				seen[f.Path] = true
			}
		}
		files = len(seen)
	}
	b.ReportMetric(float64(d.Milliseconds())/float64(b.N), "discover-ms")
	b.ReportMetric(float64(l.Milliseconds())/float64(b.N), "load-ms")
	b.ReportMetric(float64(r.Milliseconds())/float64(b.N), "run-ms")
	b.ReportMetric(float64(files), "files")
}

func BenchmarkParseOnly(b *testing.B) {
	dir := corpus(b)
	ld := compose.NewLoader(compose.LoadOptions{})
	found, _ := ld.Discover([]string{dir}, compose.DiscoverOptions{Base: dir})
	ps := ld.Load(found.Groups)
	srcs := map[string][]byte{}
	for _, p := range ps {
		for _, f := range p.Files {
			srcs[f.Path] = f.Src
		}
	}
	for b.Loop() {
		next := make(chan []byte)
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for src := range next {
					dec := yaml.NewDecoder(bytes.NewReader(src))
					for {
						var n yaml.Node
						if err := dec.Decode(&n); errors.Is(err, io.EOF) || err != nil {
							break
						}
					}
				}
			})
		}
		for _, s := range srcs {
			next <- s
		}
		close(next)
		wg.Wait()
	}
}

func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("PORTMOOR_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	dir, _ = filepath.Abs(dir)
	return dir
}
