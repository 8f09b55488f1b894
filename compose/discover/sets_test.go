package discover_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/tree"
)

// TestEachWayIn: a file is in the same sets whether it is named, or found from its own
// folder or from the root. A description counts where it stands in the file's folder or
// above, if Git does not ignore it.
func TestEachWayIn(t *testing.T) {
	const service, overlay = "services: {web: {image: x}}\n", "services: {web: {ports: [\"80\"]}}\n"
	for name, c := range map[string]struct {
		archive, asked string
		want           []string
	}{
		"above":          {"-- .devcontainer/devcontainer.json --\n{\"dockerComposeFile\": [\"../app/a.compose.yaml\", \"../app/b.compose.yaml\"]}\n", "b.compose.yaml", []string{"app/a.compose.yaml app/b.compose.yaml"}},
		"in the folder":  {"-- app/devcontainer.json --\n{\"dockerComposeFile\": [\"a.compose.yaml\", \"b.compose.yaml\"]}\n", "b.compose.yaml", []string{"app/a.compose.yaml app/b.compose.yaml"}},
		"beside":         {"-- other/devcontainer.json --\n{\"dockerComposeFile\": [\"../app/a.compose.yaml\", \"../app/b.compose.yaml\"]}\n", "b.compose.yaml", []string{"app/b.compose.yaml"}},
		"below":          {"-- app/x/devcontainer.json --\n{\"dockerComposeFile\": [\"../a.compose.yaml\", \"../b.compose.yaml\"]}\n", "b.compose.yaml", []string{"app/b.compose.yaml"}},
		"that Git lacks": {"-- app/.gitignore --\ndevcontainer.json\n-- app/devcontainer.json --\n{\"dockerComposeFile\": [\"a.compose.yaml\", \"b.compose.yaml\"]}\n", "b.compose.yaml", []string{"app/b.compose.yaml"}},
	} {
		dir := write(t, "-- .git/HEAD --\n-- app/a.compose.yaml --\n"+service+"-- app/b.compose.yaml --\n"+overlay+c.archive)
		asked := filepath.Join(dir, "app", c.asked)
		for _, from := range []string{dir, filepath.Dir(asked), asked} {
			found, err := discover.Find(compose.NewLoader(compose.LoadOptions{}), []string{from}, discover.Options{Options: tree.Options{Base: dir}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, g := range found.Groups {
				if slices.Contains(g.Files, asked) {
					got = append(got, strings.ReplaceAll(filepath.ToSlash(strings.Join(g.Files, " ")), filepath.ToSlash(dir)+"/", ""))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s, from %s (-want +got):\n%s", name, strings.TrimPrefix(from, dir), diff)
			}
		}
	}
}
