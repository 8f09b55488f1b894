package live

import (
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
)

// Sum sums up ports: what is not as it should be is what a reader has to know. It
// is "" for none.
func Sum(all []Port) State {
	for _, s := range []State{Drifted, Foreign, Down, OK} {
		if slices.ContainsFunc(all, func(p Port) bool { return p.State == s }) {
			return s
		}
	}
	return ""
}

// HostPorts are the host ports that are bound, ranges in short: "8080,9000-9002".
func HostPorts(all []Port) string {
	numbers := lists.Map(Bound(Shown(all)), func(p Port) int { return p.HostPort })
	slices.Sort(numbers)
	var parts []string
	numbers = slices.Compact(numbers)
	for i := 0; i < len(numbers); {
		r := ports.One(numbers[i])
		for i++; i < len(numbers) && numbers[i] == r.Last+1; i++ {
			r.Last++
		}
		parts = append(parts, r.String())
	}
	return strings.Join(parts, ",")
}
