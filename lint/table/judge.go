package table

import (
	"fmt"
	"slices"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// Right is what rows about a service may say of its ports. The zero value is of one that
// publishes none.
type Right struct {
	ports    []string // what it has, each once
	has, may map[string]bool
}

// Add adds a port that the service has, and reports whether it is a new one.
func (r *Right) Add(port string) bool {
	if r.has[port] {
		return false
	}
	if r.has == nil {
		r.has = map[string]bool{}
	}
	r.ports, r.has[port] = append(r.ports, port), true
	r.Allow(port)
	return true
}

// None lets rows say 0, where the service has no port.
func (r *Right) None() {
	if len(r.ports) == 0 {
		r.Allow("0")
	}
}

// Allow lets rows say a number that is a port of the service in another way.
func (r *Right) Allow(port string) {
	if r.may == nil {
		r.may = map[string]bool{}
	}
	r.may[port] = true
}

// Wrong is a port that a row gives a service, and that it does not have.
type Wrong struct {
	Span          source.Span
	Message, Hint string
	Fix           string // what to write there, "" where it is not plain
}

// Wrong judges each part of a row's list of ports. The service is as messages quote it.
func (r Row) Wrong(src []byte, service string, right Right) (all []Wrong) {
	wrong, missing := r.compare(src, right)
	for _, span := range wrong {
		w := Wrong{Span: span}
		if len(missing) == 1 && len(wrong) == 1 && !slices.ContainsFunc(r.Ports, func(part []source.Span) bool { return len(part) > 1 }) {
			w.Fix = missing[0]
		}
		w.Message, w.Hint = wrongPort(service, string(src[span.Start:span.End]), missing, len(right.ports) > 0)
		all = append(all, w)
	}
	return all
}

// compare tells which parts of a row are wrong, and which ports the row lacks.
func (r Row) compare(src []byte, right Right) (wrong []source.Span, missing []string) {
	text := func(s source.Span) string { return string(src[s.Start:s.End]) }
	listed := map[string]bool{}
	for _, part := range r.Ports {
		if i := slices.IndexFunc(part, func(s source.Span) bool { return right.may[text(s)] }); i < 0 {
			wrong = append(wrong, part[0])
		} else {
			listed[text(part[i])] = true
		}
	}
	return wrong, slices.DeleteFunc(slices.Clone(right.ports), func(port string) bool { return listed[port] })
}

// wrongPort says that a table gives a service a port that it does not have, beside
// those which the table lacks.
func wrongPort(service, port string, missing []string, publishes bool) (message, hint string) {
	gives := fmt.Sprintf("the table gives service %s the port %s, but ", service, port)
	switch n := len(missing); {
	case !publishes:
		return gives + "it publishes none", "remove the row, or publish the port"
	case n == 0:
		return gives + "it has only the others", "remove it"
	case n == 1:
		return gives + "it is " + missing[0], "write " + missing[0]
	default:
		return gives + "they are " + say.And(say.First(missing)), "add a column Container to tell them apart"
	}
}
