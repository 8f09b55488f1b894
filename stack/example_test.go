package stack_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/workspace"
)

// What each port of a project should be, and what was assigned.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "stack")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	_ = os.MkdirAll(filepath.Join(dir, "data"), 0o755)
	_ = os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(`services: {web: {image: nginx, ports: ["${WEB_HOST_PORT:-8080}:80", "9090:90"]}}`), 0o644)
	_ = os.WriteFile(filepath.Join(dir, "data", "ports.json"), []byte(`{"web": 10000}`), 0o644)
	w, p, err := workspace.OpenOne(workspace.Request{Dir: dir, Environ: map[string]string{"PORTMOOR_LEDGER": filepath.Join(dir, "ledger.json")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := stack.Open(w, p, stack.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, u := range s.Wanted() {
		fmt.Println(u.Key, u.Want, u.Source)
	}
	fmt.Print(s.Env())
	// Output:
	// web 10000 assigned
	// web:90 9090 default
	// # Host ports that portmoor found free on this machine. Do not edit: portmoor detect writes it.
	// # Pass it to docker compose with the project's other env files, as portmoor env --args prints them.
	// WEB_HOST_PORT=10000
}
