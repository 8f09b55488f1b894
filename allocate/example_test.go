package allocate_test

import (
	"fmt"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/ports"
)

// host is a machine on which one port is held.
type host map[int]string

func (h host) Holder(_ ports.Socket, port int, _ bool) (allocate.Owner, bool) {
	name, held := h[port]
	return allocate.Owner{Kind: allocate.Process, Name: name}, held
}

// What is free is kept, what is held moves, and a pin is never moved.
func ExampleAssign() {
	tcp := []ports.Socket{{Protocol: "tcp"}}
	units := []allocate.Unit{
		{Key: "web", Var: "WEB_HOST_PORT", Movable: true, Sockets: tcp, Want: ports.One(8080), Range: ports.Default, Place: "compose.yaml:4:9"},
		{Key: "db", Var: "DB_HOST_PORT", Movable: true, Sockets: tcp, Want: ports.One(5432), Range: ports.Default, Place: "compose.yaml:7:9"},
		{Key: "api", Var: "API_HOST_PORT", Movable: true, Sockets: tcp, Want: ports.One(8080), Range: ports.Default, Source: allocate.EnvFile, Place: ".env:1"},
	}
	for _, o := range allocate.Assign(units, host{8080: "nginx"}, allocate.Options{}) {
		fmt.Printf("%s: %q from %s %q\n", o.Unit.Key, o.Ports, o.From(), o.Problem)
	}
	// Output:
	// web: "10000" from moved ""
	// db: "5432" from default ""
	// api: "" from env file "port 8080 is pinned by .env:1, but held by process nginx"
}
