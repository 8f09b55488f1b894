package compose_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
)

// Every mapping, what it means and where its host port stands.
func ExampleLoader_Load() {
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/app/compose.yaml", []byte(`services:
  web:
    image: nginx
    ports: ["${WEB_PORT:-8080}:80", "127.0.0.1:53:53/udp"]
`))
	p := l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})[0]
	for _, m := range p.Mappings {
		line, column := m.File.Position(m.Host.Start)
		fmt.Printf("%s %s/%s on %s, written %s at %d:%d\n", m.Service, m.Container, m.Protocol, m.HostPort.Ports, m.HostPort.Text, line, column)
	}
	// Output:
	// web 80/tcp on 8080, written ${WEB_PORT:-8080} at 4:14
	// web 53/udp on 53, written 53 at 4:48
}
