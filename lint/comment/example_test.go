package comment_test

import (
	"fmt"

	"github.com/portmoor/portmoor/lint/comment"
	"github.com/portmoor/portmoor/source"
)

// The rules that comments ignore, for which line, and why.
func Example() {
	f := source.Parse("compose.yaml", []byte(`services:
  web: # portmoor:ignore reserved-port,ephemeral-port as agreed # portmoor:ignore unbound-interface
    # portmoor:ignore hardcoded-host-port the load balancer knows it

    ports: ["80:80"]
`))
	for _, i := range comment.Ignores(f, func(string) bool { return false }) {
		fmt.Printf("%d %s: %q\n", i.Line, i.Rule, i.Reason)
	}
	// Output:
	// 2 reserved-port: "as agreed"
	// 2 ephemeral-port: "as agreed"
	// 2 unbound-interface: ""
	// 5 hardcoded-host-port: "the load balancer knows it"
}
