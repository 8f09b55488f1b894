package mend_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/lint/mend"
	"github.com/portmoor/portmoor/workspace"
)

// Findings, and what fixing them would make of the file.
func ExampleLinter_Fix() {
	dir, err := os.MkdirTemp("", "mend")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	_ = os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte("services: {web: {image: nginx, ports: [\"8080:80\"]}}\n"), 0o644)
	w, _, err := workspace.Open(workspace.Request{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	l, _, err := mend.New(w, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	findings := l.Find()
	fixed, _ := l.Fix(findings)
	fmt.Println(findings[0].Rule, len(fixed.Left))
	fmt.Printf("%s", fixed.Outputs[0].After)
	// Output:
	// hardcoded-host-port 0
	// services: {web: {image: nginx, ports: ["${WEB_HOST_PORT:-8080}:80"]}}
}
