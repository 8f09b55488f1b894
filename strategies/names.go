package strategies

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
)

// Names are the variables of one naming family, chosen once for all of its
// files, so that a mapping has one name wherever it is written.
type Names struct {
	units map[compose.Key]*unit
	holds map[string]*unit // by variable; a nil unit means that several hold it
}

// unit is the mappings that one variable serves: one service and container
// port with one host port, whatever the address, and tcp with udp of the
// same number.
type unit struct {
	key      compose.Key // Protocol is "" but where the protocols' host ports differ
	order    int         // of the first mapping, in load order
	name     string      // the long form's
	isRange  bool
	variable string
}

// Of is the variable for a mapping, "" when the family does not have it.
func (n Names) Of(m compose.Mapping) string {
	if u := n.units[m.Key]; u != nil {
		return u.variable
	}
	return ""
}

// heldByOther reports whether a variable already serves another mapping.
func (n Names) heldByOther(variable string, m compose.Mapping) bool {
	u, held := n.holds[variable]
	return held && (u == nil || u != n.units[m.Key])
}

// Name chooses the variables of one naming family.
//
// The plain X_HOST_PORT stays with the mapping that has it, else it goes to
// the service's first entry; the others are named after their container port
// or their long form's name. A name that a file of the family mentions for
// something else, or an env file sets, is passed over: its value would take
// the port over at once.
func Name(family []*compose.Project) Names {
	b := builder{
		Names: Names{units: map[compose.Key]*unit{}, holds: map[string]*unit{}},
		taken: map[string]bool{}, split: map[compose.Key]string{},
	}
	family = outermostFirst(family)
	for _, p := range family {
		b.splitProtocols(p)
	}
	for _, p := range family {
		b.collect(p)
	}
	b.choose()
	return b.Names
}

// outermostFirst puts projects that include others before those, and overlays
// behind the projects that they change.
func outermostFirst(family []*compose.Project) []*compose.Project {
	reached := map[*compose.File]int{}
	for _, p := range family {
		for i, f := range p.Files {
			if i > 0 {
				reached[f]++
			}
		}
	}
	sorted := slices.Clone(family)
	slices.SortStableFunc(sorted, func(a, b *compose.Project) int {
		rank := func(p *compose.Project) int {
			if p.Group.Overlay {
				return 2
			}
			if len(p.Files) > 0 && reached[p.Files[0]] > 0 {
				return 1
			}
			return 0
		}
		return rank(a) - rank(b)
	})
	return sorted
}

type builder struct {
	Names
	all   []*unit
	taken map[string]bool
	// split holds, for a container port whose protocols have different host
	// ports, the protocol that needs no suffix.
	split map[compose.Key]string
}

func withoutProtocol(k compose.Key) compose.Key {
	k.Protocol = ""
	return k
}

func hostText(m compose.Mapping) string {
	if !m.HostPort.Ports.Zero() {
		return m.HostPort.Ports.String()
	}
	return m.HostPort.Text
}

func (b *builder) splitProtocols(p *compose.Project) {
	first := map[compose.Key]compose.Mapping{}
	for _, m := range p.Mappings {
		k := withoutProtocol(m.Key)
		if f, ok := first[k]; !ok {
			first[k] = m
		} else if f.Protocol != m.Protocol && hostText(f) != hostText(m) && b.split[k] == "" {
			b.split[k] = f.Protocol
		}
	}
}

// collect notes a project's units, the variables that they hold already, and
// every name that its files and env files use.
func (b *builder) collect(p *compose.Project) {
	for _, name := range p.Variables() {
		b.taken[name] = true
	}
	for _, m := range p.Mappings {
		k := withoutProtocol(m.Key)
		if plain := b.split[k]; plain != "" && plain != m.Protocol {
			k.Protocol = m.Protocol
		}
		u := b.units[k]
		if u == nil {
			u = &unit{key: k, order: len(b.all)}
			b.units[k] = u
			b.all = append(b.all, u)
		}
		b.units[m.Key] = u
		u.name = cmp.Or(u.name, m.Name)
		u.isRange = u.isRange || m.HostPort.Ports.Width() > 1
		if v := m.HostPort.Var; v != "" && !m.Inherited {
			b.hold(v, u, p.Env, m)
		}
	}
}

