package setup_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/setup"
	"github.com/portmoor/portmoor/workspace"
)

// A folder outside Git gets a configuration alone.
func ExamplePlan() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	text := "services: {web: {image: example/web, ports: ['8080:80']}}\n"
	if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(text), 0o644); err != nil {
		panic(err)
	}
	w, _, err := workspace.Open(workspace.Request{Dir: dir})
	if err != nil {
		panic(err)
	}
	files, err := setup.Plan(dir, w, setup.Options{Make: true})
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		fmt.Printf("%s: %s\n", filepath.Base(f.Path), f.Said)
	}
	// Output:
	// .portmoor.yaml: written, with strategy auto
	// portmoor.mk: written
	// Makefile: includes portmoor.mk
}
