package canonical_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose/canonical"
)

// The ports of a project, and what its files say besides.
func ExamplePorts() {
	project, rest, err := canonical.Ports(canonical.Input{Dir: "/app", Files: []string{"/app/compose.yaml"}, Content: map[string][]byte{
		"/app/compose.yaml": []byte("services: {web: {image: nginx, ports: [\"8080:80\"]}}\n"),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(project.Services["web"].Ports[0].Published, rest["services"])
	// Output: 8080 map[web:map[image:nginx]]
}
