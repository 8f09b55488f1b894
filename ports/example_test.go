package ports_test

import (
	"fmt"

	"github.com/portmoor/portmoor/ports"
)

// What nobody should pick, and why.
func ExamplePolicy() {
	policy := ports.Policy{Reserved: []ports.Range{{First: 9100, Last: 9199}}}
	for _, port := range []int{8080, 6881, 9150, 33000, 6000} {
		fmt.Printf("%d %q\n", port, policy.Refuses(port))
	}
	// Output:
	// 8080 ""
	// 6881 "in the reserved range 6881-6889"
	// 9150 "in the reserved range 9100-9199"
	// 33000 "in the range of outgoing connections, 32768-60999"
	// 6000 "refused by browsers"
}

// Two sockets that can't have one port.
func ExampleSocket_Overlaps() {
	everywhere, loopback := ports.Socket{Protocol: "tcp"}, ports.Socket{Address: "127.0.0.1", Protocol: "tcp"}
	fmt.Println(everywhere.Overlaps(loopback), loopback.Overlaps(ports.Socket{Address: "::1", Protocol: "tcp"}))
	// Output: true false
}
