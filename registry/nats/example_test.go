package nats_test

import (
	"fmt"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/registry/nats"
)

// A password in a URL is never said.
func ExampleNew() {
	_, err := nats.New(registry.New(registry.Options{}), nats.Options{Server: nats.Server{URL: "nats://me:secret@hub:4222", Bucket: "all.services"}})
	fmt.Println(err)
	fmt.Println(nats.Visible("nats://me:secret@hub:4222"))
	// Output:
	// "all.services": not the name of a bucket
	// nats://hub:4222
}
