package ports

import (
	"cmp"
	"fmt"
	"slices"
)

// Default is where new ports are chosen from when nothing says otherwise.
var Default = Range{10000, 11000}

// Policy says which ports Portmoor never picks by itself. A port that somebody
// has decided about, in a file or by hand, is never moved because of it. The zero
// Policy is that of a machine without a configuration.
type Policy struct {
	// Reserved are ranges besides 1-1024 and 6881-6889, which are always reserved.
	Reserved []Range
	// Ephemeral are the ports that the system gives to outgoing connections; zero
	// for 32768-60999, as on Linux.
	Ephemeral Range
	// Explicit reports that people have configured the range to choose from, so that
	// it may hold ephemeral ports and those that browsers refuse.
	Explicit bool
}

// alwaysReserved are the ports of the system's services and those of BitTorrent.
var alwaysReserved = []Range{{1, 1024}, {6881, 6889}}

// Refuses says why a port must not be picked, in words that follow "is"; "" when
// it may be.
func (p Policy) Refuses(port int) (why string) {
	switch in, reserved := p.ReservedRange(One(port)); {
	case reserved:
		return fmt.Sprintf("in the reserved range %s", in)
	case p.Explicit:
		return ""
	case p.Outgoing().Has(port):
		return fmt.Sprintf("in the range of outgoing connections, %s", p.Outgoing())
	case BrowsersRefuse(port):
		return "refused by browsers"
	}
	return ""
}

// ReservedRange is the first reserved range that a range touches.
func (p Policy) ReservedRange(r Range) (in Range, reserved bool) {
	for _, in := range slices.Concat(alwaysReserved, p.Reserved) {
		if in.Overlaps(r) {
			return in, true
		}
	}
	return Range{}, false
}

// Outgoing is the range of the ports of outgoing connections.
func (p Policy) Outgoing() Range {
	return cmp.Or(p.Ephemeral, Range{32768, 60999})
}

// BrowsersRefuse reports one of the bad ports of
// https://fetch.spec.whatwg.org/#port-blocking.
func BrowsersRefuse(port int) bool {
	_, bad := slices.BinarySearch(blocked, port)
	return bad
}

// NotWeb reports ports that people know for services which browsers do not open, such
// as ssh or mail: but for a few, that is why browsers refuse them.
func NotWeb(r Range) bool {
	for port := r.First; port <= r.Last; port++ {
		if !BrowsersRefuse(port) || slices.Contains([]int{1, 6000, 10080}, port) {
			return false
		}
	}
	return !r.Zero()
}

// FirstBlocked is the lowest port of a range that browsers refuse, 0 for none.
func FirstBlocked(r Range) int {
	i, _ := slices.BinarySearch(blocked, r.First)
	if i < len(blocked) && r.Has(blocked[i]) {
		return blocked[i]
	}
	return 0
}

// blocked are the bad ports, sorted.
var blocked = []int{
	1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
	111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
	540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
	6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
}
