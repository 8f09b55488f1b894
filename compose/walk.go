package compose

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/template"
	"go.yaml.in/yaml/v4"
)

// field is one key of a mapping, its own or one that a merge key brings.
type field struct{ key, value *yaml.Node }

// fields lists a mapping's keys as compose-go sees them: its own first, then
// those of its merge keys that it does not set itself.
func fields(n *yaml.Node) []field {
	n = deref(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var own []field
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			merged = append(merged, sources(n.Content[i+1])...)
			continue
		}
		own = append(own, field{n.Content[i], n.Content[i+1]})
	}
	if len(merged) == 0 {
		return own
	}
	set := make(map[string]bool, len(own))
	for _, f := range own {
		set[deref(f.key).Value] = true
	}
	for _, m := range merged {
		for _, f := range fields(m) {
			if key := deref(f.key).Value; !set[key] {
				set[key] = true
				own = append(own, f)
			}
		}
	}
	return own
}

// sources are the mappings that a merge key names: one, or a list of them.
func sources(n *yaml.Node) []*yaml.Node {
	if n = deref(n); n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// deref follows an alias to what it names.
func deref(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// value is the value of a key, nil when the mapping has none.
func value(n *yaml.Node, key string) *yaml.Node {
	for _, f := range fields(n) {
		if deref(f.key).Value == key {
			return f.value
		}
	}
	return nil
}

// reset says what Compose's tags ask of earlier files and of the value itself.
type reset struct{ drops, empties bool }

// tagged reads !reset, which empties the value and what earlier files gave,
// and !override, which empties only the latter.
func tagged(n *yaml.Node) reset {
	for ; n != nil; n = n.Alias {
		switch n.Tag {
		case "!reset":
			return reset{drops: true, empties: true}
		case "!override":
			return reset{drops: true}
		}
		if n.Kind != yaml.AliasNode {
			break
		}
	}
	return reset{}
}

// service is what one document, or a merge of several, says of a service.
type service struct {
	Service
	ports   []*Mapping
	extends *reference
	defines bool // has an image, a build or an extends
	drops   reset
	portTag reset
}

// reference is a service or file that a document names.
type reference struct {
	node       *yaml.Node
	service    string
	paths      []string
	projectDir string
	envFiles   []string
}

// layer is what one document says, before anything is merged.
type layer struct {
	file     *File
	services []*service
	drops    reset
	includes []reference
	name     string
}

// walker turns documents into layers. One walker serves one project, since
// which mapping owns shared bytes is settled per project.
type walker struct {
	owners   map[*yaml.Node]*Mapping // of the node whose bytes are edited
	walked   map[*yaml.Node]bool     // alias nodes that serve as ports
	direct   map[*yaml.Node]bool     // entries that stand in a ports list themselves
	all      []*Mapping
	problems []Problem
	full     bool        // maxMappings is reached
	envFiles [][]EnvFile // that variables are looked up in, the outermost first
}

func (w *walker) problem(f *File, n *yaml.Node, message, hint string) {
	w.problems = append(w.problems, Problem{File: f, Span: f.Span(n), Message: message, Hint: hint})
}

// unlessSchema notes a value of the wrong kind that the Compose schema lets
// pass, since it holds a variable. What the schema refuses is said by whoever
// validates with it.
func (w *walker) unlessSchema(f *File, n *yaml.Node, message, hint string) {
	if n.Kind == yaml.ScalarNode && hasVariable(n.Value) {
		w.problem(f, n, message, hint)
	}
}

// layer reads one document.
func (w *walker) layer(f *File, doc *yaml.Node, env Lookup) layer {
	l := layer{file: f}
	if doc.Kind == yaml.DocumentNode {
		if len(doc.Content) == 0 {
			return l
		}
		doc = doc.Content[0]
	}
	if doc = deref(doc); doc.Kind != yaml.MappingNode {
		if doc.Tag != "!!null" {
			w.problem(f, doc, "the top level is not a mapping", "start with services:")
		}
		return l
	}
	for _, fd := range fields(doc) {
		switch fd.key.Value {
		case "services", "jobs":
			l.drops = tagged(fd.value)
			w.services(&l, fd, env)
		case "include":
			l.includes = w.includes(f, fd.value, env)
		case "name":
			l.name, _ = expand(deref(fd.value).Value, env)
		}
	}
	return l
}

func (w *walker) services(l *layer, fd field, env Lookup) {
	n := deref(fd.value)
	if n.Tag == "!!null" || tagged(fd.value).empties {
		return
	}
	if n.Kind != yaml.MappingNode {
		w.unlessSchema(l.file, n, fd.key.Value+" is not a mapping", "write one service name per line, each with a colon")
		return
	}
	for _, s := range fields(n) {
		l.services = append(l.services, w.service(l.file, s, env))
	}
}

func (w *walker) service(f *File, fd field, env Lookup) *service {
	s := &service{Service: Service{Name: fd.key.Value, File: f, Span: f.Span(fd.key), Scale: 1}, drops: tagged(fd.value)}
	n := deref(fd.value)
	if n.Tag == "!!null" || s.drops.empties {
		return s
	}
	if n.Kind != yaml.MappingNode {
		w.unlessSchema(f, n, "service "+quote(s.Name)+" is not a mapping", "indent its keys below its name")
		return s
	}
	text := func(n *yaml.Node) string {
		v, _ := expand(deref(n).Value, env)
		return v
	}
	for _, a := range fields(n) {
		v := deref(a.value)
		switch a.key.Value {
		case "image", "build":
			s.defines = s.defines || v.Tag != "!!null"
		case "extends":
			s.extends, s.defines = extends(v, text), true
		case "ports":
			s.portTag = tagged(a.value)
			w.ports(f, s, a.value, env)
		case "profiles":
			for _, p := range v.Content {
				s.Profiles = append(s.Profiles, text(p))
			}
		case "scale":
			s.Scale = count(text(v), s.Scale)
		case "deploy":
			if r := value(v, "replicas"); r != nil {
				s.Scale = count(text(r), s.Scale)
			}
		case "container_name":
			s.ContainerName = Text{f, f.Span(v), text(v)}
		case "network_mode":
			s.HostNetwork = text(v) == "host"
		case "environment":
			s.PortFile = declares(v, "SERVICE_PORT_FILE")
		}
	}
	return s
}

func count(text string, unknown int) int {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return n
	}
	return unknown
}

// declares reports whether an environment, in either form, has the variable.
func declares(env *yaml.Node, name string) bool {
	if value(env, name) != nil {
		return true
	}
	return env.Kind == yaml.SequenceNode && slices.ContainsFunc(env.Content, func(n *yaml.Node) bool {
		key, _, _ := strings.Cut(deref(n).Value, "=")
		return key == name
	})
}

func extends(n *yaml.Node, text func(*yaml.Node) string) *reference {
	ref := &reference{node: n}
	if n.Kind == yaml.ScalarNode {
		ref.service = text(n)
		return ref
	}
	if s := value(n, "service"); s != nil {
		ref.service = text(s)
	}
	if f := deref(value(n, "file")); f != nil && f.Tag != "!!null" {
		if f.Kind != yaml.ScalarNode {
			return nil // of the wrong kind, which the schema says
		}
		ref.node, ref.paths = value(n, "file"), []string{text(f)}
	}
	if n.Kind != yaml.MappingNode || ref.service == "" {
		return nil
	}
	return ref
}

func (w *walker) includes(f *File, n *yaml.Node, env Lookup) []reference {
	list := deref(n)
	if list.Kind != yaml.SequenceNode {
		if list.Tag != "!!null" {
			w.unlessSchema(f, list, "include is not a list", "write each path after a dash")
		}
		return nil
	}
	texts := func(n *yaml.Node) (out []string) {
		if n = deref(n); n == nil || n.Tag == "!!null" {
			return nil
		}
		nodes := n.Content
		if n.Kind == yaml.ScalarNode {
			nodes = []*yaml.Node{n}
		}
		for _, c := range nodes {
			t, _ := expand(deref(c).Value, env)
			out = append(out, t)
		}
		return out
	}
	var refs []reference
	for _, item := range list.Content {
		ref := reference{node: item}
		if deref(item).Kind == yaml.MappingNode {
			ref.paths, ref.envFiles = texts(value(item, "path")), texts(value(item, "env_file"))
			if d := texts(value(item, "project_directory")); len(d) == 1 {
				ref.projectDir = d[0]
			}
		} else {
			ref.paths = texts(item)
		}
		if len(ref.paths) > 0 {
			refs = append(refs, ref)
		}
	}
	return refs
}

// ports reads a service's list of mappings.
func (w *walker) ports(f *File, s *service, n *yaml.Node, env Lookup) {
	list := deref(n)
	switch {
	case list.Tag == "!!null" || s.portTag.empties:
		return
	case list.Kind != yaml.SequenceNode:
		w.unlessSchema(f, list, "ports of service "+quote(s.Name)+" is not a list", "write each mapping after a dash; one variable can't hold the list")
		return
	}
	for i, item := range list.Content {
		if tagged(item).empties {
			continue
		}
		if w.exhausted(f, item) {
			return
		}
		m := w.mapping(f, item, env)
		m.Service, m.Index, m.List, m.envFiles = s.Name, i, f.Span(list).Start, w.envFiles
		w.own(m)
		s.ports = append(s.ports, m)
	}
}

// exhausted reports, and says once, that the project has too many mappings.
func (w *walker) exhausted(f *File, n *yaml.Node) bool {
	if len(w.all) < maxMappings {
		return false
	}
	if !w.full {
		w.problem(f, n, fmt.Sprintf("more than %d mappings in one project", maxMappings), "split the project")
	}
	w.full = true
	return true
}

// own records who owns a mapping's bytes: the first service that shows them.
func (w *walker) own(m *Mapping) {
	w.all = append(w.all, m)
	if m.scalar == nil {
		return
	}
	if owner := w.owners[m.scalar]; owner != nil {
		owner.Shared, m.Shared, m.Inherited = true, true, true
		return
	}
	w.owners[m.scalar] = m
}

// lockAnchors locks the mappings whose scalar serves something else than
// ports too, by its own anchor or by that of a list or mapping that it stands
// in: editing it would change that as well (T12).
func (w *walker) lockAnchors() {
	foreign := map[*File]map[*yaml.Node]bool{}
	for _, m := range w.all {
		if m.scalar == nil {
			continue
		}
		if foreign[m.File] == nil {
			foreign[m.File] = m.File.foreign()
		}
		if foreign[m.File][m.scalar] {
			m.lock(lockedAnchor)
		}
		if m.scalar.Anchor == "" || m.scalar.Kind != yaml.ScalarNode {
			continue
		}
		elsewhere := slices.ContainsFunc(m.File.aliases, func(a *yaml.Node) bool { return a.Alias == m.scalar && !w.walked[a] })
		if elsewhere || m.Syntax == Short && !w.direct[m.scalar] && !m.File.inExtension(m.scalar) {
			m.lock(lockedAnchor)
		}
	}
}

// foreign are the scalars of lists and mappings that an alias puts where no
// ports are: a command, labels, another key of a service.
func (f *File) foreign() map[*yaml.Node]bool {
	found := map[*yaml.Node]bool{}
	var mark func(n *yaml.Node)
	mark = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			found[n] = true
		}
		for _, c := range n.Content {
			mark(c)
		}
	}
	// walk looks at a value at a depth: 0 is the document, 1 what is below a
	// top-level key, 2 a service, 3 a key of it, 4 an entry of its ports.
	var walk func(n *yaml.Node, depth int, ports bool)
	walk = func(n *yaml.Node, depth int, ports bool) {
		switch n.Kind {
		case yaml.AliasNode:
			if depth > 2 && !ports && n.Alias.Kind != yaml.ScalarNode && !found[n.Alias] {
				found[n.Alias] = true
				mark(n.Alias)
			}
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				key, value := n.Content[i], n.Content[i+1]
				switch {
				case depth == 0 && key.Value != "services" && key.Value != "jobs":
					continue
				case key.Tag == "!!merge" && (depth < 3 || ports && depth == 4):
					continue // a service or an entry that merges another
				default:
					walk(value, depth+1, ports && depth > 2 || depth == 2 && key.Value == "ports")
				}
			}
		case yaml.SequenceNode:
			for _, c := range n.Content {
				walk(c, depth+1, ports)
			}
		default: // a scalar leads nowhere
		}
	}
	if len(f.aliases) > 0 {
		for _, doc := range f.Docs {
			walk(root(doc), 0, false)
		}
	}
	return found
}

// inExtension reports whether a node stands below a top-level x- key.
func (f *File) inExtension(n *yaml.Node) bool {
	var holds func(in *yaml.Node) bool
	holds = func(in *yaml.Node) bool { return in == n || slices.ContainsFunc(in.Content, holds) }
	for _, doc := range f.Docs {
		for _, fd := range fields(doc.Content[0]) {
			if strings.HasPrefix(fd.key.Value, "x-") && holds(fd.value) {
				return true
			}
		}
	}
	return false
}

func quote(s string) string { return strconv.Quote(s) }

// templateError says in our words why compose-go can't read an expression;
// it is nil when only a required variable is missing.
func templateError(err error) error {
	if errors.Is(err, errNested) {
		return err
	}
	if _, invalid := errors.AsType[*template.InvalidTemplateError](err); invalid {
		return errors.New("not a valid variable expression")
	}
	return nil
}

// node is short for the library's name where there is no room for it.
type node = yaml.Node
