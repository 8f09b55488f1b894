package schema

import "testing"

// TestNearest: a hint names a key that is allowed where the wrong one stands, and never that one.
func TestNearest(t *testing.T) {
	t.Parallel()
	web := map[string]any{"web": map[string]any{"image": "x"}}
	for key, want := range map[string]string{"service": "did you mean services?", "Services": "did you mean services?", "all": "remove it, or put x- before it"} {
		doc := map[string]any{key: web}
		got := judge(doc, reduced(doc), &speller{})
		if len(got) != 1 || got[0].Hint != want {
			t.Errorf("%s: %+v", key, got)
		}
	}
}
