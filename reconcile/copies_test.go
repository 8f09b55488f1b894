package reconcile

import (
	"strings"
	"testing"
)

// The files outside the repository that scripts install and units read.
func TestCopiesIn(t *testing.T) {
	for src, want := range map[string]string{
		"cp c.yaml /etc/web/web.yaml\n":                                    "/etc/web/web.yaml",
		"sudo cp c.yaml /etc/web/\n":                                       "/etc/web/c.yaml",
		"DIR=/etc/web\ninstall -m 644 a.yaml b.toml \"$DIR/\"\n":           "/etc/web/a.yaml /etc/web/b.toml",
		"ExecStart=/usr/bin/web --config /opt/web/web.json\n":              "/opt/web/web.json",
		"CFG=${XDG_CONFIG_HOME:-$HOME/.config}/web.yaml\ncat > \"$CFG\"\n": "${XDG_CONFIG_HOME:-$HOME/.config}/web.yaml ${XDG_CONFIG_HOME:-$HOME/.config}/web.yaml",
		"cp c.yaml build/\ncat ./etc/x.yaml /etc/hosts\n":                  "",
	} {
		var got []string
		for _, c := range copiesIn(src) {
			got = append(got, c.Path)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
}
