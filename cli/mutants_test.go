package cli

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose/corpustest"
)

var (
	mutants     = flag.Int("mutants", 150, "how many mutants TestMutants makes")
	firstMutant = flag.Int("mutant", 0, "the number of its first one")
)

// mutantBound is how long one command may take for one mutant, on a machine that does other things too.
const mutantBound = 20 * time.Second

// TestMutants changes real projects in a few places, as a person, an editor or an enemy would, and runs the
// commands that read and write compose files on each. Whatever the bytes are, no command panics, takes long or
// speaks of a bug; what migrate writes is what its JSON says, byte by byte, and the same project to
// compose-go; a second run changes nothing; the way over dynamic ends where the straight way does; and
// no run leaves an error that was not there.
//
// A mutant is named by its number alone: go test ./cli -run TestMutants -mutant N -mutants 1.
func TestMutants(t *testing.T) {
	t.Parallel()
	seeds := readSeeds(t)
	if len(seeds) < 500 {
		t.Fatalf("only %d seeds", len(seeds))
	}
	var next, changed, compared atomic.Int64
	next.Store(int64(*firstMutant))
	end := int64(*firstMutant + *mutants)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for n := next.Add(1) - 1; n < end; n = next.Add(1) - 1 {
				m := newMutant(t, seeds, uint64(n))
				m.judge()
				changed.Add(int64(m.changed))
				compared.Add(int64(m.compared))
				if t.Failed() {
					t.Logf("go test ./cli -run TestMutants -mutant %d -mutants 1", n)
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d mutants, %d mappings changed, %d models compared", *mutants, changed.Load(), compared.Load())
	if !t.Failed() && *mutants >= 100 && (changed.Load() < int64(*mutants/2) || compared.Load() < int64(*mutants/10)) {
		t.Error("too few mutants are still compose files")
	}
}

// seed is a compose file of the corpus with what stands beside it.
type seed struct {
	name  string // of the file that is changed
	files map[string][]byte
}

func readSeeds(t *testing.T) []seed {
	t.Helper()
	var seeds []seed
	err := filepath.WalkDir(corpustest.Dir(t), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		entries, err := os.ReadDir(path)
		files := map[string][]byte{}
		for _, e := range entries {
			src, err := os.ReadFile(filepath.Join(path, e.Name()))
			if e.Type().IsRegular() && err == nil && len(src) < 16<<10 {
				files[e.Name()] = src
			}
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if ext := filepath.Ext(name); (ext != ".yml" && ext != ".yaml") || !bytes.Contains(files[name], []byte("services")) {
				continue
			}
			if _, ok := files["docker-compose.yml"]; ok && len(files) <= 5 {
				seeds = append(seeds, seed{name, files})
			} else {
				seeds = append(seeds, seed{"compose.yaml", map[string][]byte{"compose.yaml": files[name]}})
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return seeds
}

// mutant is one changed seed and the folders in which it is judged.
type mutant struct {
	*testing.T
	*rand.Rand
	n     uint64
	root  string // the folder of its folders
	name  string
	files map[string][]byte
	steps []string // what was done to the seed

	changed, compared int
}

func newMutant(t *testing.T, seeds []seed, n uint64) *mutant {
	t.Helper()
	m := &mutant{T: t, Rand: rand.New(rand.NewPCG(n, 7)), n: n}
	s := seeds[m.IntN(len(seeds))]
	m.name, m.files = s.name, maps.Clone(s.files)
	src := s.files[s.name]
	other := seeds[m.IntN(len(seeds))]
	for range 1 + m.IntN(2)*m.IntN(4) {
		src = m.mutate(src, other.files[other.name])
	}
	m.files[m.name] = src
	return m
}

// folder writes the files of the mutant into a folder of their own.
func (m *mutant) folder(what string) string {
	dir := filepath.Join(m.root, what)
	if err := os.Mkdir(dir, 0o777); err != nil {
		m.Fatal(err)
	}
	for name, src := range m.files {
		if err := os.WriteFile(filepath.Join(dir, name), src, 0o600); err != nil {
			m.Fatal(err)
		}
	}
	return dir
}

func (m *mutant) failf(format string, args ...any) {
	m.Helper()
	m.Errorf("mutant %d of %s, %s: %s\n%s", m.n, m.name, strings.Join(m.steps, ", "), fmt.Sprintf(format, args...),
		clipped(string(m.files[m.name])))
}

func (m *mutant) judge() {
	root, err := os.MkdirTemp(m.TempDir(), "mutant")
	if err != nil {
		m.Fatal(err)
	}
	defer os.RemoveAll(root)
	m.root = root
	hybrid, detour, fixed := m.folder("hybrid"), m.folder("detour"), m.folder("fixed")
	before := m.findings(hybrid)
	m.migrate(hybrid)
	m.compareModels(hybrid)
	straight := treeOf(m.T, hybrid)
	for id := range m.findings(hybrid) {
		if !before[id] {
			m.failf("after migrate lint says what it did not say before: %s", id)
		}
	}
	if m.run(hybrid, "migrate", "--strategy", "hybrid", "--write").code == 0 {
		m.same("a second run", straight, treeOf(m.T, hybrid))
	}

	if m.run(detour, "migrate", "--strategy", "dynamic", "--write").code == 0 &&
		m.run(detour, "migrate", "--strategy", "hybrid", "--write").code == 0 {
		back := treeOf(m.T, detour)
		delete(back, ".portmoor.yaml")
		m.same("the way over dynamic", straight, back)
	}

	m.run(fixed, "lint", "--fix")
	once := treeOf(m.T, fixed)
	m.run(fixed, "lint", "--fix")
	m.same("a second lint --fix", once, treeOf(m.T, fixed))

	m.report(fixed)
	others := [][]string{
		{"detect"},
		{"detect", "--override", filepath.Join(m.root, "o.yaml")},
		{"show", "--format", "json"},
		{"validate"},
		{"env", "--args"},
		{"port"},
		{"reconcile"},
		{"migrate", "--strategy", "auto"},
		{"migrate", "--check"},
	}
	args := others[m.IntN(len(others))]
	if args[0] != "migrate" && args[0] != "reconcile" {
		args = append(slices.Clone(args), "--file", filepath.Join(fixed, m.name))
	}
	m.run(fixed, args...)
}

// report runs lint with a format of the day, and a program reads it.
func (m *mutant) report(dir string) {
	m.Helper()
	format := m.pick([]string{"json", "sarif", "gitlab", "junit", "checkstyle", "github", "text"})
	r := m.run(dir, "lint", "--format", format)
	var err error
	switch format {
	case "junit", "checkstyle":
		err = xml.Unmarshal([]byte(r.out), new(struct{}))
	case "json", "sarif", "gitlab":
		err = json.Unmarshal([]byte(r.out), new(any))
	default:
		if strings.ContainsAny(r.out, "\x00\x1b\r") || !utf8.ValidString(r.out) {
			err = errors.New("it has bytes that a terminal acts on")
		}
	}
	if err != nil && r.code >= 0 {
		m.failf("lint --format %s: %v", format, err)
	}
}

func (m *mutant) same(what string, a, b map[string]string) {
	m.Helper()
	if diff := cmp.Diff(a, b); diff != "" {
		m.failf("%s ends elsewhere:\n%s", what, diff)
	}
}

type result struct {
	code int
	out  string
}

// run runs a command on a folder. What must hold for all commands is judged here.
func (m *mutant) run(dir string, args ...string) result {
	m.Helper()
	var out, errs bytes.Buffer
	argv := append([]string{"portmoor"}, args...)
	if !slices.Contains(args, "--file") {
		argv = append(argv, dir)
	}
	done := make(chan int, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				stack := make([]byte, 4<<10)
				m.failf("%v panics: %v\n%s", args, p, stack[:runtime.Stack(stack, false)])
				done <- -1
			}
		}()
		environ := []string{"PORTMOOR_LEDGER=" + filepath.Join(dir, "..", "ledger"), "DOCKER_HOST=unix:///nonexistent"}
		done <- Run(Process{Args: argv, Environ: environ, Out: &out, Err: &errs})
	}()
	select {
	case code := <-done:
		reads := !slices.Contains([]string{"lint", "migrate"}, args[0]) && code == 2 // for want of a service or an engine
		if !slices.Contains([]int{-1, 0, 1, 3}, code) && !reads || strings.Contains(errs.String()+out.String(), "a bug in portmoor") {
			m.failf("%v ends with %d: %s", args, code, errs.String())
		}
		return result{code, out.String()}
	case <-time.After(mutantBound):
		m.failf("%v takes more than %s", args, mutantBound)
		return result{code: -1}
	}
}

// lastingRules are those whose findings a migration may not add to.
var lastingRules = []string{
	"default-mismatch", "duplicate-port", "host-port-conflict", "invalid-compose", "invalid-port",
	"missing-default", "override-appends", "scaled-fixed-port", "shared-variable", "variable-both-sides",
}

// findings are the findings of the rules that a migration may not add to: rule and line, which no migration moves.
func (m *mutant) findings(dir string) map[string]bool {
	m.Helper()
	var report struct {
		Findings []struct {
			Rule, File string
			Line       int
		}
	}
	r := m.run(dir, "lint", "--format", "json")
	if r.code < 0 {
		return nil
	}
	if err := json.Unmarshal([]byte(r.out), &report); err != nil {
		m.failf("the JSON of lint: %v", err)
	}
	ids := map[string]bool{}
	for _, f := range report.Findings {
		if slices.Contains(lastingRules, f.Rule) {
			ids[fmt.Sprintf("%s:%d: %s", filepath.Base(f.File), f.Line, f.Rule)] = true
		}
	}
	return ids
}

// change is one of a file's changes in migrate's JSON.
type change struct {
	Line, Column  int
	Before, After string
}

// migrate makes the changes of migrate's JSON by itself, and compares them with what migrate writes.
func (m *mutant) migrate(dir string) {
	m.Helper()
	r := m.run(dir, "migrate", "--strategy", "hybrid", "--write", "--format", "json")
	if r.code < 0 {
		return
	}
	var plan struct {
		Files []struct {
			File    string
			Changes []change
		}
	}
	if err := json.Unmarshal([]byte(r.out), &plan); err != nil {
		m.failf("the JSON of migrate: %v", err)
		return
	}
	want := map[string]string{}
	for name, src := range m.files {
		want[name] = string(src)
	}
	for _, f := range plan.Files {
		name := filepath.Base(f.File)
		src, err := edited(want[name], f.Changes)
		if err != nil {
			m.failf("%s: %v", name, err)
			return
		}
		m.changed += len(f.Changes)
		want[name] = src
	}
	m.same("what migrate writes, beside what it says,", want, treeOf(m.T, dir))
}

// edited replaces each change's text at its place; mappings that share a text have the same change.
func edited(src string, changes []change) (string, error) {
	at := map[int]change{}
	for _, c := range changes {
		offset, ok := offsetOf(src, c.Line, c.Column)
		if !ok || !strings.HasPrefix(src[offset:], c.Before) {
			return "", fmt.Errorf("%q is not at %d:%d", c.Before, c.Line, c.Column)
		}
		if other, ok := at[offset]; ok && other != c {
			return "", fmt.Errorf("%q and %q at %d:%d", other.After, c.After, c.Line, c.Column)
		}
		at[offset] = c
	}
	for _, offset := range slices.Backward(slices.Sorted(maps.Keys(at))) {
		src = src[:offset] + at[offset].After + src[offset+len(at[offset].Before):]
	}
	return src, nil
}

// offsetOf finds a line and a column, both from 1, in characters; lines end as they do in YAML 1.2.
func offsetOf(src string, line, column int) (int, bool) {
	offset := 0
	for range line - 1 {
		end := strings.IndexAny(src[offset:], "\r\n")
		if end < 0 {
			return 0, false
		}
		offset += end + 1
		if src[offset-1] == '\r' && strings.HasPrefix(src[offset:], "\n") {
			offset++
		}
	}
	for range column - 1 {
		_, n := utf8.DecodeRuneInString(src[offset:])
		offset += n
	}
	return offset, offset <= len(src)
}

// compareModels loads the changed file as it was and as it is now with compose-go.
func (m *mutant) compareModels(dir string) {
	m.Helper()
	now, err := os.ReadFile(filepath.Join(dir, m.name))
	if err != nil {
		m.Fatal(err)
	}
	if bytes.Equal(now, m.files[m.name]) {
		return
	}
	was, err := m.model(dir, m.files[m.name])
	if err != nil {
		return
	}
	is, err := m.model(dir, now)
	if err != nil {
		m.failf("compose-go takes it no more: %v", err)
		return
	}
	m.compared++
	if was != is {
		m.failf("another project to compose-go:\n%s", cmp.Diff(was, is))
	}
}

func (m *mutant) model(dir string, src []byte) (string, error) {
	project, err := loader.LoadWithContext(m.Context(), types.ConfigDetails{
		WorkingDir:  dir,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, m.name), Content: src}},
		Environment: types.Mapping{},
	}, func(o *loader.Options) {
		o.SetProjectName("mutant", true)
		o.SkipResolveEnvironment = true
		o.SkipConsistencyCheck = true
		o.Profiles = []string{"*"}
	})
	if err != nil {
		return "", err
	}
	text, err := project.MarshalYAML()
	return string(text), err
}

func clipped(s string) string {
	if len(s) > 3000 {
		s = s[:3000] + "…"
	}
	return s
}
