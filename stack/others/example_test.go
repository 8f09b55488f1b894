package others_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/stack/others"
)

// A second checkout would use the name of a container of the first.
func ExampleConflicts() {
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/b/compose.yaml", []byte("name: b\nservices:\n  db: {image: postgres, container_name: shopdb}\n"))
	p := l.Load([]compose.Group{{Dir: "/b", Files: []string{"/b/compose.yaml"}}})[0]
	names := others.Names(p, func(string) bool { return true }, func(svc compose.Service) int { return svc.Scale })
	has := []docker.Container{{Name: "shopdb", Project: "a", Service: "db", State: "running"}}
	for _, c := range others.Conflicts(p.Name, names, has, nil) {
		line, column := c.File.Position(c.Span.Start)
		fmt.Println(line, column, c.Problem.Message)
	}
	// Output: 3 41 service db: there is a container called shopdb already, of project a (running)
}
