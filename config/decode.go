package config

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

// decoder fills structs from nodes and collects what is wrong.
type decoder struct {
	path string
	errs []fault
}

// field is a key of a struct, read from the tags of a Go field.
type field struct {
	index    int
	name     string   // the key; "" for the one that takes all other keys
	required bool     // the key may not be left out
	short    bool     // a scalar in place of the mapping is this key's value
	rest     bool     // a map that takes all other keys
	values   []string // all a scalar may be; nil when that is not a closed set
	check    string   // what scalars must look like, see checks
	keys     string   // what the keys of the innermost map must look like
	doc      string   // what it is for
	alone    string   // a scalar that stands for a list of itself; "" for none
}

// fields is the table of a struct's keys. Go fields without a tag are none.
func fields(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		key, ok := tag.Lookup("config")
		if !ok {
			continue
		}
		name, option, _ := strings.Cut(key, ",")
		f := field{index: i, name: name, check: tag.Get("check"), keys: tag.Get("keys"), doc: tag.Get("doc"), alone: tag.Get("alone")}
		f.required, f.short, f.rest = option == "required", option == "short", option == "rest"
		if values := tag.Get("values"); values != "" {
			f.values = strings.Split(values, ",")
		}
		all = append(all, f)
	}
	return all
}

// value fills v from n. Of f it takes what scalars and keys must look like.
func (d *decoder) value(n *yaml.Node, v reflect.Value, f field) {
	if !d.supported(n) {
		return
	}
	_, ports := reflect.TypeAssert[ports.Range](v)
	switch kind := v.Kind(); {
	case ports || kind == reflect.String || kind == reflect.Bool:
		d.scalar(n, v, f)
	case kind == reflect.Struct:
		d.object(n, v)
	case empty(n):
		// What was in it is commented out.
	case kind == reflect.Map && d.is(n, yaml.MappingNode):
		for key, value := range d.pairs(n) {
			d.entry(key, value, v, f)
		}
	case kind == reflect.Slice && f.alone != "" && n.Kind == yaml.ScalarNode && n.Value == f.alone:
		v.Set(reflect.ValueOf([]string{n.Value}))
	case kind == reflect.Slice && f.alone != "" && n.Kind == yaml.ScalarNode && n.Tag != "!!null":
		d.fail(n, say.Meant("", n.Value, []string{f.alone}, fmt.Sprintf("write [%.60s]", n.Value)), "want %s or a list, not %.60q", f.alone, n.Value)
	case kind == reflect.Slice && v.Type().Elem().Kind() == reflect.Slice && n.Kind == yaml.SequenceNode && len(n.Content) > 0 && n.Content[0].Kind == yaml.ScalarNode:
		values := lists.Map(n.Content, func(item *yaml.Node) string { return item.Value })
		d.fail(n, fmt.Sprintf("write [[%.60s]]", strings.Join(values, ", ")), "want a list of lists, not of single values")
	case kind == reflect.Slice && d.is(n, yaml.SequenceNode):
		for _, item := range n.Content {
			element := reflect.New(v.Type().Elem()).Elem()
			d.value(item, element, f)
			v.Set(reflect.Append(v, element))
		}
	}
}

// object fills a struct.
func (d *decoder) object(n *yaml.Node, v reflect.Value) {
	all := fields(v.Type())
	short := slices.IndexFunc(all, func(f field) bool { return f.short })
	if short >= 0 && n.Kind == yaml.ScalarNode {
		d.scalar(n, v.Field(all[short].index), all[short])
		return
	}
	if !empty(n) && !d.is(n, yaml.MappingNode) {
		return
	}
	for key, value := range d.pairs(n) {
		i := slices.IndexFunc(all, func(f field) bool { return f.name == key.Value || f.rest })
		switch {
		case i < 0:
			d.fail(key, nearest(key.Value, names(all)), "unknown key %.60q", key.Value)
		case all[i].rest:
			d.entry(key, value, v.Field(all[i].index), all[i])
		case all[i].required && unset(value):
			// As good as missing, which is said below.
		default:
			d.value(value, v.Field(all[i].index), all[i])
		}
	}
	for _, f := range all {
		if f.required && unset(lookup(n, f.name)) {
			d.fail(n, "", "missing key %q", f.name)
		}
	}
}

func names(all []field) []string { return lists.Map(all, func(f field) string { return f.name }) }

