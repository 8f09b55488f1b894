package source

import "go.yaml.in/yaml/v4"

// Field is one key of a mapping, its own or one that a merge key brings.
type Field struct{ Key, Value *yaml.Node }

// Fields lists a mapping's keys as compose-go sees them: its own first, then
// those of its merge keys that it does not set itself.
func Fields(n *yaml.Node) []Field {
	n = Deref(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	own := make([]Field, 0, len(n.Content)/2)
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			merged = append(merged, sources(n.Content[i+1])...)
			continue
		}
		own = append(own, Field{n.Content[i], n.Content[i+1]})
	}
	if len(merged) == 0 {
		return own
	}
	set := make(map[string]bool, len(own))
	for _, f := range own {
		set[Deref(f.Key).Value] = true
	}
	for _, m := range merged {
		for _, f := range Fields(m) {
			if key := Deref(f.Key).Value; !set[key] {
				set[key] = true
				own = append(own, f)
			}
		}
	}
	return own
}

// sources are the mappings that a merge key names: one, or a list of them.
func sources(n *yaml.Node) []*yaml.Node {
	if n = Deref(n); n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// Deref follows an alias to what it names.
func Deref(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// Value is the value of a key, nil when the mapping has none.
func Value(n *yaml.Node, key string) *yaml.Node {
	n = Deref(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; k.Tag != "!!merge" && Deref(k).Value == key {
			return n.Content[i+1]
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag != "!!merge" {
			continue
		}
		for _, m := range sources(n.Content[i+1]) {
			if v := Value(m, key); v != nil {
				return v
			}
		}
	}
	return nil
}

// Reset says what Compose's tags ask of earlier files and of the value itself.
type Reset struct{ Drops, Empties bool }

// Tagged reads !reset, which empties the value and what earlier files gave,
// and !override, which empties only the latter.
func Tagged(n *yaml.Node) Reset {
	for ; n != nil; n = n.Alias {
		switch n.Tag {
		case "!reset":
			return Reset{Drops: true, Empties: true}
		case "!override":
			return Reset{Drops: true}
		}
		if n.Kind != yaml.AliasNode {
			break
		}
	}
	return Reset{}
}

// Root is a document's value.
func Root(doc *yaml.Node) *yaml.Node {
	if doc.Kind == yaml.DocumentNode && len(doc.Content) > 0 {
		return doc.Content[0]
	}
	return doc
}
