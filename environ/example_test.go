package environ_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/config/derive"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/environ"
	"github.com/portmoor/portmoor/live"
)

// What a command is told of a web server and a database.
func ExampleOf() {
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/app/compose.yaml", []byte(`services: {web: {image: nginx, ports: ["${WEB_HOST_PORT:-8080}:80"]}, db: {image: postgres, ports: ["5432"]}}`))
	p := l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})[0]
	up := func(service string, host, port int) docker.Container {
		return docker.Container{ID: service, Service: service, State: "running", Bindings: []docker.Binding{{HostIP: "0.0.0.0", HostPort: host, ContainerPort: port, Protocol: "tcp"}}}
	}
	ports := live.Join(p, []docker.Container{up("web", 10000, 80), up("db", 32768, 5432)}, live.Options{})
	database, err := derive.Parse("postgres://app@{db:5432}/app")
	variables, notes := environ.Of(p, ports, nil, map[string]derive.Value{"DATABASE_URL": database}, func(p live.Port) string { return p.Mapping.HostPort.Var })
	fmt.Print(environ.Format(variables, "export", ""), notes, err)
	// Output:
	// export DB_5432_HOST_PORT=32768
	// export WEB_HOST_PORT=10000
	// export PGHOST=localhost
	// export PGPORT=32768
	// export DB_URL=postgresql://localhost:32768
	// export WEB_URL=http://localhost:10000
	// export DATABASE_URL=postgres://app@localhost:32768/app
	// [] <nil>
}
