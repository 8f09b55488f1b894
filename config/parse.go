package config

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/config/derive"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// maxSize is far above any real file and keeps hostile ones cheap, in bytes.
const maxSize = 1 << 20

// Parse reads src, the bytes of the file at path; path is used in errors only
// and may be "". An empty file and one of comments say nothing. What is wrong
// is reported all at once: the error joins a [say.Problem] for each, in order of
// position, and the Config is then zero.
func Parse(path string, src []byte) (Config, error) {
	d := decoder{path: path}
	c := Config{Path: path, Src: src}
	if _, root := d.document(src); root != nil {
		d.value(root, reflect.ValueOf(&c).Elem(), field{})
		d.groups(root, c.Groups)
		d.alternatives(root)
	}
	if err := d.err(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// CheckRules checks the keys under rules: known maps each rule's name to the
// names of its options, which Parse doesn't know. The error is as Parse's.
func (c Config) CheckRules(known map[string][]string) error {
	d := decoder{path: c.Path}
	_, root := d.document(c.Src)
	for key, rule := range d.pairs(lookup(root, "rules")) {
		options, ok := known[key.Value]
		if !ok {
			d.fail(key, nearest(key.Value, slices.Sorted(maps.Keys(known))), "unknown rule %.60q", key.Value)
			continue
		}
		options = append([]string{"severity"}, options...)
		for option := range d.pairs(rule) {
			if !slices.Contains(options, option.Value) {
				d.fail(option, nearest(option.Value, options), "unknown option %.60q of %s", option.Value, key.Value)
			}
		}
	}
	return d.err()
}

// CheckEnv checks the values under env against what each project of the workspace
// publishes, and their names against those that hold host ports. The error is as Parse's.
func (c Config) CheckEnv(projects [][]derive.Published, held func(name string) bool) error {
	d := decoder{path: c.Path}
	_, root := d.document(c.Src)
	values := c.Derived()
	for key, value := range d.pairs(lookup(root, "env")) {
		if held(key.Value) {
			d.fail(key, "choose another name", "%.60s is the variable of a host port", key.Value)
		}
		d.complain(value, values[key.Value].Wrong(projects))
	}
	return d.err()
}

// document reads the file, and returns the root of its one document, nil when there
// is none or it is not YAML.
func (d *decoder) document(src []byte) (f *source.File, root *yaml.Node) {
	f = source.Parse(d.path, src)
	if len(src) > maxSize {
		d.errs = append(d.errs, fault{message: fmt.Sprintf("larger than %d bytes", maxSize)})
		return f, nil
	}
	for _, p := range f.Problems {
		line, column := f.Position(p.Span.Start)
		d.errs = append(d.errs, fault{line, column, p.Message, p.Hint})
	}
	switch {
	case len(f.Docs) > 1:
		d.fail(f.Docs[1], "", "only one document is allowed")
		return f, nil
	case len(f.Docs) == 0:
		return f, nil
	}
	if root = source.Root(f.Docs[0]); root == nil || empty(root) {
		return f, nil
	}
	return f, root
}

// groups checks that no port is in two groups.
func (d *decoder) groups(root *yaml.Node, groups map[string]Group) {
	type named struct {
		name string
		at   *yaml.Node
		ports.Range
	}
	var all []named
	list := lookup(root, "groups")
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		if r := groups[name].Range; r != (ports.Range{}) {
			all = append(all, named{name, lookup(lookup(list, name), "range"), r})
		}
	}
	slices.SortStableFunc(all, func(a, b named) int { return cmp.Compare(a.First, b.First) })
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if b.First > a.Last {
			continue
		}
		if place(a.at, b.at) > 0 {
			a, b = b, a
		}
		d.fail(b.at, "", "group %.60q overlaps group %.60q, %d-%d", b.name, a.name, a.First, a.Last)
		if all[i-1].Last > all[i].Last {
			all[i] = all[i-1] // it reaches further, and may overlap the next one too
		}
	}
}

// alternatives checks that each list has two profiles that differ.
func (d *decoder) alternatives(root *yaml.Node) {
	list := lookup(root, "alternatives")
	if list == nil || list.Kind != yaml.SequenceNode {
		return // which is said already, or nothing
	}
	for _, item := range list.Content {
		if item.Kind != yaml.SequenceNode {
			continue
		}
		seen := map[string]bool{}
		for _, profile := range item.Content {
			if seen[profile.Value] {
				d.fail(profile, "", "profile %.60q is in the list already", profile.Value)
			}
			seen[profile.Value] = true
		}
		if len(item.Content) < 2 {
			d.fail(item, "write two profiles or more, such as [cpu, gpu]", "one profile has no alternative")
		}
	}
}

// place orders nodes by where they stand.
func place(a, b *yaml.Node) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// lookup is the value of a key of a mapping, nil when there is none.
func lookup(n *yaml.Node, key string) *yaml.Node {
	_, value := pair(n, key)
	return value
}

// pair is a key of a mapping and its value, nil when there is none.
func pair(n *yaml.Node, key string) (k, v *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// unset reports a value that says as little as no key at all.
func unset(n *yaml.Node) bool {
	return n == nil || empty(n) || n.Kind&(yaml.MappingNode|yaml.SequenceNode) != 0 && len(n.Content) == 0
}

// empty reports a value that is not written, as after a bare "key:".
func empty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == ""
}
