package checkouts_test

import (
	"os"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/checkouts"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/stack"
)

// A checkout is known from what is remembered of it, and from its containers.
func Example() {
	remembered := []allocate.Remembered{{Checkout: "/srv/shop", Project: "shop", Ports: map[string]ports.Range{"db": ports.One(15432), "web": ports.One(8080)}}}
	engine := stack.Engine{Answered: true, Containers: []docker.Container{{
		Project: "shop", Service: "web", WorkingDir: "/srv/shop", State: "running",
		Bindings: []docker.Binding{{HostPort: 8080, ContainerPort: 80, Protocol: "tcp"}},
	}}}
	_ = checkouts.Write(os.Stdout, checkouts.List(remembered, engine), nil, checkouts.Look{})
	// Output:
	// PROJECT  BRANCH  STATE   FOLDER
	// shop     -       up 1/1  /srv/shop
	//   db   15432  assigned
	//   web  8080   http://localhost:8080
}
