package discover_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
)

// Which files docker compose would load together.
func ExampleFind() {
	root, err := os.MkdirTemp("", "discover")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(root) }()
	for name, text := range map[string]string{
		"compose.yaml":          "services: {web: {image: nginx}}",
		"compose.override.yaml": "services: {web: {ports: [\"8080:80\"]}}",
		"compose.prod.yaml":     "services: {web: {image: nginx}}",
	} {
		_ = os.WriteFile(filepath.Join(root, name), []byte(text), 0o644)
	}
	found, err := discover.Find(compose.NewLoader(compose.LoadOptions{}), []string{root}, discover.Options{})
	for _, g := range found.Groups {
		fmt.Println(len(g.Files), filepath.Base(g.Files[0]))
	}
	fmt.Println(err)
	// Output:
	// 1 compose.prod.yaml
	// 2 compose.yaml
	// <nil>
}
