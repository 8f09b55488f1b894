package meet_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/meet"
)

// Which earlier mapping has a port already.
func ExampleBoard() {
	loader := compose.NewLoader(compose.LoadOptions{})
	loader.Add("/app/compose.yaml", []byte(`services:
  web: {image: nginx, ports: ["8080:80"]}
  api: {image: api, ports: ["8080-8081:80-81"]}
`))
	project := loader.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})[0]
	var board meet.Board
	for i := range project.Mappings {
		pub := meet.Published(project, &project.Mappings[i])
		for _, earlier := range board.Overlapping(pub.HostPort.Ports) {
			fmt.Println(pub.Service, "meets", earlier.Service)
		}
		board.Add(pub)
	}
	// Output: api meets web
}
