package rewrite

import (
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/compose/fixed"
	"github.com/portmoor/portmoor/source"
)

// unnamedAll are edits that take out all fixed names of projects that can go.
func unnamedAll(projects []*compose.Project) (edits map[*source.File][]Edit, n int) {
	edits = map[*source.File][]Edit{}
	seen := map[compose.Place]bool{}
	for _, p := range projects {
		for _, name := range fixed.Names(p) {
			if at := (compose.Place{Path: name.File.Path, Start: name.Cut.Start}); !name.Cut.Empty() && !seen[at] {
				seen[at] = true
				edits[name.File] = append(edits[name.File], Edit{Span: name.Cut})
				n++
			}
		}
	}
	return edits, n
}

// TestVerifyNames: a fixed name may go, and nothing else with it.
func TestVerifyNames(t *testing.T) {
	const src = `services:
  db:
    image: postgres
    container_name: shopdb
    networks: [back]
    volumes: ["data:/data"]
networks:
  back:
    name: shop_back
volumes: {data: {name: shop_data, labels: [a=b]}}
`
	projects := oneFile(src)
	f := projects[0].Files[0]
	edits, n := unnamedAll(projects)
	r, err := Verified(projects, edits, nil)
	if err != nil || n != 3 || len(r.Uncompared) > 0 {
		t.Fatal(n, err, r.Uncompared)
	}
	if want := "services:\n  db:\n    image: postgres\n    networks: [back]\n    volumes: [\"data:/data\"]\nnetworks:\n  back:\nvolumes: {data: {labels: [a=b]}}\n"; string(r.After[f.Path]) != want {
		t.Errorf("%s", r.After[f.Path])
	}
	for _, line := range []string{"    image: postgres\n", "    container_name: shopdb\n    networks: [back]\n", "    networks: [back]\n", ", labels: [a=b]"} {
		at := strings.Index(src, line)
		if _, err := Verified(projects, map[*source.File][]Edit{f: {{Span: source.Span{Start: at, End: at + len(line)}}}}, nil); err == nil {
			t.Errorf("%q may go", line)
		}
	}
	at := strings.Index(src, "shopdb")
	if _, err := Verified(projects, map[*source.File][]Edit{f: {{Span: source.Span{Start: at, End: at + 6}, New: "other"}}}, nil); err == nil {
		t.Error("a name may be another one")
	}
}

// TestCorpusNames takes all fixed names out of the corpus: the models are the same but for
// them, and there are none left.
func TestCorpusNames(t *testing.T) {
	t.Parallel()
	projects := compose.NewLoader(compose.LoadOptions{}).Load(corpusGroups(t, corpustest.Dir(t)))
	edits, n := unnamedAll(projects)
	r, err := Verified(projects, edits, nil)
	if err != nil || n < 100 {
		t.Fatal(n, err)
	}
	left, all := 0, 0
	for _, p := range reload(projects, r.After) {
		for _, name := range fixed.Names(p) {
			if all++; !name.Cut.Empty() {
				left++
			}
		}
	}
	if left > 0 {
		t.Errorf("%d names are left that could go, of %d", left, all)
	}
	t.Logf("%d names went, %d are left, %d projects are not compared", n, all, len(r.Uncompared))
}
