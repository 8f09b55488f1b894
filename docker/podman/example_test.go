package podman_test

import (
	"fmt"

	"github.com/portmoor/portmoor/docker/podman"
)

// A variable that names an endpoint.
func Example() {
	c, found, err := podman.Find(map[string]string{"CONTAINER_HOST": "ssh://me@box/run/podman/podman.sock"})
	fmt.Println(c.URI, found, err, "by", c.By)
	// Output: ssh://me@box/run/podman/podman.sock true <nil> by CONTAINER_HOST
}
