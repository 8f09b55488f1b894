package workspace_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/workspace"
)

// A request, and what it is about.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "workspace")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	_ = os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte("name: shop\nservices: {web: {image: nginx, ports: [\"8080:80\"]}}\n"), 0o644)
	_ = os.WriteFile(filepath.Join(dir, ".portmoor.yaml"), []byte("strategy: hybrid\n"), 0o644)
	w, notes, err := workspace.Open(workspace.Request{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := w.Projects[0]
	fmt.Println(p.Name, w.Strategies[p], w.FilesAsked(), len(notes), w.Place(p.Mappings[0].File, p.Mappings[0].Host))
	// Output: shop hybrid 1 0 compose.yaml:2:41
}
