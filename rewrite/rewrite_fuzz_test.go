package rewrite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/strategies"
)

// FuzzRewrite rewrites any bytes under every strategy: only planned spans
// change, the tree and compose-go's model are as planned, and a second run
// has nothing to do.
func FuzzRewrite(f *testing.F) {
	files, err := filepath.Glob("../compose/testdata/ugly/*")
	if err != nil || len(files) < 10 {
		f.Fatalf("only %d seeds: %v", len(files), err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, ".want") {
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for n := range uint8(3) {
			f.Add(src, n)
		}
	}
	all := []strategies.Strategy{strategies.Hybrid, strategies.Dynamic, strategies.Auto}
	f.Fuzz(func(t *testing.T, src []byte, n uint8) {
		s := all[int(n)%len(all)]
		path := filepath.Join(string(filepath.Separator), "app", "compose.yaml")
		l := compose.NewLoader(compose.LoadOptions{})
		l.Add(path, src)
		projects := l.Load([]compose.Group{{Dir: filepath.Dir(path), Files: []string{path}}})
		if len(projects[0].Problems) > 0 {
			return
		}
		plan := planAll(projects, s, nil)
		after := apply(t, plan)
		if len(src) < 4096 {
			if _, err := verifyModel(projects[0], after, plan.Changes); err != nil {
				t.Error(err)
			}
		}
		again := reload(projects, after)
		if second := planAll(again, s, nil); len(second.Changes) > 0 {
			t.Errorf("a second run would change %q", after[path])
		}
	})
}
