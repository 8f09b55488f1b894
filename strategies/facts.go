package strategies

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
)

// Gather returns what Decide needs to know of a project's mappings. Names are
// those of the project's family. Defaults are the host texts that the
// configuration remembers for the project's folder, by [DefaultKey]; nil when
// there are none.
func Gather(p *compose.Project, names Names, defaults map[string]string) func(compose.Mapping) Facts {
	services := map[string]compose.Service{}
	for _, s := range p.Services {
		services[s.Name] = s
	}
	users := map[compose.Place][]compose.Service{}
	for _, m := range p.Mappings {
		if s, ok := services[m.Service]; ok {
			users[m.Place()] = append(users[m.Place()], s)
		}
	}
	remembered := recall(p, defaults)
	return func(m compose.Mapping) Facts {
		facts := Facts{Names: names, Default: remembered(m), Merges: names.merges[m.Place()]}
		for _, s := range users[m.Place()] {
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
		if bare := cutNumber(key); !keys[key] {
			orphans[bare] = cmp.Or(orphans[bare], defaults[key])
		}
	}
	return func(m compose.Mapping) string {
		if !picked(m) {
			return ""
		}
		key := DefaultKey(m)
		bare := cutNumber(key)
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
func cutNumber(key string) string {
	i := strings.LastIndexByte(key, '#')
	if i < 0 {
		return key
	}
	if _, err := strconv.Atoi(key[i+1:]); err != nil {
		return key
	}
	return key[:i]
}
