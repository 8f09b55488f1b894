package reach_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/reach"
	"github.com/portmoor/portmoor/source"
)

// A service reaches what is published, and what listens in its own network.
func Example() {
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/app/compose.yaml", []byte(`services:
  vpn: {image: x, ports: ["8080:80"]}
  web: {image: x, network_mode: "service:vpn", expose: ["3000-3005"]}
  db: {image: x, expose: ["5432"]}
`))
	r := reach.Of(l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})[0], (*source.File).Values)
	listens := r.From("web")
	fmt.Println(r.Known(), r.Owner("web"), listens(8080), listens(80), listens(3001), listens(5432))
	// Output: true vpn true true true false
}
