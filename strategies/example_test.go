package strategies_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/strategies"
)

// What each host port becomes, and why one stays.
func ExampleDecide() {
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/app/compose.yaml", []byte(`services:
  web: {image: nginx, ports: ["8080:80", "8443:443", "${ADMIN:-9000}:90"]}
`))
	projects := l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})
	facts := strategies.Gather(strategies.Name(projects, nil), nil)
	for _, m := range projects[0].Mappings {
		hybrid, dynamic := strategies.Decide(&m, strategies.Hybrid, facts(&m)), strategies.Decide(&m, strategies.Dynamic, facts(&m))
		fmt.Printf("%s: hybrid %q (%s), dynamic %q\n", m.HostPort.Text, hybrid.Text, hybrid.Reason, dynamic.Text)
	}
	// Output:
	// 8080: hybrid "${WEB_HOST_PORT:-8080}" (a literal host port), dynamic "0"
	// 8443: hybrid "${WEB_443_HOST_PORT:-8443}" (a literal host port), dynamic "0"
	// ${ADMIN:-9000}: hybrid "" (already a variable), dynamic "0"
}
