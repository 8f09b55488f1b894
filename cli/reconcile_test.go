package cli

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
)

// reconciled runs reconcile in the working folder, on the day of the document.
func reconciled(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Run(Process{
		Args: append([]string{"portmoor", "reconcile"}, args...), Environ: []string{"SOURCE_DATE_EPOCH=1770249600", "HOME=/nonexistent"},
		Out: &stdout, Err: &stderr,
	})
	return code, stdout.String(), stderr.String()
}

// hailoCopy makes a copy of the example the working folder.
func hailoCopy(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../examples/hailo")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "plan.md")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
}

// judged is a line of expected.tsv: a number in the example, and what a careful
// reader wants of it.
type judged struct {
	path                     string
	line, column             int
	number, verdict, service string
	reason                   string
}

func hailoJudged(t *testing.T) []judged { return judgements(t, "testdata/hailo/expected.tsv") }

func judgements(t *testing.T, path string) (all []judged) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(src)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != 7 {
			t.Fatalf("%d cells: %q", len(cells), line)
		}
		j := judged{path: cells[0], number: cells[3], verdict: cells[4], service: cells[5], reason: cells[6]}
		j.line, _ = strconv.Atoi(cells[1])
		j.column, _ = strconv.Atoi(cells[2])
		all = append(all, j)
	}
	return all
}

// moved are the ports that the services of the document get.
var moved = map[string]string{"hailo-piper": "5003", "hailo-depth": "11439", "hailo-pose": "11440"}

