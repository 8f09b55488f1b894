package announce

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/stack"
)

// TestServices: a service is told with what runs of it, else with what is remembered for
// it, and never without a port.
func TestServices(t *testing.T) {
	row := func(key, service string, assigned, standard int) stack.Row {
		r := stack.Row{Unit: allocate.Unit{Key: key, Service: service}}
		if assigned > 0 {
			r.Assigned = ports.Range{First: assigned, Last: assigned}
		}
		if standard > 0 {
			r.Default = ports.Range{First: standard, Last: standard}
		}
		return r
	}
	got := Services([]docker.Container{
		{Service: "web", State: "running", Bindings: []docker.Binding{{HostIP: "0.0.0.0", HostPort: 8081, ContainerPort: 80, Protocol: "tcp"}}},
		{Service: "db", State: "exited"},
		{Service: "worker", State: "running"},
	}, []stack.Row{row("cache:6379", "cache", 10003, 0), row("cache", "cache", 10004, 6379), row("db", "db", 10002, 5432), row("picked", "picked", 0, 0), row("web", "web", 8080, 8080)})
	var told []string
	for _, s := range got {
		told = append(told, s.Name+" "+string(s.State))
	}
	if diff := cmp.Diff([]string{"web up", "db down", "cache down"}, told); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
	for i, want := range []struct{ port, assigned, standard int }{{8081, 8080, 8080}, {10002, 10002, 5432}, {10004, 10004, 6379}} {
		s := got[i]
		if s.Port != want.port || s.Metadata["assigned"] != want.assigned || s.Metadata["default"] != want.standard {
			t.Errorf("%+v", s)
		}
		s.Host = "127.0.0.1"
		if err := s.Check(); err != nil || s.Mode != registry.Docked {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
