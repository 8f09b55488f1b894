package contest

import (
	"errors"
	"slices"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// inTOML finds a key path in TOML. Arrays of tables have no path.
func inTOML(f *source.File, keys []string) ([]value, error) {
	var whole map[string]any // the parser below takes more than is valid
	if err := toml.Unmarshal(f.Src, &whole); err != nil {
		line, column := 0, 0
		if e, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, column = e.Position()
		}
		return nil, say.Failf("fix the file", "%s:%d:%d: %s", f.Path, line, column, err)
	}
	t := tomlWalk{keys: keys}
	t.parser.Reset(f.Src)
	var table []string
	for t.parser.NextExpression() {
		switch e := t.parser.Expression(); e.Kind {
		case unstable.Table:
			table = names(e.Key())
		case unstable.ArrayTable:
			table = slices.Repeat([]string{"\x00"}, len(names(e.Key()))) // no key is that
		case unstable.KeyValue:
			t.visit(e, table)
		default:
		}
	}
	return t.found, t.parser.Error()
}

type tomlWalk struct {
	parser unstable.Parser
	keys   []string
	found  []value
}

// visit looks at a key with its value, and below it.
func (t *tomlWalk) visit(e *unstable.Node, above []string) {
	at := slices.Concat(above, names(e.Key()))
	n := e.Value()
	if n.Kind == unstable.InlineTable {
		for children := n.Children(); children.Next(); {
			t.visit(children.Node(), at)
		}
		return
	}
	if v, match := t.match(at); match {
		v.text = string(n.Data)
		v.span = t.span(n)
		t.found = append(t.found, v)
	}
}

// span is where a value's text is; of what is no plain scalar, nowhere.
func (t *tomlWalk) span(n *unstable.Node) (s source.Span) {
	switch n.Kind {
	case unstable.Integer:
		r := t.parser.Range(n.Data)
		s = source.Span{Start: int(r.Offset), End: int(r.Offset + r.Length)}
	case unstable.String: // with its quotes; one with escapes or three quotes is longer than its value
		if r := n.Raw; int(r.Length) == len(n.Data)+2 {
			s = source.Span{Start: int(r.Offset) + 1, End: int(r.Offset) + 1 + len(n.Data)}
		}
	default:
	}
	return s
}

func (t *tomlWalk) match(at []string) (v value, match bool) {
	if len(at) != len(t.keys) {
		return v, false
	}
	for i, key := range at {
		if t.keys[i] != "*" && t.keys[i] != key {
			return v, false
		}
		v = v.below(t.keys[i], key)
	}
	return v, true
}

func names(keys unstable.Iterator) (out []string) {
	for keys.Next() {
		out = append(out, string(keys.Node().Data))
	}
	return out
}
