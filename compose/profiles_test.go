package compose

import (
	"strings"
	"testing"
)

// TestTogether is the law of which services can run at the same time. A pair too
// few gives two of them one port, and the second start fails; a pair too many moves
// a port for nothing. By is the smallest set of profiles that starts both.
func TestTogether(t *testing.T) {
	for _, c := range []struct {
		chosen, a, b string // profiles, with blanks between them
		together     bool
		by           string
	}{
		{"", "", "", true, ""},
		{"", "", "gpu", true, "gpu"},
		{"", "gpu", "gpu", true, "gpu"},
		{"", "data gpu", "data voice", true, "data"},
		{"", "a b c z", "d y z", true, "z"},
		{"", "gpu", "cpu", false, "gpu cpu"},
		{"gpu", "gpu", "cpu", false, "cpu"},
		{"gpu cpu", "gpu", "cpu", true, ""},
		{"*", "gpu", "cpu", true, ""},
	} {
		p := &Project{Group: Group{Profiles: strings.Fields(c.chosen)}}
		p.choose()
		a, b := strings.Fields(c.a), strings.Fields(c.b)
		if got := p.Together(a, b); got != c.together || p.Together(b, a) != got {
			t.Errorf("%+v: %v", c, got)
		}
		if got := strings.Join(p.TogetherBy(a, b), " "); got != c.by {
			t.Errorf("%+v: by %q", c, got)
		}
	}
}
