package source

import (
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Values are the file's documents as plain values, merge keys resolved and
// what !reset empties left out: strings, int64, float64, bool, nil, []any and
// map[string]any.
func (f *File) Values() []any {
	values := make([]any, len(f.Docs))
	for i, doc := range f.Docs {
		values[i] = plain(Root(doc))
	}
	return values
}

func plain(n *yaml.Node) any {
	n = Deref(n)
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for _, fd := range Fields(n) {
			if !Tagged(fd.Value).Empties {
				m[Deref(fd.Key).Value] = plain(fd.Value)
			}
		}
		return m
	case yaml.SequenceNode:
		s := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			if !Tagged(c).Empties {
				s = append(s, plain(c))
			}
		}
		return s
	case yaml.ScalarNode:
		return scalarValue(n)
	default:
		return nil
	}
}

func scalarValue(n *yaml.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!int":
		i, err := strconv.ParseInt(n.Value, 10, 64)
		if err == nil && n.Value[0] != '0' && n.Value[0] != '+' {
			return i // the plain ones, without a decoder for each
		}
		if n.Decode(&i) == nil {
			return i
		}
	case "!!float":
		var x float64
		if n.Decode(&x) == nil {
			return x
		}
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	}
	return n.Value
}

// section is a top-level key of a document, from where it stands; the start of a
// document is one without a name.
type section struct {
	start int
	name  string
}

// Extension is the top-level x- key that a byte stands below, "" for none.
func (f *File) Extension(offset int) string {
	f.sectionsOnce.Do(func() {
		for _, doc := range f.Docs {
			root := Root(doc)
			f.sections = append(f.sections, section{f.Span(root).Start, ""})
			for i := 0; root.Kind == yaml.MappingNode && i < len(root.Content); i += 2 {
				f.sections = append(f.sections, section{f.Span(root.Content[i]).Start, Deref(root.Content[i]).Value})
			}
		}
	})
	i := sort.Search(len(f.sections), func(i int) bool { return f.sections[i].start > offset })
	if i > 0 && strings.HasPrefix(f.sections[i-1].name, "x-") {
		return f.sections[i-1].name
	}
	return ""
}

// At is where the value at a path of a document stands: keys and list indexes
// as text. With key set it is the last key instead of its value. Of a path
// that leads nowhere it is the last part that exists.
func (f *File) At(doc int, path []string, key bool) Span {
	n := Root(f.Docs[doc])
	span := f.Span(n)
	for i, p := range path {
		name, next := f.child(Deref(n), p)
		if next == nil {
			return span
		}
		span = f.Span(name)
		if v := f.Span(next); i == len(path)-1 && !key && Deref(next).Kind == yaml.ScalarNode && !v.Empty() {
			span = v
		}
		n = next
	}
	return span
}

// child is the member of a collection that a step of a path leads to, and the
// node that names it: its key, or in a list the member itself.
func (f *File) child(n *yaml.Node, step string) (name, member *yaml.Node) {
	if n.Kind == yaml.SequenceNode {
		at, err := strconv.Atoi(step)
		if err != nil || at < 0 || at >= len(n.Content) {
			return nil, nil
		}
		return n.Content[at], n.Content[at]
	}
	fd := f.fields(n)[step]
	return fd.Key, fd.Value
}

// fields are those of a mapping by their keys, which many paths lead through.
func (f *File) fields(n *yaml.Node) map[string]Field {
	if known, ok := f.byKey.Load(n); ok {
		fields, _ := known.(map[string]Field)
		return fields
	}
	fields := map[string]Field{}
	for _, fd := range Fields(n) {
		if key := Deref(fd.Key).Value; fields[key].Key == nil {
			fields[key] = fd
		}
	}
	f.byKey.Store(n, fields)
	return fields
}
