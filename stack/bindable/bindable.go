// Package bindable says how many ports of a check can be bound, and of which services.
//
//	var c bindable.Count
//	c.Add(outcome, "web")
//	fmt.Println(c.Line(" of project shop"))
package bindable

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/say"
)

// Count counts the ports of a check that can be bound. The zero value has counted none.
type Count struct {
	all, free int
	services  []string
	last      *allocate.Outcome // what was counted last
}

// Add counts the port of an outcome, once, for one of its services.
func (b *Count) Add(o *allocate.Outcome, service string) {
	if o.Problem == "" {
		b.services = append(b.services, service)
	}
	if b.last == o {
		return
	}
	b.last = o
	if b.all++; o.Problem == "" {
		b.free++
	}
}

// Line is how many of the ports can be bound, and of which services.
func (b *Count) Line(of string) string {
	count := say.Count(b.free, "port")
	if b.free < b.all {
		count = fmt.Sprintf("%d of %s", b.free, say.Count(b.all, "port"))
	}
	line := count + of + " can be bound"
	slices.Sort(b.services)
	if services := slices.Compact(b.services); len(services) > 0 {
		line += ": " + strings.Join(services, ", ")
	}
	return line
}
