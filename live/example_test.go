package live_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/ports"
)

// What Docker has bound, held against what the files ask for.
func ExampleJoin() {
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/app/compose.yaml", []byte(`services: {web: {image: nginx, ports: ["8080:80", "8443:443"]}}`))
	p := l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})[0]
	web := docker.Container{ID: "1", Name: "app-web-1", Service: "web", Number: 1, State: "running", Bindings: []docker.Binding{
		{HostIP: "0.0.0.0", HostPort: 8081, ContainerPort: 80, Protocol: "tcp"},
	}}
	wanted := func(m *compose.Mapping) ports.Range { return m.HostPort.Ports }
	for _, has := range live.Join(p, []docker.Container{web}, live.Options{Wanted: wanted}) {
		fmt.Println(has.Target(), has.HostPort, has.State, has.URL)
	}
	// Output:
	// 80/tcp 8081 drifted http://localhost:8081
	// 443/tcp 0 down
}
