// Package gone tells what is remembered though no port of a project is for it any more.
//
//	left := gone.Of(store.Assigned, units, known)
//	options.Keeps = left.Keeps()
package gone

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

// Left is what is left of a project's assignments: those that no unit has, by key.
type Left struct {
	gone   []allocate.Assignment         // of services that no compose file has
	byPort map[int][]allocate.Assignment // these, and those under keys that services of the project have no more
}

// Of are the assignments that are left beside those of a project's units. Has reports a
// service of the project, and elsewhere one that only other compose files beside it have,
// whose assignments are theirs.
func Of(assigned map[string]allocate.Assignment, units []allocate.Unit, has, elsewhere func(service string) bool) Left {
	l, used := Left{byPort: map[int][]allocate.Assignment{}}, map[string]bool{}
	for _, u := range units {
		used[u.Key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(assigned)) {
		service, _, _ := strings.Cut(key, ":")
		stays := has(service)
		if used[key] || !stays && elsewhere(service) {
			continue
		}
		a := assigned[key]
		if !stays {
			l.gone = append(l.gone, a)
		}
		for port := a.Port; port < a.Port+max(a.Width, 1); port++ {
			l.byPort[port] = append(l.byPort[port], a)
		}
	}
	return l
}

// Keeps reports the ports that are kept for services which are gone, since they may come
// back: nobody else is given one.
func (l Left) Keeps() func(port int) bool {
	kept := map[int]bool{}
	for _, a := range l.gone {
		for port := a.Port; port < a.Port+max(a.Width, 1); port++ {
			kept[port] = true
		}
	}
	return func(port int) bool { return kept[port] }
}

// Doubled are the keys, perhaps several times, that say a port again which a unit of the project has now: it has
// taken it over. Those that somebody has assigned by hand, or that nobody has assigned
// here, are left alone.
func (l Left) Doubled(u allocate.Unit, has ports.Range) (keys []string) {
	meets := func(x ports.Socket) bool { return slices.ContainsFunc(u.Sockets, x.Overlaps) }
	for port := has.First; port <= has.Last; port++ {
		for _, a := range l.byPort[port] {
			if !a.Manual && slices.ContainsFunc(a.Sockets, meets) {
				keys = append(keys, a.Key)
			}
		}
	}
	return keys
}

// String says which ports a file keeps of services that are gone, "" for none.
func (l Left) String() string {
	if len(l.gone) == 0 {
		return ""
	}
	all := lists.Map(l.gone, func(a allocate.Assignment) string { return fmt.Sprintf("%d of %s", a.Port, a.Key) })
	return "still has " + say.And(say.First(all)) + ", which no compose file has: nobody else is given " + map[bool]string{true: "it", false: "them"}[len(l.gone) == 1]
}
