package strategies

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
)

// place is where the bytes of a mapping's host port stand; services that
// share the bytes share it.
type place struct {
	file *compose.File
	span compose.Span
}

// placeOf is the place of the scalar that holds the host port, and of the
// entry where there is none. The entry itself does not tell: a long form that
// merges another has its own first key, and the other's host port.
func placeOf(m compose.Mapping) place {
	if m.Scalar.Empty() {
		return place{m.File, m.Entry}
	}
	return place{m.File, m.Scalar}
}

// Gather returns what Decide needs to know of a project's mappings. Names are
// those of the project's family. Defaults are the host texts that the
// configuration remembers for the project's folder, by [DefaultKey]; nil when
// there are none.
func Gather(p *compose.Project, names Names, defaults map[string]string) func(compose.Mapping) Facts {
	services := map[string]compose.Service{}
	for _, s := range p.Services {
		services[s.Name] = s
	}
	users := map[place][]compose.Service{}
	for _, m := range p.Mappings {
		if s, ok := services[m.Service]; ok {
			users[placeOf(m)] = append(users[placeOf(m)], s)
		}
	}
	remembered := recall(p, defaults)
	return func(m compose.Mapping) Facts {
		facts := Facts{Names: names, Default: remembered(m), Merges: names.merges[placeOf(m)]}
		for _, s := range users[placeOf(m)] {
			facts.Scaled = facts.Scaled || s.Scale > 1
			facts.PortFile = facts.PortFile || s.PortFile
		}
		return facts
	}
}

// recall finds the host text that is remembered for a mapping whose host port
// Docker picks, "" for none. Mappings that had different host ports have none
// now, and so may count as one: what is remembered under a number that no
// mapping has any more is then theirs.
func recall(p *compose.Project, defaults map[string]string) func(compose.Mapping) string {
	if len(defaults) == 0 {
		return func(compose.Mapping) string { return "" }
	}
	keys := map[string]bool{}
	for _, m := range p.Mappings {
		keys[DefaultKey(m)] = true
	}
	orphans := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(defaults)) {
		if bare, _ := cutNumber(key); !keys[key] {
			orphans[bare] = cmp.Or(orphans[bare], defaults[key])
		}
	}
	return func(m compose.Mapping) string {
		if !picked(m) {
			return ""
		}
		key := DefaultKey(m)
		bare, _ := cutNumber(key)
		return cmp.Or(defaults[key], orphans[bare])
	}
}

// DefaultKey is the name under which the configuration remembers a mapping's
// host text: service:container[/protocol][@address][#n].
func DefaultKey(m compose.Mapping) string {
	key := m.Key.Service + ":" + m.Key.Container
	if m.Protocol != "tcp" {
		key += "/" + m.Protocol
	}
	if m.Address != "" {
		key += "@" + m.Address
	}
	if m.Key.N > 1 {
		key += "#" + strconv.Itoa(m.Key.N)
	}
	return key
}

// cutNumber takes the number off the end of a default's key.
func cutNumber(key string) (bare, number string) {
	i := strings.LastIndexByte(key, '#')
	if i < 0 {
		return key, ""
	}
	if _, err := strconv.Atoi(key[i+1:]); err != nil {
		return key, ""
	}
	return key[:i], key[i+1:]
}
