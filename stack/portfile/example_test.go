package portfile_test

import (
	"context"
	"fmt"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/stack/portfile"
)

// A container that does not run is told nothing, and the engine is not asked.
func ExampleDeliver() {
	stopped := []docker.Container{{ID: "a", Service: "web", State: "exited"}}
	files, err := portfile.Deliver(context.Background(), nil, stopped, nil, map[string]string{})
	fmt.Println(len(files), err)
	// Output: 0 <nil>
}
