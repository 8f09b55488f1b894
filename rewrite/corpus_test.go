package rewrite

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/strategies"
)

// TestCorpus rewrites every file of the corpus under every strategy and holds
// the result against the laws of rewriting. It prints its counts.
func TestCorpus(t *testing.T) {
	l := compose.NewLoader(compose.LoadOptions{})
	dir := corpus(t)
	found, err := l.Discover(yamlFiles(t, dir), compose.DiscoverOptions{Base: dir})
	if err != nil {
		t.Fatal(err)
	}
	projects := l.Load(found.Groups)
	for _, s := range []strategies.Strategy{strategies.Hybrid, strategies.Dynamic, strategies.Auto} {
		t.Run(string(s), func(t *testing.T) { checkRun(t, projects, s) })
	}
}

func decideAll(projects []*compose.Project, s strategies.Strategy) Decide {
	facts := map[*compose.Project]func(compose.Mapping) strategies.Facts{}
	for _, family := range strategies.Families(projects) {
		names := strategies.Name(family)
		for _, p := range family {
			facts[p] = strategies.Gather(p, names, nil)
		}
	}
	return func(p *compose.Project, m compose.Mapping) strategies.Decision {
		return strategies.Decide(m, s, facts[p](m))
	}
}

func checkRun(t *testing.T, projects []*compose.Project, s strategies.Strategy) {
	plan := Make(projects, decideAll(projects, s))
	after := map[string][]byte{}
	for _, f := range plan.Files() {
		edits := plan.Edits(f.Path)
		before := bytes.Clone(f.Src)
		out, err := Apply(f.Src, edits)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, f.Src) {
			t.Errorf("%s: the source was modified", f.Path)
		}
		undo, err := Undo(f.Src, edits)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Apply(out, undo); err != nil || !bytes.Equal(back, f.Src) {
			t.Errorf("%s: undoing the edits does not give the file back", f.Path)
		}
		if err := VerifyTree(f, out, plan.Changes); err != nil {
			t.Error(err)
		}
		after[f.Path] = out
	}
	models := 0
	for _, p := range projects {
		compared, err := VerifyModel(p, after, plan.Changes)
		if err != nil {
			t.Error(err)
		}
		if compared {
			models++
		}
	}
	t.Logf("%d changes in %d files, %d skips; %d of %d projects compared as models",
		len(plan.Changes), len(plan.Files()), len(plan.Skips), models, len(projects))
	reasons := map[string]int{}
	for _, s := range plan.Skips {
		reasons[s.Reason]++
	}
	t.Log(reasons)
}

func yamlFiles(t *testing.T, dir string) (paths []string) {
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && !e.IsDir() && (ext == ".yml" || ext == ".yaml") {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// corpus is the folder of real compose files, or the test is skipped; in CI
// it must be there.
func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("PORTMOOR_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("PORTMOOR_CI") != "" {
			t.Fatal("the corpus is missing: ", err)
		}
		t.Skip("the corpus is missing: set PORTMOOR_CORPUS")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
