package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/ports"
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
	if root := d.document(src); root != nil {
		d.value(root, reflect.ValueOf(&c).Elem(), field{})
		d.groups(root, c.Groups)
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
	for key, rule := range d.pairs(lookup(d.document(c.Src), "rules")) {
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

// document is the root of the file's one document, nil when there is none or
// it is not YAML.
func (d *decoder) document(src []byte) *yaml.Node {
	if f, bad := precheck(src); bad {
		d.errs = append(d.errs, f)
		return nil
	}
	var docs []yaml.Node
	var bad *yaml.LoadError
	switch err := yaml.Load(src, &docs, yaml.WithAllDocuments()); {
	case errors.As(err, &bad):
		d.errs = append(d.errs, fault{bad.Mark.Line, bad.Mark.Column, "not valid YAML: " + bad.Message, ""})
		return nil
	case err != nil:
		d.errs = append(d.errs, fault{message: "not valid YAML"})
		return nil
	case len(docs) > 1:
		d.fail(&docs[1], "", "only one document is allowed")
		return nil
	case len(docs) == 0 || len(docs[0].Content) == 0 || empty(docs[0].Content[0]):
		return nil
	}
	return docs[0].Content[0]
}

// precheck refuses what the YAML library would read in a way that loses
// positions: it decodes UTF-16 silently and gives no place for a bad byte.
func precheck(src []byte) (f fault, bad bool) {
	if len(src) > maxSize {
		return fault{message: fmt.Sprintf("larger than %d bytes", maxSize)}, true
	}
	text := string(bytes.TrimPrefix(src, bom))
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			return faultAfter(text[:i], "not valid UTF-8"), true
		case unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r):
			return faultAfter(text[:i], fmt.Sprintf("control character %U is not allowed", r)), true
		}
	}
	return fault{}, false
}

// faultAfter is a fault of the character that follows text.
func faultAfter(text, message string) fault {
	starts := lineStarts([]byte(text))
	line := text[starts[len(starts)-1]:]
	return fault{len(starts), utf8.RuneCountInString(line) + 1, message, ""}
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
