package compose

import (
	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/source"
)

// lockAnchors locks the mappings whose scalar serves something else than
// ports too, by its own anchor or by that of a list or mapping that it stands
// in: editing it would change that as well (T12).
func (w *walker) lockAnchors() {
	foreignOf, aliasedOf := map[*source.File]map[*yaml.Node]bool{}, map[*source.File]map[*yaml.Node]bool{}
	for _, m := range w.all {
		if m.scalar == nil {
			continue
		}
		if foreignOf[m.File] == nil {
			foreignOf[m.File], aliasedOf[m.File] = foreign(m.File), map[*yaml.Node]bool{}
			for _, a := range m.File.Aliases {
				aliasedOf[m.File][a.Alias] = aliasedOf[m.File][a.Alias] || !w.walked[a]
			}
		}
		if foreignOf[m.File][m.scalar] {
			m.lock(lockedAnchor)
		}
		if m.scalar.Anchor == "" || m.scalar.Kind != yaml.ScalarNode {
			continue
		}
		if aliasedOf[m.File][m.scalar] || m.Syntax == Short && !w.direct[m.scalar] && m.File.Extension(m.Scalar.Start) == "" {
			m.lock(lockedAnchor)
		}
	}
}

// foreign are the scalars of lists and mappings that an alias puts where no
// ports are: a command, labels, another key of a service.
func foreign(f *source.File) map[*yaml.Node]bool {
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
	if len(f.Aliases) > 0 {
		for _, doc := range f.Docs {
			walk(source.Root(doc), 0, false)
		}
	}
	return found
}
