package welcome_test

import (
	"fmt"

	"github.com/portmoor/portmoor/welcome"
)

// What comes next for a project that is up.
func ExampleSight_Next() {
	s := welcome.Sight{Projects: []welcome.Project{{Name: "shop", Places: []string{"compose.yaml"}, Ports: 2, Running: 2, Containers: 2}}}
	fmt.Println(s.Next())
	s.Movable = 1
	fmt.Println(s.Next())
	// Output:
	// portmoor port says where its services are
	// portmoor migrate shows how 1 fixed host port can become a variable with the same default; it writes nothing
}
