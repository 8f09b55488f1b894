package discover_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose/discover"
)

// TestForwardedBy is what descriptions of development containers fix.
func TestForwardedBy(t *testing.T) {
	for text, want := range map[string][]string{
		"{":                      nil,
		"{}":                     nil,
		`{"forwardPorts": null}`: nil,
		"{ // a comment\n\"forwardPorts\": [3000, 5432, \"db:5433\"],}": {"3000", "5432", "5433"},
		`{"appPort": 8080}`: {"8080"},
		`{"appPort": ["8080:80", "127.0.0.1:9000:90", "x"], "forwardPorts": [8080]}`: {"8080", "9000"},
		`{"forwardPorts": "3000"}`: nil,
	} {
		root := t.TempDir()
		path := filepath.Join(root, ".devcontainer", "devcontainer.json")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var wanted []discover.Forwarded
		if want != nil {
			wanted = []discover.Forwarded{{Path: path, Ports: want}}
		}
		if diff := cmp.Diff(wanted, discover.ForwardedBy(root)); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", text, diff)
		}
	}
}
