// Package ports knows what a port is: numbers, ranges of them, the sockets that
// bind them, and which of them nobody should choose.
//
// The model: a [Range] is what a compose file, a configuration or a remembered
// assignment says. A [Socket] is where one port is bound; two sockets overlap when
// the system can't give both of them the same port. A [Policy] is the one law of
// what Portmoor never picks by itself: detect, reconcile and lint ask the same one.
//
//	policy := ports.Policy{Reserved: config.Reserved}
//	if why := policy.Refuses(6881); why != "" {
//		…
//	}
package ports

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Last is the highest port number.
const Last = 65535

// Range is a range of port numbers, both ends included. The zero value means no
// port; First == Last is a single port.
type Range struct{ First, Last int }

// One is the range of a single port; of 0 it is the zero range.
func One(port int) Range { return Range{port, port} }

// From is the range of some ports beginning with the first; a width below 1
// counts as 1.
func From(first, width int) Range { return Range{first, first + max(width, 1) - 1} }

// Zero reports whether there is no port: none was written, it is 0, or it is
// not known because a variable has no value.
func (r Range) Zero() bool { return r.First == 0 && r.Last == 0 }

// Width is the number of ports in the range, 0 for the zero range.
func (r Range) Width() int {
	if r.Zero() {
		return 0
	}
	return r.Last - r.First + 1
}

// Has reports whether a port is in the range.
func (r Range) Has(port int) bool { return !r.Zero() && r.First <= port && port <= r.Last }

// Overlaps reports whether a port is in both ranges.
func (r Range) Overlaps(o Range) bool {
	return !r.Zero() && !o.Zero() && r.First <= o.Last && o.First <= r.Last
}

// String is the range as Compose writes it: "8080", "8000-8010", or "" when zero.
func (r Range) String() string {
	switch {
	case r.Zero():
		return ""
	case r.First == r.Last:
		return strconv.Itoa(r.First)
	default:
		return strconv.Itoa(r.First) + "-" + strconv.Itoa(r.Last)
	}
}

// Set is a set of ports, as ranges: how wide they are does not matter. The zero
// value is empty.
type Set struct{ ranges []Range }

// NewSet is the ports of some ranges, which may overlap. Zero ranges have none.
func NewSet(ranges ...Range) Set {
	ranges = slices.DeleteFunc(slices.Clone(ranges), Range.Zero)
	slices.SortFunc(ranges, func(a, b Range) int { return a.First - b.First })
	var s Set
	for _, r := range ranges {
		if n := len(s.ranges); n > 0 && r.First <= s.ranges[n-1].Last+1 {
			s.ranges[n-1].Last = max(s.ranges[n-1].Last, r.Last)
		} else {
			s.ranges = append(s.ranges, r)
		}
	}
	return s
}

// Has reports whether a port is in the set.
func (s Set) Has(port int) bool {
	i, found := slices.BinarySearchFunc(s.ranges, port, func(r Range, port int) int { return r.First - port })
	return found || i > 0 && port <= s.ranges[i-1].Last
}

// Parse reads "N" or "N-M" as Compose does (go-connections, nat.ParsePortRange),
// zero for port 0. The error says in a few words what is wrong.
func Parse(text string) (Range, error) {
	first, last, isRange := strings.Cut(text, "-")
	var r Range
	var err error
	if r.First, err = number(first); err != nil {
		return Range{}, err
	}
	if r.Last = r.First; isRange {
		if r.Last, err = number(last); err != nil {
			return Range{}, err
		}
	}
	if r.Last < r.First {
		return Range{}, errors.New("the range ends before it starts")
	}
	return r, nil
}

func number(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && (n < 0 || n > Last):
		return 0, errors.New("ports go from 0 to 65535")
	case err != nil:
		return 0, errors.New("not a number")
	}
	return int(n), nil
}

// Socket is an address and a protocol that a mapping binds. The address is ""
// for every interface of both families, as Docker has it.
type Socket struct{ Address, Protocol string }

// Overlaps reports whether two sockets can't have one port at the same time.
func (s Socket) Overlaps(o Socket) bool {
	return s.Protocol == o.Protocol && AddressesOverlap(s.Address, o.Address)
}

// AddressesOverlap reports whether Docker would bind one socket address for
// both. Without an address it binds 0.0.0.0 and [::]; each of the two given
// alone is that family only.
func AddressesOverlap(a, b string) bool {
	if a == b || a == "" || b == "" {
		return true
	}
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	if errX != nil || errY != nil {
		return false
	}
	x, y = x.Unmap(), y.Unmap()
	return x.Is4() == y.Is4() && (x == y || x.IsUnspecified() || y.IsUnspecified())
}

// Common are the ports that two ranges share; it means nothing where they share none.
func (r Range) Common(o Range) Range { return Range{max(r.First, o.First), min(r.Last, o.Last)} }

// Named is the range as the host ports of a protocol in a sentence.
func (r Range) Named(protocol string) string {
	text := "host port " + r.String()
	if r.Width() > 1 {
		text = "host ports " + r.String()
	}
	if protocol != "tcp" {
		text += "/" + protocol
	}
	return text
}

// IsOrAre is the verb behind the range in a sentence, with a space before it.
func (r Range) IsOrAre() string {
	if r.Width() > 1 {
		return " are"
	}
	return " is"
}
