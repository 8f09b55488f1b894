package compose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/source"
)

// service is what one document, or a merge of several, says of a service.
type service struct {
	Service
	ports   []*Mapping
	extends *reference
	defines bool // has an image, a build or an extends
	drops   source.Reset
	portTag source.Reset
	// resets are the keys of which a tag drops what earlier files say.
	resets          map[string]bool
	scale, replicas Text        // each a key of its own, of which scale counts
	swarm           bool        // it has what only docker stack deploy heeds
	tag             source.Span // of ports, or of the service, if that has the tag
	used            bool        // the tag drops something
}

// reference is a service or file that a document names.
type reference struct {
	node       *yaml.Node
	service    expanded
	paths      []expanded
	projectDir string
	envFiles   []string
}

// expanded is a text with its variables replaced, and as it is written: messages repeat
// that, since a value may be a secret.
type expanded struct{ value, written string }

// layer is what one document says, before anything is merged.
type layer struct {
	file     *source.File
	services []*service
	drops    source.Reset
	includes []reference
	name     string
	swarm    bool // it has an overlay network
}

// walker turns documents into layers. One walker serves one project, since
// which mapping owns shared bytes is settled per project.
type walker struct {
	owners   map[*yaml.Node]*Mapping // of the node whose bytes are edited
	walked   map[*yaml.Node]bool     // alias nodes that serve as ports
	direct   map[*yaml.Node]bool     // entries that stand in a ports list themselves
	all      []*Mapping
	problems []source.Problem
	full     bool              // maxMappings is reached
	hidden   map[string]bool   // by profile, whether only variables hold its name
	envFiles [][]variable.File // that variables are looked up in, the outermost first
}

func (w *walker) problem(f *source.File, n *yaml.Node, message, hint string) {
	w.problems = append(w.problems, source.Problem{File: f, Span: f.Span(n), Message: message, Hint: hint})
}

// unlessSchema notes a value of the wrong kind that the Compose schema lets
// pass, since it holds a variable. What the schema refuses is said by whoever
// validates with it.
func (w *walker) unlessSchema(f *source.File, n *yaml.Node, message, hint string) {
	if n.Kind == yaml.ScalarNode && variable.In(n.Value) {
		w.problem(f, n, message, hint)
	}
}

// layer reads one document.
func (w *walker) layer(f *source.File, doc *yaml.Node, env variable.Lookup) layer {
	l := layer{file: f}
	if doc.Kind == yaml.DocumentNode {
		if len(doc.Content) == 0 {
			return l
		}
		doc = doc.Content[0]
	}
	if doc = source.Deref(doc); doc.Kind != yaml.MappingNode {
		if doc.Tag != "!!null" {
			w.problem(f, doc, "the top level is not a mapping", "start with services:")
		}
		return l
	}
	if formatOne(doc) {
		w.problem(f, doc.Content[0], "this is Compose file format 1, which has services at the top level", "put everything below services:")
		return l
	}
	for _, fd := range source.Fields(doc) {
		switch fd.Key.Value {
		case "services", "jobs":
			l.drops = source.Tagged(fd.Value)
			w.services(&l, fd, env)
		case "include":
			l.includes = w.includes(f, fd.Value, env)
		case "name":
			l.name, _ = variable.Expand(source.Deref(fd.Value).Value, env)
		case "networks":
			l.swarm = slices.ContainsFunc(source.Fields(fd.Value), func(n source.Field) bool {
				driver := source.Deref(source.Value(n.Value, "driver"))
				return driver != nil && driver.Value == "overlay"
			})
		}
	}
	return l
}

func (w *walker) services(l *layer, fd source.Field, env variable.Lookup) {
	n := source.Deref(fd.Value)
	if n.Tag == "!!null" || source.Tagged(fd.Value).Empties {
		return
	}
	if n.Kind != yaml.MappingNode {
		w.unlessSchema(l.file, n, fd.Key.Value+" is not a mapping", "write one service name per line, each with a colon")
		return
	}
	for _, s := range source.Fields(n) {
		l.services = append(l.services, w.service(l.file, s, env))
	}
}

func (w *walker) service(f *source.File, fd source.Field, env variable.Lookup) *service {
	s := &service{
		Service: Service{Name: fd.Key.Value, File: f, Span: f.Span(fd.Key), Scale: 1},
		drops:   source.Tagged(fd.Value), tag: f.Span(fd.Key), resets: map[string]bool{},
	}
	n := source.Deref(fd.Value)
	if n.Tag == "!!null" || s.drops.Empties {
		return s
	}
	if n.Kind != yaml.MappingNode {
		w.unlessSchema(f, n, "service "+quote(s.Name)+" is not a mapping", "indent its keys below its name")
		return s
	}
	for _, a := range source.Fields(n) {
		tag := source.Tagged(a.Value)
		s.resets[a.Key.Value] = tag.Drops
		if a.Key.Value == "ports" {
			s.portTag = tag
			if tag.Drops && !s.drops.Drops {
				s.tag = f.Span(a.Key)
			}
			w.ports(f, s, a.Value, env)
		} else if v := source.Deref(a.Value); !tag.Empties && v.Tag != "!!null" {
			s.set(f, a.Key, v, env)
			if a.Key.Value == "profiles" {
				w.hideProfiles(v, s.Profiles)
			}
		}
	}
	return s
}

