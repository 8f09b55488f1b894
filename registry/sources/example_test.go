package sources_test

import (
	"fmt"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/registry/sources"
)

// Of two ports of a service the first TCP one is where it is reached.
func ExampleServices() {
	for _, s := range sources.Services([]docker.Container{{Project: "shop", Service: "web", Number: 1, State: "running", Bindings: []docker.Binding{
		{HostPort: 5353, ContainerPort: 53, Protocol: "udp"}, {HostPort: 8080, ContainerPort: 80, Protocol: "tcp"},
	}}}) {
		fmt.Println(s.Name, s.Port, s.State, s.Metadata["container_port"])
	}
	// Output: web 8080 up 80
}
