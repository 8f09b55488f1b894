package follow_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/checkout/follow"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/workspace"
)

// Docker compose by itself has the assigned port of a project, beside what people wrote.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	_ = os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte("name: shop\nservices: {web: {image: nginx, ports: [\"${WEB_HOST_PORT:-28950}:80\"]}}\n"), 0o600)
	_ = os.WriteFile(filepath.Join(dir, ".env"), []byte("SECRET=x\n"), 0o600)
	w, p, err := workspace.OpenOne(workspace.Request{Dir: dir, Environ: map[string]string{"PORTMOOR_LEDGER": filepath.Join(dir, "ledger.json")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := stack.Open(w, p, stack.Options{Access: stack.Writing})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, failed := s.Detect(stack.Engine{}, false)
	notes, err := follow.Write(s, "")
	text, unread := os.ReadFile(filepath.Join(dir, ".env"))
	fmt.Printf("%s%v %v %v %v\n", text, failed, notes, err, unread)
	// Output:
	// SECRET=x
	// # >>> portmoor: host ports of this checkout, for docker compose. Do not edit: they are written anew, and portmoor reset takes them out.
	// COMPOSE_PROJECT_NAME=shop
	// WEB_HOST_PORT=28950
	// # <<< portmoor
	// <nil> [] <nil> <nil>
}
