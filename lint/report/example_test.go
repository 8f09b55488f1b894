package report_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lint/report"
)

// Findings for people: the line of code, and what to do.
func ExampleText() {
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/app/compose.yaml", []byte("services:\n  web:\n    image: example/web\n    ports: [\"80:80\"]\n"))
	projects := l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})
	run := report.Run{Findings: lint.Run(projects, lint.Options{Only: []string{"reserved-port"}}), Files: 1, Base: "/app"}
	var text strings.Builder
	if err := report.Text(&text, run); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	fmt.Print(text.String())
	fmt.Println(report.Summary(run))
	// Output:
	// compose.yaml:4:14: warning: host port 80 is in the reserved range 1-1024 [reserved-port]
	//   |
	// 4 |     ports: ["80:80"]
	//   |              ^^
	//   = hint: choose a port outside the range
	// 1 warning in 1 file
}
