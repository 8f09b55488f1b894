package fixed_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/fixed"
)

// What a second checkout could not have, and what of the file would go.
func ExampleNames() {
	l := compose.NewLoader(compose.LoadOptions{})
	src := "services:\n  db:\n    image: postgres\n    container_name: shopdb # for the scripts\n"
	l.Add("/a/compose.yaml", []byte(src))
	p := l.Load([]compose.Group{{Dir: "/a", Files: []string{"/a/compose.yaml"}}})[0]
	for _, n := range fixed.Names(p) {
		fmt.Printf("%s %s %s %q\n", n.Kind, n.Key, n.Value, src[n.Cut.Start:n.Cut.End])
	}
	// Output: container db shopdb "    container_name: shopdb # for the scripts\n"
}
