package node

import (
	"testing"

	"github.com/portmoor/portmoor/docker"
)

// TestHost: services of an engine elsewhere are reached there, unless somebody says where.
func TestHost(t *testing.T) {
	far := &docker.Engine{Host: "ssh://me@box:2222", Remote: true}
	near := &docker.Engine{Host: "unix:///run/docker.sock"}
	t.Setenv("PATH", t.TempDir()) // without tailscale
	here := Advertised(t.Context())
	for _, c := range []struct {
		said   string
		engine *docker.Engine
		want   string
	}{
		{"", far, "box"},
		{"10.1.2.3", far, "10.1.2.3"},
		{"", near, here},
		{"", nil, here},
		{"10.1.2.3", near, "10.1.2.3"},
	} {
		if got := (Options{Host: c.said, Engine: c.engine}).host(t.Context()); got != c.want {
			t.Errorf("%q, %+v: %s, want %s", c.said, c.engine, got, c.want)
		}
	}
}
