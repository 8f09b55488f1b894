package gone_test

import (
	"fmt"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/stack/gone"
)

func Example() {
	assigned := map[string]allocate.Assignment{"web": {Key: "web", Port: 8080}, "old": {Key: "old", Port: 10001}}
	has := func(service string) bool { return service == "web" }
	left := gone.Of(assigned, []allocate.Unit{{Key: "web"}}, has, func(string) bool { return false })
	fmt.Println(left.Keeps()(10001), left.Keeps()(8080))
	fmt.Println("data/ports.json:", left)
	// Output:
	// true false
	// data/ports.json: still has 10001 of old, which no compose file has: nobody else is given it
}
