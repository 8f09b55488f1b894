package strategies

import (
	"cmp"
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/source"
)

// Names are the variables of one naming family, chosen once for all of its
// files, so that a mapping has one name wherever it is written.
type Names struct {
	units  map[compose.Key]*unit
	at     map[compose.Place]*unit
	holds  map[string]*unit       // by variable; a nil unit means that several hold it
	now    map[string][]holder    // by variable
	merges map[compose.Place]bool // what [merging] found in the family
	// narrow are the mappings that say again what a wide one says already.
	narrow, wide map[compose.Place]bool
	// what [users] found in the family
	scaled, portFile, unbound map[compose.Place]bool
	// spelled are the mappings that are apart from another only by their spelling.
	spelled map[compose.Place]bool
	// shared are those for which no variable is right: two mappings would clash by it.
	shared map[compose.Place]bool
}

// unit is the mappings that one variable serves: one service and container
// port with one host port, whatever the address, and tcp with udp of the
// same number.
type unit struct {
	key      compose.Key // Protocol is "" but where the protocols' host ports differ
	order    int         // of the first mapping that stands in the service itself, in load order
	name     string      // the long form's
	isRange  bool
	variable string
}

// Of is the variable for a mapping: that of whoever owns its bytes. It is ""
// when the family does not have the mapping.
func (n Names) Of(m *compose.Mapping) string {
	if u := n.at[m.Place()]; u != nil {
		return u.variable
	}
	return ""
}

// heldByOther reports whether a variable now serves another mapping, with
// another default: with the same one it has always been for both.
func (n Names) heldByOther(e variable.Expr, m *compose.Mapping) bool {
	return slices.ContainsFunc(n.now[e.Var], func(h holder) bool { return h.unit != n.at[m.Place()] && h.port != defaultOf(e) })
}

// holder is who has a variable in the files as they are.
type holder struct {
	unit *unit
	port string // the default
}

// Name chooses the variables of one naming family. Remembered are the host texts that
// the configuration has for mappings whose host port Docker picks, nil for none: names
// are chosen as if the texts stood in the files again, so that the way back leads to
// the same ones.
//
// The plain X_HOST_PORT stays with the mapping that has it, else it goes to
// the service's first entry; the others are named after their container port
// or their long form's name. A name that a file of the family mentions for
// something else, or an env file sets, is passed over: its value would take
// the port over at once. So is one by which two mappings would clash, or which would
// have two defaults in one project.
func Name(family []*compose.Project, remembered func(*compose.Project) map[compose.Place]string) Names {
	b := builder{
		Names: Names{
			units: map[compose.Key]*unit{}, at: map[compose.Place]*unit{}, holds: map[string]*unit{}, now: map[string][]holder{},
			shared: map[compose.Place]bool{},
		},
		taken:   map[string]bool{},
		set:     map[*source.File]map[string]string{},
		splits:  map[compose.Key]bool{},
		repeats: map[compose.Key]compose.Key{},
	}
	merged := lists.Flat(family, mergedLists)
	b.narrow, b.wide = repeating(merged)
	b.scaled, b.portFile, b.unbound = users(family, merged)
	b.spelled = spelledApart(family, merged, b.unbound)
	b.merges = merging(family, merged, b.narrow, b.wide, b.spelled)
	restored := make([]*compose.Project, 0, len(family))
	for _, p := range baseFirst(family) {
		if remembered != nil {
			p = p.WithHosts(remembered(p))
		}
		restored = append(restored, p)
	}
	for _, look := range []func(*compose.Project){b.splitProtocols, b.joinRepeats, b.collect} { // each rests on the one before
		for _, p := range restored {
			look(p)
		}
	}
	for _, p := range family {
		b.note(p)
	}
	b.choose()
	b.settle(restored)
	return b.Names
}

// StandardName reports one of the names that docker compose looks for in a folder.
func StandardName(path string) bool { return standardName().MatchString(filepath.Base(path)) }

var standardName = pattern.Lazy(`^(docker-)?compose\.ya?ml$`)

// baseFirst sorts projects: those that include others before them, overlays
// behind the projects that they change, a folder's standard project before its
// alternatives, and those that are compose by content last. The order that they are given in does not matter.
func baseFirst(family []*compose.Project) []*compose.Project {
	reached := map[*source.File]bool{}
	for _, p := range family {
		lists.Add(reached, p.Files[min(1, len(p.Files)):]...)
	}
	rank := func(p *compose.Project) int {
		switch {
		case p.Group.ByContent:
			return 4
		case p.Group.Overlay:
			return 3
		case len(p.Files) > 0 && reached[p.Files[0]]:
			return 2
		case len(p.Files) > 0 && StandardName(p.Files[0].Path):
			return 0
		}
		return 1
	}
	sorted := slices.Clone(family)
	slices.SortStableFunc(sorted, func(a, b *compose.Project) int {
		return cmp.Or(rank(a)-rank(b), cmp.Compare(a.Dir, b.Dir), slices.Compare(a.Group.Files, b.Group.Files))
	})
	return sorted
}

type builder struct {
	Names
	all   []*unit
	taken map[string]bool
	// set are the variables of each env file, which many projects may have.
	set map[*source.File]map[string]string
	// splits are the container ports whose protocols have different host ports.
	splits map[compose.Key]bool
	// repeats lead from an entry that repeats an inherited one to the latter's owner.
	repeats map[compose.Key]compose.Key
}

func withoutProtocol(k compose.Key) compose.Key {
	k.Protocol = ""
	return k
}

func hostText(m *compose.Mapping) string { return cmp.Or(m.HostPort.Ports.String(), m.HostPort.Text) }

