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
		if p.MayShare(a, b, false) || p.MayShare(a, b, true) == c.together {
			t.Errorf("%+v: may share", c)
		}
		if got := p.Together(a, b); got != c.together || p.Together(b, a) != got {
			t.Errorf("%+v: %v", c, got)
		}
		if got := strings.Join(p.TogetherBy(a, b), " "); got != c.by {
			t.Errorf("%+v: by %q", c, got)
		}
	}
}

// TestBinds: a service binds its host ports where it is on a network of its own and is
// not scaled to none.
func TestBinds(t *testing.T) {
	for text, want := range map[string]bool{
		"":                               true,
		", scale: 2":                     true,
		", scale: 0":                     false,
		", deploy: {replicas: 0}":        false,
		", network_mode: host":           false,
		", network_mode: none":           false,
		", network_mode: 'service:b'":    false,
		", network_mode: bridge":         true,
		", network_mode: 'container:x'":  false,
		", network_mode: host, scale: 0": false,
	} {
		p := loadFile([]byte("services: {a: {image: x, ports: ['80:80']" + text + "}, b: {image: x}}\n"))
		if got := p.Service("a").Binds(); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestExclusive is the law of which services never run together: each pair of their
// profiles is declared as alternatives, and not chosen all the same.
func TestExclusive(t *testing.T) {
	for _, c := range []struct {
		chosen, a, b string
		exclusive    bool
	}{
		{"", "cpu", "gpu", true},
		{"cpu", "cpu", "gpu", true},
		{"cpu gpu", "cpu", "gpu", false},
		{"*", "cpu", "gpu", false},
		{"", "cpu", "cpu", false},
		{"", "cpu gpu", "gpu tpu", false},
		{"", "", "gpu", false},
		{"", "cpu", "tpu", false}, // in two lists
		{"", "gpu", "tpu", true},
		{"", "cpu", "gpu tpu", false},
		{"", "cpu more", "gpu", false},
	} {
		p := &Project{Group: Group{Profiles: strings.Fields(c.chosen)}, alternatives: [][]string{{"cpu", "gpu", "old"}, {"gpu", "tpu"}}}
		p.choose()
		a, b := strings.Fields(c.a), strings.Fields(c.b)
		if got := p.Exclusive(a, b); got != c.exclusive || p.Exclusive(b, a) != got || p.MayShare(a, b, false) != got {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
