package bindable_test

import (
	"fmt"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/stack/bindable"
)

// One of two ports can be bound.
func ExampleCount() {
	var c bindable.Count
	c.Add(&allocate.Outcome{}, "web")
	c.Add(&allocate.Outcome{Problem: "port 80 is held"}, "db")
	fmt.Println(c.Line(" of project shop"))
	// Output: 1 of 2 ports of project shop can be bound: web
}