// hold records that a mapping has a variable. The unit's other mappings take
// it too, unless an env file gives it a value of its own.
func (b *builder) hold(v string, u *unit, env compose.Env, m compose.Mapping) {
	if other, held := b.holds[v]; held && other != u {
		b.holds[v] = nil
	} else {
		b.holds[v] = u
	}
	if _, _, pinned := env.Setter(v); u.variable == "" && !pinned && m.Locked == "" {
		u.variable = v
	}
}

// choose names the units that have no variable yet, in an order that does not
// depend on where they stand in a file.
func (b *builder) choose() {
	plain := b.plainOwners()
	for _, u := range b.all {
		if u.variable != "" && b.holds[u.variable] == nil {
			u.variable = "" // it serves several mappings: no place for another
		}
	}
	sorted := slices.Clone(b.all)
	slices.SortStableFunc(sorted, func(x, y *unit) int {
		return cmp.Or(
			cmp.Compare(x.key.Service, y.key.Service),
			comparePlain(x, y, plain),
			cmp.Compare(len(x.key.Container), len(y.key.Container)),
			cmp.Compare(x.key.Container, y.key.Container),
			x.key.N-y.key.N,
			cmp.Compare(x.key.Protocol, y.key.Protocol),
		)
	})
	for _, u := range sorted {
		if u.variable == "" {
			u.variable = b.free(u.candidates(plain[u.key.Service] == u))
			b.taken[u.variable] = true
		}
	}
}

func comparePlain(x, y *unit, plain map[string]*unit) int {
	switch owner := plain[x.key.Service]; owner {
	case x:
		return -1
	case y:
		return 1
	}
	return 0
}

// plainOwners says which unit of each service has the plain name.
func (b *builder) plainOwners() map[string]*unit {
	owners := map[string]*unit{}
	for _, u := range b.all {
		if owner := owners[u.key.Service]; owner == nil || u.order < owner.order {
			owners[u.key.Service] = u
		}
	}
	for _, u := range b.all {
		if u.variable == variableName(u.key.Service, "", "")+u.suffix() {
			owners[u.key.Service] = u
		}
	}
	return owners
}

func (u *unit) suffix() string {
	if u.isRange {
		return "_RANGE"
	}
	return ""
}

// candidates are the names that a unit may have, best first.
func (u *unit) candidates(plain bool) []string {
	protocol := strings.ToUpper(u.key.Protocol)
	second := ""
	if u.key.N > 1 {
		second = fmt.Sprint(u.key.N)
	}
	name := func(parts ...string) string {
		return variableName(u.key.Service, append(parts, second, protocol)...) + u.suffix()
	}
	var names []string
	if plain {
		names = append(names, name())
	}
	if u.name != "" {
		names = append(names, name(u.name))
	}
	return append(names, name(u.key.Container))
}

func (b *builder) free(candidates []string) string {
	for _, c := range candidates {
		if !b.taken[c] {
			return c
		}
	}
	last := candidates[len(candidates)-1]
	for i := 2; ; i++ {
		if c := fmt.Sprintf("%s_%d", last, i); !b.taken[c] {
			return c
		}
	}
}

// variableName is SERVICE[_PART…]_HOST_PORT: upper case, every run of other
// characters one underscore, no leading digit.
func variableName(service string, parts ...string) string {
	name := sanitize(service)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	for _, p := range parts {
		if p != "" {
			name += "_" + strings.Trim(sanitize(p), "_")
		}
	}
	return name + "_HOST_PORT"
}

func sanitize(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToUpper(text) {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			gap = false
			b.WriteRune(r)
			continue
		}
		if !gap {
			b.WriteByte('_')
		}
		gap = true
	}
	return b.String()
}

// Families groups projects by their naming family, in order.
func Families(projects []*compose.Project) [][]*compose.Project {
	byName := map[string][]*compose.Project{}
	for _, p := range projects {
		byName[p.Family] = append(byName[p.Family], p)
	}
	families := make([][]*compose.Project, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		families = append(families, byName[name])
	}
	return families
}
