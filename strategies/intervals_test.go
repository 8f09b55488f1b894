package strategies

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// entries are random entries of one list, whose ranges often meet.
func entries(r *rand.Rand) []compose.Mapping {
	f := &source.File{Path: "compose.yaml"}
	list := make([]compose.Mapping, 0, 12)
	for i := range 1 + r.IntN(12) {
		container := ports.From(1+r.IntN(12), 1+r.IntN(6))
		host := ports.From(container.First+100*r.IntN(2), container.Width())
		if r.IntN(5) == 0 {
			host = ports.From(1+r.IntN(12), 1+r.IntN(3))
		}
		list = append(list, compose.Mapping{
			File: f, Service: "web", Protocol: []string{"tcp", "udp"}[r.IntN(2)], HostIP: []string{"", "0.0.0.0", "127.0.0.1"}[r.IntN(3)],
			Entry: source.Span{Start: i, End: i + 1}, Scalar: source.Span{Start: i, End: i + 1}, Container: container,
			HostPort: variable.Expr{Text: host.String(), Ports: host, DefaultPorts: host},
		})
	}
	return list
}

// TestRepeatingIsWithin is a property over random lists: what a wider entry says
// already is found in one pass as by holding each against each.
func TestRepeatingIsWithin(t *testing.T) {
	within := func(a, b compose.Mapping) bool {
		return b.Container.Width() > a.Container.Width() && a.Protocol == b.Protocol && anyAddress(a.HostIP) == anyAddress(b.HostIP) &&
			b.Container.First <= a.Container.First && a.Container.Last <= b.Container.Last && a.HostPort.Ports.Width() == a.Container.Width() &&
			a.HostPort.Ports.First-a.Container.First == b.HostPort.Ports.First-b.Container.First
	}
	met := 0
	for seed := range 5000 {
		list := entries(rand.New(rand.NewPCG(uint64(seed), 1)))
		narrow, wide := map[compose.Place]bool{}, map[compose.Place]bool{}
		for _, a := range list {
			for _, b := range list {
				if within(a, b) {
					narrow[a.Place()], wide[b.Place()] = true, true
					met++
				}
			}
		}
		gotNarrow, gotWide := repeating(mergedLists(&compose.Project{Mappings: list}))
		if diff := cmp.Diff([]map[compose.Place]bool{narrow, wide}, []map[compose.Place]bool{gotNarrow, gotWide}); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
	if met < 1000 {
		t.Errorf("only %d pairs meet", met)
	}
}

// TestSlots is a property over random lists: two entries have a slot in common just
// when they have a container port in common.
func TestSlots(t *testing.T) {
	for seed := range 5000 {
		var list []*compose.Mapping
		for _, m := range entries(rand.New(rand.NewPCG(uint64(seed), 2))) {
			list = append(list, &m)
		}
		known, ok := place(list)
		if !ok {
			t.Fatal("too many")
		}
		for _, a := range known {
			for _, b := range known {
				meet := false
				for _, s := range a.slots {
					for _, o := range b.slots {
						meet = meet || s.unbare() == o.unbare()
					}
				}
				want := a.Container.Overlaps(b.Container) && a.Protocol == b.Protocol && anyAddress(a.HostIP) == anyAddress(b.HostIP)
				if meet != want {
					t.Fatalf("seed %d: %v and %v meet: %v", seed, a.Mapping, b.Mapping, meet)
				}
			}
		}
	}
}
