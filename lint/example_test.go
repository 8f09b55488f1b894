package lint_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
)

// What is wrong, and where.
func ExampleRun() {
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/app/compose.yaml", []byte(`services:
  web: {image: nginx, ports: ["8080:80"]}
  api: {image: nginx, ports: ["8080:80"]}
`))
	projects := l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})
	for _, f := range lint.Run(projects, lint.Options{Only: []string{"host-port-conflict"}}) {
		line, column := f.File.Position(f.Span.Start)
		fmt.Printf("%d:%d: %s: %s; %s\n", line, column, f.Severity, f.Message, f.Hint)
	}
	// Output: 3:32: error: host port 8080 is already published by service "web"; give one of the two another host port
}