// hideProfiles notes the names of profiles that only variables hold: names has those of
// the list.
func (w *walker) hideProfiles(list *yaml.Node, names []string) {
	for i, n := range list.Content {
		name := names[len(names)-len(list.Content)+i]
		hidden, known := w.hidden[name]
		w.hidden[name] = variable.In(source.Deref(n).Value) && (hidden || !known)
	}
}

// set reads one key of a service.
func (s *service) set(f *source.File, key, v *yaml.Node, env variable.Lookup) {
	text := func(n *yaml.Node) string {
		v, _ := variable.Expand(source.Deref(n).Value, env)
		return v
	}
	switch key.Value {
	case "image", "build":
		if s.defines = true; key.Value == "image" {
			s.Image = text(v)
		}
	case "extends":
		s.extends, s.defines = extends(v, text), true
	case "profiles":
		for _, p := range v.Content {
			t := text(p)
			s.Profiles = append(s.Profiles, t[:min(len(t), maxPort)])
		}
	case "scale":
		s.scale = countIn(f, v, text(v))
	case "deploy":
		if r := source.Value(v, "replicas"); r != nil {
			tag := source.Tagged(r)
			s.resets["deploy"] = s.resets["deploy"] || tag.Drops
			if !tag.Empties {
				s.replicas = countIn(f, source.Deref(r), text(r))
			}
		}
		s.swarm = slices.ContainsFunc([]string{"endpoint_mode", "placement", "update_config", "rollback_config"}, func(k string) bool {
			return source.Value(v, k) != nil
		})
	case "container_name":
		s.ContainerName = Text{f, f.Span(v), text(v), v.Value}
	case "network_mode":
		s.NetworkMode = Text{f, f.Span(v), text(v), v.Value}
	case "networks":
		if len(v.Content) > 0 {
			s.Networks = Text{f, f.Span(key), key.Value, key.Value}
		}
	case "environment":
		s.PortFile = declares(v, "SERVICE_PORT_FILE")
	}
}

// countIn is a number of containers, zero where the text is none.
func countIn(f *source.File, n *yaml.Node, text string) (t Text) {
	if count, err := strconv.Atoi(text); err == nil && count >= 0 {
		t = Text{f, f.Span(n), text, source.Deref(n).Value}
	}
	return t
}

// declares reports whether an environment, in either form, has the variable.
func declares(env *yaml.Node, name string) bool {
	if source.Value(env, name) != nil {
		return true
	}
	return env.Kind == yaml.SequenceNode && slices.ContainsFunc(env.Content, func(n *yaml.Node) bool {
		key, _, _ := strings.Cut(source.Deref(n).Value, "=")
		return key == name
	})
}

func extends(n *yaml.Node, text func(*yaml.Node) string) *reference {
	ref := &reference{node: n}
	if n.Kind == yaml.ScalarNode {
		ref.service = expanded{text(n), n.Value}
		return ref
	}
	if s := source.Value(n, "service"); s != nil {
		ref.service = expanded{text(s), source.Deref(s).Value}
	}
	if f := source.Deref(source.Value(n, "file")); f != nil && f.Tag != "!!null" {
		if f.Kind != yaml.ScalarNode {
			return nil // of the wrong kind, which the schema says
		}
		ref.node, ref.paths = source.Value(n, "file"), []expanded{{text(f), f.Value}}
	}
	if n.Kind != yaml.MappingNode || ref.service.value == "" {
		return nil
	}
	return ref
}

func (w *walker) includes(f *source.File, n *yaml.Node, env variable.Lookup) []reference {
	list := source.Deref(n)
	if list.Kind != yaml.SequenceNode {
		if list.Tag != "!!null" {
			w.unlessSchema(f, list, "include is not a list", "write each path after a dash")
		}
		return nil
	}
	texts := func(n *yaml.Node) (out []expanded) {
		if n = source.Deref(n); n == nil || n.Tag == "!!null" {
			return nil
		}
		nodes := n.Content
		if n.Kind == yaml.ScalarNode {
			nodes = []*yaml.Node{n}
		}
		for _, c := range nodes {
			t, _ := variable.Expand(source.Deref(c).Value, env)
			out = append(out, expanded{t, source.Deref(c).Value})
		}
		return out
	}
	var refs []reference
	for _, item := range list.Content {
		ref := reference{node: item}
		if source.Deref(item).Kind == yaml.MappingNode {
			ref.paths = texts(source.Value(item, "path"))
			for _, t := range texts(source.Value(item, "env_file")) {
				ref.envFiles = append(ref.envFiles, t.value)
			}
			if path := source.Deref(source.Value(item, "path")); path != nil && path.Kind == yaml.ScalarNode {
				ref.node = path
			}
			if d := texts(source.Value(item, "project_directory")); len(d) == 1 {
				ref.projectDir = d[0].value
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
func (w *walker) ports(f *source.File, s *service, n *yaml.Node, env variable.Lookup) {
	list := source.Deref(n)
	switch {
	case list.Tag == "!!null" || s.portTag.Empties:
		return
	case list.Kind != yaml.SequenceNode:
		w.unlessSchema(f, list, "ports of service "+quote(s.Name)+" is not a list", "write each mapping after a dash; one variable can't hold the list")
		return
	}
	for i, item := range list.Content {
		if source.Tagged(item).Empties {
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
func (w *walker) exhausted(f *source.File, n *yaml.Node) bool {
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

func quote(s string) string { return strconv.Quote(s) }

// node is short for the library's name where there is no room for it.
type node = yaml.Node
