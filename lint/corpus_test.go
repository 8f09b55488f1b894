package lint

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

func corpusProjects(t testing.TB) []*compose.Project {
	t.Helper()
	dir := corpustest.Dir(t)
	l := compose.NewLoader(compose.LoadOptions{})
	found, err := discover.Find(l, []string{dir}, discover.Options{Options: tree.Options{Base: dir}, Files: []string{"*.yml", "*.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	return l.Load(found.Groups)
}

// TestVerdicts holds invalid-compose and invalid-port against compose-go on
// every real project: what the one refuses, the other must.
func TestVerdicts(t *testing.T) {
	projects := corpusProjects(t)
	refused := map[*source.File]string{}
	for _, f := range Run(projects, Options{Only: []string{"invalid-compose", "invalid-port"}}) {
		refused[f.File] = f.Message
	}
	agree := 0
	for _, p := range projects {
		ours := ""
		for _, f := range p.Files {
			if refused[f] != "" {
				ours = f.Path + ": " + refused[f]
			}
		}
		if p.Loadable() != nil {
			if ours == "" {
				t.Errorf("%s: withheld from compose-go, and nothing said", p.Group.Files)
			}
			continue
		}
		var theirs error
		examples := map[string]string{}
		for _, e := range compose.NewLoader(compose.LoadOptions{}).Examples(p.Dir) {
			maps.Copy(examples, e.Vars)
		}
		for _, environ := range append(p.Environments(), examples) {
			if _, theirs = canonical.Load(canonical.Input{Dir: p.Dir, Files: p.Group.Files, Environ: environ}); theirs == nil {
				break
			}
		}
		switch {
		case theirs == nil && ours != "":
			t.Errorf("only we refuse %s", ours)
		case theirs != nil && ours == "":
			t.Errorf("only compose-go refuses %s: %v", p.Group.Files, theirs)
		default:
			agree++
		}
	}
	t.Logf("%d of %d agree", agree, len(projects))
	if agree < 700 {
		t.Errorf("only %d projects compared", agree)
	}
}

var update = flag.Bool("update", false, "write the expected output of golden tests")

// TestCorpus counts what each rule finds in each real repository, so that a
// change in judgement is seen, and holds every finding to its exact place.
func TestCorpus(t *testing.T) {
	dir := corpustest.Dir(t)
	findings := Run(corpusProjects(t), Options{Root: dir})
	counts := map[string]int{}
	for _, f := range findings {
		if f.Span.Start > f.Span.End || f.Span.End > len(f.File.Src) || f.Message == "" || f.Severity == Off {
			t.Errorf("%s: %s at %v", f.File.Path, f.Rule, f.Span)
		}
		if f.Span.Empty() && f.Rule != "invalid-compose" {
			t.Errorf("%s: %s has no place", f.File.Path, f.Rule)
		}
		rel, err := filepath.Rel(dir, f.File.Path)
		if err != nil {
			t.Fatal(err)
		}
		repository, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		counts[fmt.Sprintf("%-45s %-20s %s", repository, f.Rule, f.Severity)]++
		counts[fmt.Sprintf("%-45s %-20s %s", "all", f.Rule, f.Severity)]++
	}
	var got bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&got, "%s %d\n", key, counts[key])
	}
	golden := filepath.Join("testdata", "corpus.txt")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDeterminism lints the corpus on one processor and on eight: the findings
// must be the same, in the same order.
func TestDeterminism(t *testing.T) {
	dir := corpustest.Dir(t)
	run := func(processors int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		var b strings.Builder
		for _, f := range Run(corpusProjects(t), Options{}) {
			b.WriteString(f.Rule + " " + told(dir, f) + " " + f.Hint + fmt.Sprintln(f.Fix))
		}
		return b.String()
	}
	want := run(1)
	for range 3 {
		if got := run(8); got != want {
			t.Fatal(cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
		}
	}
}

// FuzzLint lints any bytes: nothing panics, every finding is inside the file and
// fixes can be applied.
func FuzzLint(f *testing.F) {
	files, err := filepath.Glob("../compose/testdata/ugly/*.y*ml")
	if err != nil || len(files) < 10 {
		f.Fatalf("only %d seeds: %v", len(files), err)
	}
	for _, path := range files {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	for _, r := range Rules() {
		f.Add([]byte(r.Bad))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		l := compose.NewLoader(compose.LoadOptions{})
		l.Add("/project/compose.yaml", src)
		projects := l.Load([]compose.Group{{Dir: "/project", Files: []string{"/project/compose.yaml"}}})
		for _, found := range Run(projects, Options{}) {
			if s := found.Span; s.Start < 0 || s.Start > s.End || s.End > len(src) {
				t.Errorf("%s at %v of %d bytes", found.Rule, s, len(src))
			}
			if _, err := rewrite.Apply(src, found.Fix); err != nil {
				t.Errorf("%s: %v", found.Rule, err)
			}
		}
	})
}

// TestCorpusMigrated migrates the corpus in memory: no variable is shared, and none
// has two defaults, that was not before.
func TestCorpusMigrated(t *testing.T) {
	projects := corpusProjects(t)
	options := Options{Only: []string{"shared-variable", "default-mismatch"}}
	count := func(projects []*compose.Project) map[string]int {
		found := map[string]int{}
		for _, f := range Run(projects, options) {
			line, _ := f.File.Position(f.Span.Start)
			found[fmt.Sprintf("%s:%d: %s %s", f.File.Path, line, f.Service, f.Rule)]++
		}
		return found
	}
	plan := rewrite.NewFamilies(projects, rewrite.FamilyOptions{}).Plan(projects...)
	l, changed := compose.NewLoader(compose.LoadOptions{}), 0
	for f, edits := range plan.Edits() {
		after, err := rewrite.Apply(f.Src, edits)
		if err != nil {
			t.Fatal(err)
		}
		l.Add(f.Path, after)
		changed++
	}
	if changed < 300 {
		t.Errorf("only %d files change", changed)
	}
	var groups []compose.Group
	for _, p := range projects {
		groups = append(groups, p.Group)
	}
	before := count(projects)
	for at := range count(l.Load(groups)) {
		if before[at] == 0 {
			t.Errorf("new: %s", at)
		}
	}
}
