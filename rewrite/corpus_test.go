package rewrite

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
)

// TestCorpus rewrites every file of the corpus under every strategy and holds
// the result against the laws of rewriting. It prints its counts.
func TestCorpus(t *testing.T) {
	dir := corpustest.Dir(t)
	groups := corpusGroups(t, dir)
	projects := compose.NewLoader(compose.LoadOptions{}).Load(groups)
	for _, s := range []strategies.Strategy{strategies.Hybrid, strategies.Dynamic, strategies.Auto} {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			checkRun(t, projects, s)
		})
	}
	t.Run("there and back", func(t *testing.T) {
		t.Parallel()
		checkRoundTrip(t, projects)
	})
}

// remembered are host texts by file and the mapping's key.
type remembered map[string]map[string]string

func planAll(projects []*compose.Project, s strategies.Strategy, kept remembered) Plan {
	o := FamilyOptions{Strategies: map[*compose.Project]strategies.Strategy{}}
	for _, p := range projects {
		o.Strategies[p] = s
	}
	o.Remembered = func(p *compose.Project) map[compose.Place]string {
		return strategies.Recall(p, func(f *source.File) map[string]string { return kept[f.Path] })
	}
	return NewFamilies(projects, o).Plan(projects...)
}

// apply makes a plan's edits and returns the new bytes by path.
func apply(t testing.TB, plan Plan) map[string][]byte {
	t.Helper()
	after, all := map[string][]byte{}, plan.Edits()
	for _, f := range plan.Files() {
		edits := all[f]
		before := bytes.Clone(f.Src)
		out, err := Apply(f.Src, edits)
		if err != nil {
			t.Fatalf("%s: %v", f.Path, err)
		}
		if !bytes.Equal(before, f.Src) {
			t.Errorf("%s: the source was modified", f.Path)
		}
		undo, err := undone(f.Src, edits)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Apply(out, undo); err != nil || !bytes.Equal(back, f.Src) {
			t.Errorf("%s: undoing the edits does not give the file back", f.Path)
		}
		outside(t, f, edits, out)
		if err := verifyTree(f, out, plan.Changes, nil); err != nil {
			t.Error(err)
		}
		after[f.Path] = out
	}
	return after
}

// outside compares the bytes between the edits, one by one.
func outside(t testing.TB, f *source.File, edits []Edit, out []byte) {
	t.Helper()
	from, at := 0, 0
	for _, e := range edits {
		n := e.Span.Start - from
		if !bytes.Equal(f.Src[from:e.Span.Start], out[at:at+n]) {
			t.Fatalf("%s: bytes before %d changed", f.Path, e.Span.Start)
		}
		from, at = e.Span.End, at+n+len(e.New)
	}
	if !bytes.Equal(f.Src[from:], out[at:]) {
		t.Fatalf("%s: bytes behind the last edit changed", f.Path)
	}
}

// reload loads projects again, with new bytes for some files.
func reload(projects []*compose.Project, after map[string][]byte) []*compose.Project {
	l := compose.NewLoader(compose.LoadOptions{})
	var groups []compose.Group
	for _, p := range projects {
		for _, f := range p.Files {
			if after[f.Path] == nil {
				l.Add(f.Path, f.Src)
			}
		}
		groups = append(groups, p.Group)
	}
	for path, src := range after {
		l.Add(path, src)
	}
	return l.Load(groups)
}

// noNewFindings is the law that a migration never makes two mappings clash by one
// variable, nor gives a variable two defaults, where it was not so. What is kept of
// host ports counts as if it stood in the files.
func noNewFindings(t testing.TB, before, after []*compose.Project, kept remembered) {
	t.Helper()
	for i, p := range before {
		was := variableFaults(p.WithHosts(strategies.Recall(p, func(f *source.File) map[string]string { return kept[f.Path] })))
		for fault := range variableFaults(after[i]) {
			if !was[fault] {
				t.Errorf("%s: a new fault: %s", p.Group.Files, fault)
			}
		}
	}
}

// variableFaults are what shared-variable and default-mismatch of lint would find,
// whoever of the two mappings comes first.
func variableFaults(p *compose.Project) map[string]bool {
	faults := map[string]bool{}
	name := func(m compose.Mapping) string { return m.Service + ":" + m.Key.Container }
	byVariable, defaults := map[string][]compose.Mapping{}, map[string]string{}
	for _, m := range p.Mappings {
		v := m.HostPort.Var
		if v == "" || m.Invalid != "" {
			continue
		}
		if m.Dropped != compose.Overridden && !m.Inherited && m.HostPort.Default != "" && strings.HasSuffix(m.HostPort.Op, "-") && defaults[v] == "" {
			defaults[v] = m.HostPort.Default
		}
		s := p.Service(m.Service)
		if m.Dropped != compose.Published || !s.Publishes() || s.Scale == 0 {
			continue
		}
		for _, e := range byVariable[v] {
			if strategies.SharesVariable(&e, &m) {
				faults[v+" is shared: "+min(name(e), name(m))+", "+max(name(e), name(m))] = true
			}
		}
		byVariable[v] = append(byVariable[v], m)
	}
	for d := range strategies.Defaults(p) {
		if want, ok := defaults[d.Name]; ok && !strategies.SameDefault(d.Text, want) {
			faults[d.Name+" has two defaults, "+min(want, d.Text)+" and "+max(want, d.Text)] = true
		}
	}
	return faults
}

