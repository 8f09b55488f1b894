package ports_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/portmoor/portmoor/ports"
)

// ExampleIndex_Overlapping finds the ranges that meet another.
func ExampleIndex_Overlapping() {
	var x ports.Index
	for _, r := range []ports.Range{{First: 1, Last: 65535}, {First: 80, Last: 90}, {First: 91, Last: 95}} {
		x.Add(r)
	}
	fmt.Println(x.Overlapping(ports.One(85), 10), x.Overlapping(ports.Range{First: 90, Last: 91}, 10))
	// Output: [0 1] [0 1 2]
}

// TestIndex is a property over random ranges: an index finds those that share a port
// with another, as looking at each does. One that is missed is a conflict that nobody
// hears of.
func TestIndex(t *testing.T) {
	for seed := range 300 {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		var x ports.Index
		var all []ports.Range
		for range r.IntN(60) {
			one := ports.From(1+r.IntN(1<<(1+r.IntN(16))-1), 1+r.IntN(1<<r.IntN(16)))
			one.Last = min(one.Last, ports.Last)
			if r.IntN(20) == 0 {
				one = ports.Range{First: 1, Last: ports.Last}
			}
			var want []int
			for i, other := range all {
				if other.Overlaps(one) {
					want = append(want, i)
				}
			}
			if got := x.Overlapping(one, len(all)); !slices.Equal(got, want) {
				t.Fatalf("seed %d: %v of %v: %v, want %v", seed, one, all, got, want)
			}
			if got := x.Overlapping(one, 5); len(got) != min(len(want), 5) {
				t.Fatalf("seed %d: %v of %v: %v", seed, one, all, got)
			}
			x.Add(one)
			all = append(all, one)
		}
	}
}
