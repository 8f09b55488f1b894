package migrate_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/migrate"
	"github.com/portmoor/portmoor/workspace"
)

// A migration is planned and verified before anything is written.
func ExamplePlan() {
	dir, err := os.MkdirTemp("", "migrate")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "compose.yaml")
	_ = os.WriteFile(path, []byte("services: {web: {image: nginx, ports: [\"8080:80\", \"90\"]}}\n"), 0o644)
	w, _, err := workspace.Open(workspace.Request{Dir: dir, Strategy: "hybrid"})
	if err != nil {
		fmt.Println(err)
		return
	}
	m, _, err := migrate.Plan(w, migrate.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(m.Changes), "changes,", m.Skips[0].Reason)
	fmt.Println(m.Write())
	src, _ := os.ReadFile(path)
	fmt.Printf("%s", src)
	// Output:
	// 1 changes, Docker picks the host port, and there is no default to restore
	// <nil>
	// services: {web: {image: nginx, ports: ["${WEB_HOST_PORT:-8080}:80", "90"]}}
}