// tree is what the files below the working folder hold.
func folder(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	if err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		files[path] = string(src)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// wanted is the example as a careful reader would change it, and how many places
// that are.
func wanted(t *testing.T, before map[string]string, all []judged) (after map[string]string, changes int) {
	t.Helper()
	after = map[string]string{}
	edits := map[string][]rewrite.Edit{}
	for _, j := range all {
		next := moved[j.service]
		if j.verdict != "change" && (j.verdict != "definition" || next == "") {
			continue
		}
		lines := strings.SplitAfter(before[j.path], "\n")
		start := len(strings.Join(lines[:j.line-1], "")) + len(string([]rune(lines[j.line-1])[:j.column-1]))
		span := source.Span{Start: start, End: start + len(j.number)}
		if before[j.path][span.Start:span.End] != j.number || next == "" {
			t.Fatalf("%v is not there", j)
		}
		edits[j.path] = append(edits[j.path], rewrite.Edit{Span: span, New: next})
		changes++
	}
	for path, src := range before {
		out, err := rewrite.Apply([]byte(src), edits[path])
		if err != nil {
			t.Fatal(err)
		}
		after[path] = string(out)
	}
	return after, changes
}

// The table and the map are those of the source document. A row that differs
// means that somebody else keeps a port, or gets another one.
func TestReconcileHailoDocument(t *testing.T) {
	hailoCopy(t)
	if code, _, errs := reconciled(t, "--plan", "plan.md"); code != 0 {
		t.Fatal(code, errs)
	}
	src, err := os.ReadFile("plan.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(src)
	for _, row := range []string{
		"hailo-ollama | 11434 | 11434 | ✓ No change",
		"hailo-whisper | 11437 | 11437 | ✓ No change",
		"hailo-clip | 5000 | 5000 | ✓ No change",
		"hailo-vision | 11435 | 11435 | ✓ No change",
		"hailo-florence | 11438 | 11438 | ✓ No change",
		"hailo-scrfd | 5001 | 5001 | ✓ No change",
		"hailo-face | 5002 | 5002 | ✓ No change",
		"**hailo-piper** | **5002** | **5003** | ⚠️ Change",
		"**hailo-ocr** | **11436** | **11436** | ✓ Prioritized",
		"**hailo-depth** | **11436** | **11439** | ⚠️ Change",
		"**hailo-pose** | **11436** | **11440** | ⚠️ Change",
	} {
		if !strings.Contains(doc, "\n| "+row+" | ") {
			t.Errorf("no row %s", row)
		}
	}
	table, _, _ := strings.Cut(doc, "### Final Port Map")
	if rows := regexp.MustCompile(`(?m)^\| .*(?:✓|⚠️)`).FindAllString(table, -1); len(rows) != 11 {
		t.Errorf("%d rows", len(rows))
	}
	_, rest, _ := strings.Cut(doc, "### Final Port Map (Post-Reconciliation)\n\n")
	finalMap, _, _ := strings.Cut(rest, "\n\n")
	if diff := cmp.Diff(`- **5000:** hailo-clip
- **5001:** hailo-scrfd (frozen)
- **5002:** hailo-face (frozen)
- **5003:** hailo-piper
- **11434:** hailo-ollama
- **11435:** hailo-vision
- **11436:** hailo-ocr
- **11437:** hailo-whisper
- **11438:** hailo-florence
- **11439:** hailo-depth
- **11440:** hailo-pose`, finalMap); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(doc, "2 ports have conflicts affecting 5 services") {
		t.Error("the totals are not those of the document")
	}
	for _, section := range []string{
		"Overview", "Proposed Port Assignments", "Implementation Steps", "Verification Steps", "Decision Rationale",
		"Risks & Mitigations", "Next Steps", "Appendix: Current API Specs Summary",
	} {
		if !strings.Contains(doc, "\n## "+section+"\n") {
			t.Errorf("no section %s", section)
		}
	}
}

// The document's rule says that the alphabet decides, which gives another map
// than the document's: hailo-depth is before hailo-ocr.
func TestReconcileHailoAlphabet(t *testing.T) {
	hailoCopy(t)
	src, err := os.ReadFile(".portmoor.yaml")
	if err != nil {
		t.Fatal(err)
	}
	without := regexp.MustCompile(`(?m)^ *keep:.*\n`).ReplaceAll(src, nil)
	if err := os.WriteFile(".portmoor.yaml", without, 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, _ := reconciled(t)
	want := `SERVICE         CURRENT  NEW    STATUS       RATIONALE
hailo-clip      5000     5000   No change    Unique, no conflict
hailo-depth     11436    11436  Prioritized  Alphabetically first of 3-way conflict
hailo-face      5002     5002   No change    Frozen service (priority)
hailo-florence  11438    11438  No change    Unique, no conflict
hailo-ocr       11436    11439  Change       3-way port conflict
hailo-ollama    11434    11434  No change    Priority service
hailo-piper     5002     5003   Change       Conflict with frozen hailo-face
hailo-pose      11436    11440  Change       3-way port conflict
hailo-scrfd     5001     5001   No change    Frozen service (priority)
hailo-vision    11435    11435  No change    Unique, no conflict
hailo-whisper   11437    11437  No change    Unique, no conflict
`
	if diff := cmp.Diff(want, out); code != exitFindings || diff != "" {
		t.Error(code, diff)
	}
}

// TestReconcileHailoPlan: the plan in the example is what the example gives.
func TestReconcileHailoPlan(t *testing.T) {
	golden, err := filepath.Abs("../examples/hailo/plan.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	hailoCopy(t)
	if code, _, errs := reconciled(t, "--author", "the hailo team", "--plan", "plan.md"); code != 0 {
		t.Fatal(errs)
	}
	got, err := os.ReadFile("plan.md")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
		want = got
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("examples/hailo/plan.md is out of date: go test ./cli -update (-want +got):\n%s", diff)
	}
}

// What --write makes of the example is, byte for byte, what a careful reader
// would: every number that has to change does, as that service's, and no other
// byte. The lists, with a reason for each number, are in expected.tsv.
func TestReconcileHailoReferences(t *testing.T) {
	all := hailoJudged(t)
	hailoCopy(t)
	before := folder(t)
	want, changes := wanted(t, before, all)
	for _, args := range [][]string{{"--plan", "plan.md"}, {"--apply", "plan.md", "--write"}} {
		if code, _, errs := reconciled(t, args...); code != 0 {
			t.Fatal(code, errs)
		}
	}
	got := folder(t)
	delete(got, "plan.md")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	right, made := 0, 0
	for _, j := range all {
		line := strings.Split(before[j.path], "\n")[j.line-1]
		now := strings.Split(got[j.path], "\n")[j.line-1]
		changed := !strings.HasPrefix(string([]rune(now)[min(j.column-1, len([]rune(now))):]), j.number)
		if changed {
			made++
		}
		if changed && moved[j.service] != "" && (j.verdict == "change" || j.verdict == "definition") {
			right++
		}
		if changed != (moved[j.service] != "" && (j.verdict == "change" || j.verdict == "definition")) {
			t.Errorf("%s:%d:%d: %s: %s (%s): %s", j.path, j.line, j.column, j.verdict, j.reason, j.service, line)
		}
	}
	fmt.Printf("hailo: recall %d/%d, precision %d/%d, of %d numbers\n", right, changes, right, made, len(all))
	if changes < 200 || len(all)-changes < 200 {
		t.Error("the lists are too short to say anything")
	}
}

// A second run has nothing to do, and everything agrees.
func TestReconcileTwice(t *testing.T) {
	hailoCopy(t)
	if code, out, _ := reconciled(t, "--verify"); code != exitFindings || strings.Count(out, "\n") != 2 {
		t.Errorf("verify before: %d\n%s", code, out)
	}
	reconciled(t, "--plan", "plan.md")
	code, diff, _ := reconciled(t, "--apply", "plan.md")
	if code != 0 || !strings.Contains(diff, "+  port: 5003 ") {
		t.Errorf("%d\n%s", code, diff)
	}
	if code, out, _ := reconciled(t, "--verify", "--apply", "plan.md"); code != exitFindings || !strings.Contains(out, "hailo-piper has port 5002, in the plan it is 5003") {
		t.Errorf("verify without the changes: %d\n%s", code, out)
	}
	if code, _, errs := reconciled(t, "--apply", "plan.md", "--write", "--verify"); code != 0 {
		t.Fatal(errs)
	}
	after := folder(t)
	for _, args := range [][]string{{"--apply", "plan.md", "--write"}, {"--verify"}, {"--verify", "--apply", "plan.md"}, {}} {
		if code, out, errs := reconciled(t, args...); code != 0 {
			t.Errorf("%v: %d\n%s%s", args, code, out, errs)
		}
	}
	if diff := cmp.Diff(after, folder(t)); diff != "" {
		t.Error(diff)
	}
	// What somebody writes afterwards is found.
	late := "# hailo-piper\n\nhttp://localhost:5002/v1/speak\n"
	if err := os.WriteFile("docs/late.md", []byte(late), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := reconciled(t, "--verify", "--apply", "plan.md"); code != exitFindings || !strings.HasPrefix(out, "docs/late.md:3:1: ") {
		t.Errorf("%d: %s", code, out)
	}
}

// A crash leaves some files changed and others not: the next run finishes. A
// file that is neither stops it, before anything is written.
func TestReconcileAfterCrash(t *testing.T) {
	hailoCopy(t)
	before := folder(t)
	reconciled(t, "--plan", "plan.md")
	if code, _, errs := reconciled(t, "--apply", "plan.md", "--write"); code != 0 {
		t.Fatal(errs)
	}
	after := folder(t)
	paths := []string{}
	for path := range before {
		if before[path] != after[path] {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	put := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, done := range []int{0, 1, len(paths) / 2, len(paths) - 1} {
		for i, path := range paths {
			put(path, map[bool]string{true: after[path], false: before[path]}[i < done])
		}
		if code, _, errs := reconciled(t, "--apply", "plan.md", "--write"); code != 0 {
			t.Fatalf("%d of %d: %s", done, len(paths), errs)
		}
		if diff := cmp.Diff(after, folder(t)); diff != "" {
			t.Errorf("%d of %d: %s", done, len(paths), diff)
		}
	}
	put(paths[0], after[paths[0]])
	put(paths[1], before[paths[1]]+"\n")
	put(paths[2], strings.ReplaceAll(after[paths[2]], "0", "1"))
	put(paths[3], before[paths[3]])
	mixed := folder(t)
	code, _, errs := reconciled(t, "--apply", "plan.md", "--write")
	if code != exitFailure || strings.Count(errs, "changed since the plan was made") != 2 || !strings.Contains(errs, paths[1]+": ") || !strings.Contains(errs, paths[2]+": ") {
		t.Errorf("%d: %s", code, errs)
	}
	if diff := cmp.Diff(mixed, folder(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}
