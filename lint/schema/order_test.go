package schema

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOrder catches a report that depends on the order in which Go goes through a mapping: of alternatives that
// all fail at one depth, the one that is reported is always the same.
func TestOrder(t *testing.T) {
	t.Parallel()
	list := []any{"x"}
	doc := map[string]any{"services": map[string]any{"web": map[string]any{
		"image": "x",
		"build": map[string]any{"args": map[string]any{"a": list, "b": list, "c": "x", "d": list, "e": map[string]any{}}},
	}}}
	want := judge(doc, reduced(doc), &speller{})
	if len(want) == 0 || cmp.Diff(want[0].path, []string{"services", "web", "build", "args", "a"}) != "" {
		t.Fatalf("not about the first: %+v", want)
	}
	for range 100 {
		if diff := cmp.Diff(want, judge(doc, reduced(doc), &speller{}), cmp.AllowUnexported(Violation{})); diff != "" {
			t.Fatal(diff)
		}
	}
}
