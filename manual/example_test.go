package manual_test

import (
	"fmt"

	"github.com/portmoor/portmoor/manual"
)

func Example() {
	page := manual.Of("get")
	page.Usage, page.Args = "print the host port of a service", "SERVICE[:PORT]"
	page.Flags = []manual.Flag{{Names: []string{"file", "f"}, Value: "FILE", Says: "load FILEs as the project, as docker compose does"}}
	fmt.Print(page.Text(60))
	// Output:
	// portmoor get: print the host port of a service
	//
	// Usage: portmoor get [FLAGS] SERVICE[:PORT]
	//
	// Examples:
	//   # the host port of a service with one port
	//   portmoor get web
	//   # of one with several, in a script
	//   curl localhost:$(portmoor get web:80)
	//
	// Flags:
	//   -f, --file FILE  load FILEs as the project, as docker
	//                    compose does
	//
	// Exit codes:
	//   0  done
	//   1  docker picks the port, and the service does not run
	//   2  wrong usage: a flag, an argument, a path or the
	//      configuration
	//   3  a file can't be read, parsed or written
}
