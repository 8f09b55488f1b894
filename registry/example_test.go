package registry_test

import (
	"fmt"

	"github.com/portmoor/portmoor/registry"
)

// What the engine says of a service, and what a client adds.
func ExampleRegistry() {
	r := registry.New(registry.Options{Host: "100.100.100.1"})
	r.Set(registry.Engine, "shop", []registry.Service{{Name: "web", Port: 8080, State: registry.Up}})
	_, err := r.Post(registry.Service{Name: "web", Host: "100.100.100.1", Port: 80, Capabilities: []string{"shop"}})
	if err != nil {
		fmt.Println(err)
	}
	s, found := r.Newest("web")
	fmt.Println(s.URL(), s.Project(), s.Capabilities, found)
	// Output: http://100.100.100.1:8080/ shop [shop] true
}
