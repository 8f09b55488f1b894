package sockets_test

import (
	"context"
	"fmt"
	"net"

	"github.com/portmoor/portmoor/allocate/sockets"
)

// What this process listens on is in the table, with its own id.
func ExampleRead() {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	for _, s := range sockets.Read()[l.Addr().(*net.TCPAddr).Port] {
		fmt.Println(s.Socket, s.PID > 0)
	}
	// Output: {127.0.0.1 tcp} true
}
