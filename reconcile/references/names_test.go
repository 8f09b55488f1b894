package references

import "testing"

// TestNamesOfAll: any text may be a service's name, or come out of another file as one. A
// pattern made of it that is none, or that matches nothing at all, would end the search.
func TestNamesOfAll(t *testing.T) {
	const text = "curl - . x _ web a\xff 8080 -"
	for name, want := range map[string]int{"web": 1, "x_": 1, "_": 0, "-": 0, ".": 0, "": 0, "_-_": 0, "a\xff": 0, "w[b": 0, "we.": 0, "(": 0, "w*": 0} {
		names := namesOf([]Subject{{Service: name}, {Service: "another"}})
		if got := len(mentions(text, names, false)); got != want {
			t.Errorf("%q: %d mentions, want %d", name, got, want)
		}
	}
}
