package lists_test

import (
	"fmt"
	"strings"

	"github.com/portmoor/portmoor/lists"
)

func Example() {
	services := []string{"web:80", "api:80", "web:443"}
	name := func(s string) string { return strings.Split(s, ":")[0] }
	fmt.Println(lists.Map(services, name))
	fmt.Println(lists.Group(services, name))
	fmt.Println(lists.Union(nil, lists.Map(services, name)...))
	// Output:
	// [web api web]
	// [[web:80 web:443] [api:80]]
	// [web api]
}
