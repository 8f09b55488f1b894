package wanted_test

import (
	"fmt"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/stack/wanted"
)

// What is remembered beats the default of a variable.
func ExamplePort() {
	port, from, _ := wanted.Port(wanted.Facts{
		Written: ports.One(8080), Resolved: ports.One(8080), Variable: true, Movable: true,
		Assigned: true, Remembered: allocate.Assignment{Port: 10000},
	})
	fmt.Println(port, from)
	// Output: 10000 assigned
}
