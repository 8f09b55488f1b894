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

// ByMapping puts together the ports that a mapping has in one container.
func ByMapping(ports []Port) (groups [][]Port) {
	for i, p := range ports {
		if i > 0 && p.Mapping != nil && p.Mapping == ports[i-1].Mapping && p.Container.ID == ports[i-1].Container.ID {
			groups[len(groups)-1] = append(groups[len(groups)-1], p)
		} else {
			groups = append(groups, []Port{p})
		}
	}
	return groups
}

// RangeText is a port, or a range of ports one after the other; "" where they
// are not.
func RangeText(group []Port) string {
	for i, p := range group {
		if p.HostPort != group[0].HostPort+i {
			return ""
		}
	}
	return ports.Range{First: group[0].HostPort, Last: group[len(group)-1].HostPort}.String()
}