func (b *builder) splitProtocols(p *compose.Project) {
	first := map[compose.Key]*compose.Mapping{}
	for m := range p.Each() {
		k := withoutProtocol(m.Key)
		if f, ok := first[k]; !ok {
			first[k] = m
		} else if f.Protocol != m.Protocol && hostText(f) != hostText(m) {
			b.splits[k] = true
		}
	}
}

// key is the key of a mapping's unit: tcp needs no suffix, and no protocol
// does where all have one host port.
func (b *builder) key(m *compose.Mapping) compose.Key {
	k := withoutProtocol(m.Key)
	if b.splits[k] && m.Protocol != "tcp" {
		k.Protocol = m.Protocol
	}
	return b.root(k)
}

func (b *builder) root(k compose.Key) compose.Key {
	for {
		owner, ok := b.repeats[k]
		if !ok {
			return k
		}
		k = owner
	}
}

// joinRepeats finds the entries that repeat what their service inherits:
// Compose takes the two for one, and under two variables they would come apart.
func (b *builder) joinRepeats(p *compose.Project) {
	owners := map[compose.Place]*compose.Mapping{}
	for m := range p.Each() {
		if !m.Inherited {
			owners[m.Place()] = m
		}
	}
	for _, list := range mergedLists(p) {
		own := map[compose.Key]bool{}
		for _, m := range list {
			own[m.Key] = own[m.Key] || !m.Inherited
		}
		for _, m := range list {
			owner, ok := owners[m.Place()]
			if !m.Inherited || !ok || !own[m.Key] {
				continue
			}
			if from, to := b.key(m), b.key(owner); from != to {
				b.repeats[from] = to
			}
		}
	}
}

// collect notes a project's units, the variables that they hold already, and
// every name that its files and env files use.
func (b *builder) collect(p *compose.Project) {
	for _, f := range p.Files {
		lists.Add(b.taken, f.Variables()...)
	}
	for _, e := range p.Env.Files() {
		b.set[e.File] = e.Vars
	}
	for m := range p.Each() {
		if m.Inherited {
			continue
		}
		k := b.key(m)
		u := b.units[k]
		if u == nil {
			u = &unit{key: k, order: len(b.all)}
			b.units[k] = u
			b.all = append(b.all, u)
		}
		b.units[m.Key] = u
		b.at[m.Place()] = u
		lists.Add(b.taken, source.Variables(m.HostPort.Text)...) // also where it is only remembered
		u.name = cmp.Or(u.name, m.Name)
		u.isRange = u.isRange || m.HostPort.Ports.Width() > 1
		if m.HostPort.Settable() {
			b.hold(m.HostPort.Var, u, p.Env, m)
		}
	}
}

// hold records that a mapping has a variable. The unit's other mappings take
// it too, unless an env file gives it a value of its own.
func (b *builder) hold(v string, u *unit, env compose.Env, m *compose.Mapping) {
	if other, held := b.holds[v]; held && other != u {
		b.holds[v] = nil
	} else {
		b.holds[v] = u
	}
	if _, _, pinned := env.Setter(v); u.variable == "" && !pinned && m.Locked == "" {
		u.variable = v
	}
}

// note records the variables that stand in a project's files now.
func (b *builder) note(p *compose.Project) {
	for m := range p.Each() {
		if v := m.HostPort.Var; v != "" && !m.Inherited {
			b.now[v] = append(b.now[v], holder{b.at[m.Place()], defaultOf(m.HostPort)})
		}
	}
}

// choose names the units that have no variable yet, in an order that does not
// depend on where they stand in a file: first those with the plain names.
func (b *builder) choose() {
	plain := b.plainOwners()
	for _, u := range b.all {
		if b.holds[u.variable] != u {
			u.variable = "" // it serves several mappings: no place for another
		}
	}
	isPlain := func(u *unit) bool { return withoutProtocol(u.key) == plain[u.key.Service] }
	sorted := slices.SortedStableFunc(slices.Values(b.all), func(x, y *unit) int { return compareKeys(x.key, y.key) })
	for _, plain := range []bool{true, false} {
		for _, u := range sorted {
			if u.variable == "" && isPlain(u) == plain {
				u.variable = b.free(u.candidates(plain))
				b.taken[u.variable] = true
			}
		}
	}
}

func compareKeys(x, y compose.Key) int {
	return cmp.Or(
		cmp.Compare(x.Service, y.Service),
		cmp.Compare(len(x.Container), len(y.Container)),
		cmp.Compare(x.Container, y.Container),
		x.N-y.N,
		cmp.Compare(x.Protocol, y.Protocol),
	)
}

// plainOwners says which container port of each service has the plain name.
func (b *builder) plainOwners() map[string]compose.Key {
	owners := map[string]*unit{}
	for _, u := range b.all {
		if owner := owners[u.key.Service]; owner == nil || u.order < owner.order {
			owners[u.key.Service] = u
		}
	}
	for _, u := range b.all {
		if u.variable == VariableName(u.key.Service)+u.suffix() {
			owners[u.key.Service] = u
		}
	}
	plain := make(map[string]compose.Key, len(owners))
	for service, u := range owners {
		plain[service] = withoutProtocol(u.key)
	}
	return plain
}

// Families groups projects by their naming family, in order.
func Families(projects []*compose.Project) [][]*compose.Project {
	families := lists.Group(projects, func(p *compose.Project) string { return p.Family })
	slices.SortFunc(families, func(a, b []*compose.Project) int { return cmp.Compare(a[0].Family, b[0].Family) })
	return families
}
