package tree_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/tree"
)

// The files of a folder, as Git and the options see it.
func ExampleFiles() {
	root, err := os.MkdirTemp("", "tree")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(root) }()
	for name, text := range map[string]string{".gitignore": "*.log\n", "compose.yaml": "", "a.log": "", "legacy/compose.yaml": ""} {
		path := filepath.Join(root, name)
		_ = os.MkdirAll(filepath.Dir(path), 0o755)
		_ = os.WriteFile(path, []byte(text), 0o644)
	}
	tree.Files(root, tree.Options{Base: root, Ignore: []string{"legacy/"}}, func(path string, _ os.DirEntry) {
		fmt.Println(filepath.Base(path))
	})
	// Output:
	// .gitignore
	// compose.yaml
}