// entry fills one entry of a map; one without content is left out.
func (d *decoder) entry(key, value *yaml.Node, m reflect.Value, f field) {
	element := reflect.New(m.Type().Elem()).Elem()
	if f.keys != "" && element.Kind() != reflect.Map {
		d.complain(key, checks[f.keys](key.Value))
	}
	d.value(value, element, f)
	if element.IsZero() {
		return
	}
	if m.IsNil() {
		m.Set(reflect.MakeMap(m.Type()))
	}
	m.SetMapIndex(reflect.ValueOf(key.Value), element)
}

// scalar fills a text or a range of ports.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, f field) {
	if !d.is(n, yaml.ScalarNode) || !d.text(n) {
		return
	}
	if _, ok := reflect.TypeAssert[ports.Range](v); ok {
		r, err := parsePorts(n.Value)
		v.Set(reflect.ValueOf(r))
		d.complain(n, err)
		return
	}
	if v.Kind() == reflect.Bool {
		if n.Tag != "!!bool" {
			d.fail(n, nearest(n.Value, []string{"true", "false"}), "want true or false, not %.60q", n.Value)
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
		return
	}
	v.SetString(n.Value)
	switch {
	case f.values != nil && !slices.Contains(f.values, n.Value):
		last := len(f.values) - 1
		choice := strings.Join(f.values[:last], ", ") + " or " + f.values[last]
		d.fail(n, nearest(n.Value, f.values), "want %s, not %.60q", choice, n.Value)
	case f.check != "":
		d.complain(n, checks[f.check](n.Value))
	}
}

// pairs are the keys and values of a mapping, but for keys that can't be.
func (d *decoder) pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if !d.supported(key) || !d.is(key, yaml.ScalarNode) || !d.text(key) {
				continue
			}
			if !yield(key, value) {
				return
			}
		}
	}
}

// supported refuses the YAML that a list of settings has no use for. Without
// aliases no file is larger than it looks; without anchors, tags and block
// scalars a value starts at its position and ends where its text does.
func (d *decoder) supported(n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		d.fail(n, "write the value out", "aliases are not supported")
	case n.Anchor != "":
		d.fail(n, "", "anchors are not supported")
	case n.Style&yaml.TaggedStyle != 0:
		d.fail(n, "", "tags are not supported")
	case n.Tag == "!!merge":
		d.fail(n, "", "merge keys are not supported")
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		d.fail(n, "write the value in quotes", "block texts are not supported")
	default:
		return true
	}
	return false
}

// is reports whether n is of a kind, and complains when it is not.
func (d *decoder) is(n *yaml.Node, want yaml.Kind) bool {
	if n.Kind == want {
		return true
	}
	kinds := map[yaml.Kind]string{yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "a single value"}
	hint := ""
	if want == yaml.SequenceNode && n.Kind == yaml.ScalarNode {
		hint = fmt.Sprintf("write [%.60s]", n.Value)
	}
	if want == yaml.ScalarNode && n.Kind == yaml.MappingNode && len(n.Content) == 2 && empty(n.Content[1]) {
		hint = "write the value in quotes" // {web:80} has only a key
	}
	d.fail(n, hint, "want %s, not %s", kinds[want], kinds[n.Kind])
	return false
}

// text refuses scalars that say nothing or would break a line of output.
func (d *decoder) text(n *yaml.Node) bool {
	switch {
	case n.Value == "" || n.Tag == "!!null":
		d.fail(n, "", "a value is missing")
	case strings.ContainsFunc(n.Value, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		d.fail(n, "", "control characters and line breaks are not allowed")
	default:
		return true
	}
	return false
}

func (d *decoder) complain(n *yaml.Node, err error) {
	if err != nil {
		d.fail(n, say.Of(err).Hint, "%s", err.Error())
	}
}

func (d *decoder) fail(n *yaml.Node, hint, format string, args ...any) {
	d.errs = append(d.errs, fault{n.Line, n.Column, fmt.Sprintf(format, args...), hint})
}

// fault is one thing that is wrong. Line and column count from 1, the column in
// characters; both are 0 when it is about the whole file.
type fault struct {
	line, column  int
	message, hint string
}

// problem is the fault in the words of the house.
func (f fault) problem(path string) error {
	place := path
	if f.line > 0 {
		place = strings.TrimPrefix(fmt.Sprintf("%s:%d:%d", path, f.line, f.column), ":")
	}
	return say.Problem{Kind: say.Usage, Place: place, Message: f.message, Hint: f.hint}
}

// err joins all that went wrong in order of position.
func (d *decoder) err() error {
	slices.SortStableFunc(d.errs, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	return errors.Join(lists.Map(d.errs, func(f fault) error { return f.problem(d.path) })...)
}

// nearest is a hint at the name that was meant, or at all of them.
func nearest(got string, known []string) string {
	return say.Meant("", got, known, "choose one of "+strings.Join(known, ", "))
}
