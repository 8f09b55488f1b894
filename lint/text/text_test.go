package text_test

import (
	"slices"
	"testing"

	"github.com/portmoor/portmoor/lint/text"
)

// Each row would take a number for a port of this machine that is none, or miss one.
func TestDefinedPorts(t *testing.T) {
	for src, want := range map[string][]int{
		"port = 1\n[a]\nb_port=2,HTTP_PORT: \"3\"\n":                 {1, 2, 3},
		`{"port": 1, "apiPort":2,"x":{"server.port":3}}`:             {1, 2, 3},
		"server.port=1\r\nport: 2 # x\n":                             {1, 2},
		"# port: 1\n; port = 2\n// port: 3\n":                        nil,
		"report: 1\nsupport = 2\ncontainerPort: 3\ntarget_port: 4\n": nil,
		"port: 1.5\nport: 80:81\nport: 123456\n":                     nil,
		"services:\n  a: {port: 1}\n":                                nil,
		"apiVersion: v1\nport: 1\n":                                  nil,
		`{"services": {"port": 1}}`:                                  nil,
		"ports: [1]\n":                                               nil,
		"port: 7":                                                    {7},
	} {
		if got := text.DefinedPorts([]byte(src)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", src, got, want)
		}
	}
}
