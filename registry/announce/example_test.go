package announce_test

import (
	"fmt"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/registry/announce"
)

// What runs is told with the port that it has, and what has none is not told.
func ExampleServices() {
	for _, s := range announce.Services([]docker.Container{
		{Service: "web", State: "running", Bindings: []docker.Binding{{HostIP: "0.0.0.0", HostPort: 8081, ContainerPort: 80, Protocol: "tcp"}}},
		{Service: "worker", State: "running"},
	}, nil) {
		fmt.Println(s.Name, s.Port, s.State)
	}
	// Output: web 8081 up
}
