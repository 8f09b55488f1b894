// Package fixed is the names that compose files give containers, networks, volumes,
// configs and secrets, so that only one project of a machine can have them: where each
// stands, what of the file goes with it, and what else speaks of it. It is pure.
//
// The model: a [Name] is written for one service or resource. Without it Compose makes a
// name of the project's and the key's. A name with a variable can be set, and is none; nor
// is that of something external, which the project does not make.
//
//	for _, n := range fixed.Names(project) {
//		if !n.Cut.Empty() && len(n.Mentions(projects)) == 0 {
//			… // the bytes of n.Cut may go
//		}
//	}
package fixed

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/source"
)

// Kind is what a name is of.
type Kind string

// The kinds of names.
const (
	Container Kind = "container"
	Network   Kind = "network"
	Volume    Kind = "volume"
	Config    Kind = "config"
	Secret    Kind = "secret"
)

// sections are where a file has resources, by their kind.
var sections = []struct {
	kind    Kind
	section string
}{{Network, "networks"}, {Volume, "volumes"}, {Config, "configs"}, {Secret, "secrets"}}

// Name is a fixed name.
type Name struct {
	compose.Text

	Kind Kind
	Key  string // the service, or the resource
	// Cut is what goes with the name: its line, or its part of one; empty where it can't go
	// alone.
	Cut source.Span
}

// Names are the fixed names of a project: those of containers for each service that has
// one, in the order of the services, and then those of resources by file.
func Names(p *compose.Project) (names []Name) {
	for _, s := range p.Services {
		text := s.ContainerName
		if text.File == nil || text.Value == "" || settable(text) {
			continue
		}
		n := Name{Text: text, Kind: Container, Key: s.Name}
		n.Cut = cutOf(text, "container_name")
		names = append(names, n)
	}
	for _, f := range p.Files {
		for _, doc := range f.Docs {
			for _, of := range sections {
				for _, fd := range source.Fields(source.Value(source.Root(doc), of.section)) {
					names = append(names, resource(f, of.kind, fd)...)
				}
			}
		}
	}
	return names
}

// resource is the name of a resource in a file; none where it has no fixed one.
func resource(f *source.File, kind Kind, fd source.Field) []Name {
	value, external := source.Deref(source.Value(fd.Value, "name")), source.Deref(source.Value(fd.Value, "external"))
	if value == nil || value.Kind != yaml.ScalarNode || value.Value == "" || external != nil && external.Value != "false" {
		return nil
	}
	n := Name{Text: compose.Text{File: f, Span: f.Span(value), Value: value.Value, Written: value.Value}, Kind: kind, Key: source.Deref(fd.Key).Value}
	if settable(n.Text) {
		return nil
	}
	n.Cut = cutOf(n.Text, "name")
	return []Name{n}
}

// settable reports a name that holds a variable.
func settable(t compose.Text) bool {
	return bytes.Contains(t.File.Src[t.Span.Start:t.Span.End], []byte("$"))
}

// cutOf is what goes with the value of a key; empty where it is not there as a pair of a
// mapping that can lose it.
func cutOf(t compose.Text, key string) (cut source.Span) {
	for _, doc := range t.File.Docs {
		each(doc, func(m *yaml.Node) bool {
			for i := 0; i+1 < len(m.Content) && m.Kind == yaml.MappingNode; i += 2 {
				if k, v := m.Content[i], m.Content[i+1]; k.Value == key && v.Kind == yaml.ScalarNode && t.File.Span(v) == t.Span {
					cut = pair(t.File, m, i)
					return false
				}
			}
			return true
		})
	}
	return cut
}

// each calls a function with a node and those below it, until it returns false for one.
func each(n *yaml.Node, call func(*yaml.Node) bool) bool {
	if n.Kind == yaml.AliasNode {
		return true // what it stands for is elsewhere
	}
	if !call(n) {
		return false
	}
	for _, below := range n.Content {
		if !each(below, call) {
			return false
		}
	}
	return true
}

