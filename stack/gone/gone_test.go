package gone

import (
	"slices"
	"testing"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/ports"
)

// TestDoubled: a key goes when its port is that of a unit, but for what is not ours to
// forget.
func TestDoubled(t *testing.T) {
	tcp, udp := []ports.Socket{{Protocol: "tcp"}}, []ports.Socket{{Protocol: "udp"}}
	assigned := map[string]allocate.Assignment{}
	for _, a := range []allocate.Assignment{
		{Key: "web:80", Port: 10000},
		{Key: "web", Port: 10000, Width: 2, Sockets: tcp},
		{Key: "web:53/udp", Port: 10001, Sockets: udp},
		{Key: "hand", Port: 10001, Sockets: tcp, Manual: true},
		{Key: "old", Port: 10001, Sockets: tcp},
		{Key: "beside", Port: 10001, Sockets: tcp},
		{Key: "unknown", Port: 10001},
	} {
		assigned[a.Key] = a
	}
	unit := allocate.Unit{Key: "web:80", Sockets: tcp}
	left := Of(assigned, []allocate.Unit{unit}, func(s string) bool { return s == "web" }, func(s string) bool { return s == "beside" })
	if got, want := left.Doubled(unit, ports.One(10001)), []string{"old", "web"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if keeps := left.Keeps(); !keeps(10001) || keeps(10000) {
		t.Error("what services that are gone had is not all that is kept")
	}
}
