package checkout_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/checkout"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/workspace"
)

// A second checkout of a project whose container has a fixed name.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	var stacks []*stack.Stack
	var request workspace.Request
	for _, name := range []string{"shop", "review"} {
		folder := filepath.Join(dir, name)
		_ = os.Mkdir(folder, 0o755)
		_ = os.WriteFile(filepath.Join(folder, "compose.yaml"), []byte("services: {db: {image: postgres, container_name: shop-db}}\n"), 0o600)
		request = workspace.Request{Dir: folder, Isolate: workspace.Isolated, Environ: map[string]string{"PORTMOOR_LEDGER": filepath.Join(dir, "ledger.json")}}
		w, p, err := workspace.OpenOne(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		s, err := stack.Open(w, p, stack.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		stacks = append(stacks, s)
	}
	for _, s := range stacks {
		request.Dir = s.Dir
		i, err := checkout.Isolate(context.Background(), request, s, nil, stack.Engine{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(i.Name, i.Keeps, i.Apart)
	}
	// Output:
	// shop [container shop-db] false
	// review [] true
}