// pair is the pair of a mapping whose key is its content i, with what would be left over of
// its line.
func pair(f *source.File, m *yaml.Node, i int) (none source.Span) {
	k, v := f.Span(m.Content[i]), f.Span(m.Content[i+1])
	if m.Content[i].Anchor != "" || m.Content[i+1].Anchor != "" || k.Empty() || v.Empty() || v.Start < k.End || f.Src[k.Start] == '?' || lines(f.Src[k.Start:v.End]) {
		return none
	}
	if len(m.Content) == 2 && m.Anchor != "" {
		return none // others have what is left
	}
	if m.Style&yaml.FlowStyle != 0 {
		return inFlow(f, m, i, k, v)
	}
	start := bytes.LastIndexByte(f.Src[:k.Start], '\n') + 1
	end := len(f.Src)
	if at := bytes.IndexByte(f.Src[v.End:], '\n'); at >= 0 {
		end = v.End + at + 1
	}
	before, behind := string(f.Src[start:k.Start]), strings.TrimSpace(string(f.Src[v.End:end]))
	if strings.Trim(before, " ") != "" || behind != "" && !strings.HasPrefix(behind, "#") {
		return none
	}
	return source.Span{Start: start, End: end}
}

// inFlow is a pair between braces, with the comma that parts it from another.
func inFlow(f *source.File, m *yaml.Node, i int, k, v source.Span) (none source.Span) {
	switch {
	case i+2 < len(m.Content):
		next := f.Span(m.Content[i+2]).Start
		if strings.TrimSpace(string(f.Src[v.End:next])) != "," || lines(f.Src[v.End:next]) {
			return none
		}
		return source.Span{Start: k.Start, End: next}
	case i > 0:
		comma := bytes.LastIndexByte(f.Src[:k.Start], ',')
		if comma < 0 || strings.TrimSpace(string(f.Src[comma+1:k.Start])) != "" || lines(f.Src[comma:k.Start]) {
			return none
		}
		return source.Span{Start: comma, End: v.End}
	}
	return source.Span{Start: k.Start, End: v.End}
}

func lines(text []byte) bool { return bytes.ContainsAny(text, "\r\n") }

// Mentions are the places in the files of some projects, and in the env files of those,
// that speak of the name: without it they would speak of nothing. A name that is also its
// key is meant by its key.
func (n Name) Mentions(projects []*compose.Project) (places []compose.Text) {
	seen := map[string]bool{}
	for _, p := range projects {
		own := false
		for _, f := range p.Files {
			own = own || f.Path == n.File.Path
		}
		for _, f := range p.Files {
			if !seen[f.Path] && bytes.Contains(f.Src, []byte(n.Value)) && (!own || n.Value != n.Key) {
				places = append(places, n.mentionsIn(f)...)
			}
			seen[f.Path] = true
		}
		for _, e := range p.Env.Files() {
			if at := word(string(e.File.Src), n.Value); own && !seen[e.File.Path] && at >= 0 && n.Value != n.Key {
				places = append(places, compose.Text{File: e.File, Span: source.Span{Start: at, End: at + len(n.Value)}, Value: n.Value, Written: n.Value})
			}
			seen[e.File.Path] = true
		}
	}
	return places
}

// mentionsIn are the values of a file that speak of a name, but for what is another name of
// its kind: of a variant, or of another project's.
func (n Name) mentionsIn(f *source.File) (places []compose.Text) {
	names := map[*yaml.Node]bool{}
	for _, doc := range f.Docs {
		for _, of := range sections {
			for _, fd := range source.Fields(source.Value(source.Root(doc), of.section)) {
				if external := source.Deref(source.Value(fd.Value, "external")); external == nil || external.Value == "false" {
					names[source.Deref(source.Value(fd.Value, "name"))] = true
				}
			}
		}
		each(doc, func(m *yaml.Node) bool {
			for i, v := range m.Content {
				key := ""
				if m.Kind == yaml.MappingNode {
					if key = m.Content[i&^1].Value; i%2 == 0 {
						continue
					}
				}
				if v.Kind == yaml.ScalarNode && key != "container_name" && !names[v] && word(v.Value, n.Value) >= 0 {
					places = append(places, compose.Text{File: f, Span: f.Span(v), Value: v.Value, Written: v.Value})
				}
			}
			return true
		})
	}
	return places
}

// word is where a text has a name that is not a part of a longer one; -1 for nowhere.
func word(text, name string) int {
	part := func(c byte) bool {
		return c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	for from := 0; ; {
		at := strings.Index(text[from:], name)
		if at < 0 {
			return -1
		}
		at += from
		if end := at + len(name); (at == 0 || !part(text[at-1])) && (end == len(text) || !part(text[end])) {
			return at
		}
		from = at + 1
	}
}
