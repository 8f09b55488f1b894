package node_test

import (
	"context"
	"fmt"

	"github.com/portmoor/portmoor/registry/api"
	"github.com/portmoor/portmoor/registry/node"
)

// On an address that others reach, a registry wants a secret from who writes.
func ExampleRun() {
	err := node.Run(context.Background(), node.Options{Options: api.Options{Listen: "0.0.0.0:8100"}, Host: "node1"})
	fmt.Println(err)
	// Output: 0.0.0.0:8100: others reach this address, and writing needs no token
}