func checkRun(t *testing.T, projects []*compose.Project, s strategies.Strategy) {
	plan := planAll(projects, s, nil)
	after := apply(t, plan)
	models, moved := 0, 0
	for _, p := range projects {
		compared, err := verifyModels(p, after, plan.Changes, nil, whole)
		if err != nil {
			t.Error(err)
		}
		if quick, err := verifyModel(p, after, plan.Changes, nil); err != nil || compared && !quick {
			t.Errorf("%s: compared %v, and without what says nothing of ports %v: %v", p.Group.Files[0], compared, quick, err)
		}
		if compared {
			models++
		}
		if s == strategies.Hybrid && movesOnlyPlanned(t, p, after, plan) {
			moved++
		}
	}
	again := reload(projects, after)
	noNewFindings(t, projects, again, nil)
	if second := planAll(again, s, nil); len(second.Changes) > 0 {
		c := second.Changes[0]
		t.Errorf("a second run would change %d mappings, such as %v in %s", len(second.Changes), c.Mapping.Key, c.Mapping.File.Path)
	}
	entries := len(plan.Changes) + len(plan.Skips)
	t.Logf("%d entries: %d changes in %d files, %d skips; %d of %d projects compared as models, %d with every new variable set",
		entries, len(plan.Changes), len(after), len(plan.Skips), models, len(projects), moved)
	reasons := map[string]int{}
	for _, s := range plan.Skips {
		if s.Reason == "" {
			t.Errorf("%s: skipped without a reason", s.Mapping.File.Path)
		}
		reasons[s.Reason]++
	}
	for _, r := range slices.Sorted(maps.Keys(reasons)) {
		t.Logf("%4d skipped: %s", reasons[r], r)
	}
	if entries < 1900 || models < 700 {
		t.Errorf("only %d entries and %d models", entries, models)
	}
}

// movesOnlyPlanned sets every new variable of a project to a number of its own
// and asks compose-go: the planned host ports must be those numbers, and no
// other may differ.
func movesOnlyPlanned(t *testing.T, p *compose.Project, after map[string][]byte, plan Plan) bool {
	if p.Loadable() != nil {
		return false
	}
	environ, expected := map[string]string{}, map[string]string{}
	port := 20000
	changed := map[compose.Place]Change{}
	for _, c := range plan.Changes {
		changed[c.Mapping.Place()] = c
	}
	for _, m := range p.Mappings {
		c, ok := changed[m.Place()]
		if !ok || m.Dropped != compose.Published || strings.Contains(m.Target, "$") || m.HostPort.DefaultPorts.Width() > 1 || m.Container.Width() > 1 {
			continue
		}
		if environ[c.Decision.Var] == "" {
			port++
			environ[c.Decision.Var] = fmt.Sprint(port)
		}
		expected[fmt.Sprintf("%s %s:%d/%s", m.Service, m.HostPort.Text, m.Container.First, m.Protocol)] = environ[c.Decision.Var]
	}
	load, done, err := loaders(p, after)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	was, err := load(nil, nil, whole)
	if err != nil || len(environ) == 0 {
		return false
	}
	is, err := load(after, environ, whole)
	if err != nil {
		t.Errorf("%s: %v", p.Group.Files, err)
		return false
	}
	got := portsOf(is.project.AllServices())
	for service, ports := range portsOf(was.project.AllServices()) {
		var want, have []string
		for _, port := range ports {
			key := fmt.Sprintf("%s %s:%d/%s", service, port.Published, port.Target, port.Protocol)
			if n, ok := expected[key]; ok {
				port.Published = n
			}
			want = append(want, fmt.Sprint(port))
		}
		for _, port := range got[service] {
			have = append(have, fmt.Sprint(port))
		}
		slices.Sort(want)
		slices.Sort(have)
		if !slices.Equal(slices.Compact(want), slices.Compact(have)) {
			t.Errorf("%s: service %s\n got %v\nwant %v", p.Group.Files, service, have, want)
		}
	}
	return true
}

// checkRoundTrip goes to hybrid, to dynamic and back: every byte must be back.
func checkRoundTrip(t *testing.T, projects []*compose.Project) {
	hybrid := apply(t, planAll(projects, strategies.Hybrid, nil))
	first := reload(projects, hybrid)
	kept := remembered{}
	plan := planAll(first, strategies.Dynamic, nil)
	for _, c := range plan.Changes {
		path := c.Mapping.File.Path
		if kept[path] == nil {
			kept[path] = map[string]string{}
		}
		kept[path][strategies.DefaultKeys(c.Project)[c.Mapping.Place()]] = c.Mapping.HostPort.Text
	}
	dynamic := apply(t, plan)
	second := reload(first, dynamic)
	back := apply(t, planAll(second, strategies.Hybrid, kept))
	for path := range dynamic {
		want := hybrid[path]
		if want == nil {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want = src
		}
		if !bytes.Equal(back[path], want) {
			t.Errorf("%s: is not what it was", path)
		}
	}
	t.Logf("%d files went there and back", len(dynamic))
}

func corpusGroups(t testing.TB, dir string) []compose.Group {
	t.Helper()
	found, err := discover.Find(compose.NewLoader(compose.LoadOptions{}), yamlFiles(t, dir), discover.Options{Options: tree.Options{Base: dir}})
	if err != nil {
		t.Fatal(err)
	}
	return found.Groups
}

func yamlFiles(t testing.TB, dir string) (paths []string) {
	t.Helper()
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
