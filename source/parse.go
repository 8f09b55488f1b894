package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Limits that hold before any other code sees a file. compose-go needs a
// second for 1,000 levels of nesting and minutes for 9,000; no compose file
// in use comes near any of them.
const (
	maxSize  = 4 << 20
	maxDepth = 100
	maxNodes = 200_000 // aliases followed
	maxKey   = 1024    // bytes, as of a key without a question mark in YAML

	maxProblems = 1_000 // of one file
)

// Parse reads the YAML of a compose file. It never fails: what is wrong with
// the bytes or with the YAML is in the result's Problems, and Docs is nil then.
func Parse(path string, src []byte) *File {
	f := &File{Path: path, Src: src}
	if p, bad := checkBytes(src); bad {
		p.File = f
		f.Problems = []Problem{p}
		return f
	}
	f.lines, f.runes = lineStarts(src, true), countRunes(src)
	docs, problem := f.decode()
	if problem != nil {
		problem.File = f
		f.Problems = []Problem{*problem}
		return f
	}
	in := inspector{file: f, state: map[*yaml.Node]visit{}, anchored: map[*yaml.Node]extent{}, flow: map[*yaml.Node]bool{}}
	for _, d := range docs {
		in.node(d, 0)
	}
	f.Problems = in.problems
	slices.SortStableFunc(f.Problems, func(a, b Problem) int { return a.Span.Start - b.Span.Start })
	if !in.refused {
		f.Docs, f.Aliases, f.flow, f.Nodes, f.Longest = docs, in.aliases, in.flow, in.nodes, in.longest
	}
	return f
}

// Valid reports whether bytes are YAML, whatever it says.
func Valid(src []byte) bool {
	_, bad := checkBytes(src)
	if bad {
		return false
	}
	_, problem := (&File{Src: src, lines: lineStarts(src, true), runes: countRunes(src)}).decode()
	return problem == nil
}

// checkBytes finds what the YAML library would accept and misplace (UTF-16),
// or refuse without a position.
func checkBytes(src []byte) (Problem, bool) {
	whole := func(message, hint string) (Problem, bool) {
		return Problem{Message: message, Hint: hint}, true
	}
	switch {
	case len(src) > maxSize:
		return whole(fmt.Sprintf("larger than %d MiB", maxSize>>20), "split the file with include")
	case bytes.HasPrefix(src, []byte{0xff, 0xfe}), bytes.HasPrefix(src, []byte{0xfe, 0xff}),
		len(src) > 1 && (src[0] == 0 || src[1] == 0):
		return whole("encoded in UTF-16 or UTF-32", "save it as UTF-8")
	}
	for i := 0; i < len(src); {
		c := src[i]
		if c >= 0x20 && c < utf8.RuneSelf || c == '\n' || c == '\r' || c == '\t' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(src[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return Problem{Span: Span{i, i + 1}, Message: "not valid UTF-8", Hint: "save it as UTF-8"}, true
		case r < 0x20:
			return Problem{Span: Span{i, i + 1}, Message: fmt.Sprintf("control character U+%04X", r), Hint: "remove it"}, true
		}
		i += size
	}
	return Problem{}, false
}

// decode parses every document of the file.
func (f *File) decode() (docs []*yaml.Node, problem *Problem) {
	defer func() {
		if r := recover(); r != nil {
			docs, problem = nil, &Problem{Message: "the YAML library fails on this file", Hint: "simplify its syntax"}
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(f.Src))
	for {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			p := f.syntaxProblem(err)
			return nil, &p
		}
		docs = append(docs, &n)
	}
}

func (f *File) syntaxProblem(err error) Problem {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return Problem{Message: "not valid YAML", Syntax: true}
	}
	at := f.offset(load.Mark.Line, load.Mark.Column)
	end := at
	if at < len(f.Src) && f.Src[at] != '\n' && f.Src[at] != '\r' {
		_, size := utf8.DecodeRune(f.Src[at:])
		end = at + size
	}
	p := Problem{Span: Span{at, end}, Message: "not valid YAML: " + load.Message, Syntax: true}
	if at < len(f.Src) && f.Src[at] == '\t' {
		p.Hint = "indent with spaces, not with tabs"
	}
	return p
}

// inspector looks once at every node for what makes a document unusable.
type inspector struct {
	file     *File
	state    map[*yaml.Node]visit // of nodes that have an anchor
	anchored map[*yaml.Node]extent
	flow     map[*yaml.Node]bool // members of a flow collection
	longest  int                 // text, in bytes
	nodes    int                 // seen so far, aliases followed
	aliases  []*yaml.Node
	problems []Problem
	refused  bool // compose-go can't or would not read the file
	stop     bool // what was found makes it pointless, or endless, to go on
}

// extent is how much a node with an anchor holds, aliases followed.
type extent struct{ nodes, levels int }

type visit int

const (
	entered visit = iota + 1
	left
)

func (in *inspector) refuse(n *yaml.Node, message, hint string) {
	in.refused = true
	if len(in.problems) == maxProblems {
		in.stop = true
		message, hint = fmt.Sprintf("more than %d problems in this file", maxProblems), "mend those before it"
	}
	in.problems = append(in.problems, Problem{File: in.file, Span: in.file.Span(n), Message: message, Hint: hint})
}

// node visits n, and returns how many levels are below it. Anchored nodes are
// followed through their aliases once, so that a cycle is found and the depth of
// what compose-go expands is known.
func (in *inspector) node(n *yaml.Node, depth int) (levels int) {
	if in.stop || in.tooDeep(n, depth) {
		return 0
	}
	if in.nodes++; in.nodes > maxNodes {
		in.stop = true
		in.refuse(n, fmt.Sprintf("more than %d values after following aliases", maxNodes), "split the file with include")
		return 0
	}
	in.longest = max(in.longest, len(n.Value))
	if n.Anchor != "" {
		in.state[n] = entered
		before := in.nodes
		defer func() { in.state[n], in.anchored[n] = left, extent{in.nodes - before, levels} }()
	}
	if n.Style&yaml.FlowStyle != 0 {
		for _, c := range n.Content {
			in.flow[c] = true
		}
	}
	switch n.Kind {
	case yaml.AliasNode:
		in.aliases = append(in.aliases, n)
		if in.state[n.Alias] == entered {
			in.stop = true
			in.refuse(n, "alias *"+n.Value+" is inside the anchor that it names", "remove the alias")
		}
		levels = in.anchored[n.Alias].levels
		in.nodes += in.anchored[n.Alias].nodes
		in.tooDeep(n, depth+levels)
	case yaml.MappingNode:
		in.keys(n)
		for i := 1; i < len(n.Content); i += 2 {
			levels = max(levels, 1+in.node(n.Content[i], depth+1))
		}
		in.merges(n)
	default:
		for _, c := range n.Content {
			levels = max(levels, 1+in.node(c, depth+1))
		}
	}
	return levels
}

func (in *inspector) tooDeep(n *yaml.Node, depth int) bool {
	if depth > maxDepth && !in.stop {
		in.stop = true
		in.refuse(n, fmt.Sprintf("nested deeper than %d levels", maxDepth), "flatten it")
	}
	return in.stop
}

// keys finds keys that are not text, as in templates such as {{ port }}, and
// keys that stand twice. compose-go refuses both.
func (in *inspector) keys(m *yaml.Node) {
	seen := make(map[string]*yaml.Node, len(m.Content)/2)
	for i := 0; i+1 < len(m.Content) && !in.stop; i += 2 {
		k := m.Content[i]
		if k.Kind == yaml.AliasNode {
			in.aliases = append(in.aliases, k)
			k = k.Alias
		}
		switch first := seen[k.Value]; {
		case len(k.Value) > maxKey:
			in.refuse(k, fmt.Sprintf("key longer than %d bytes", maxKey), "shorten it")
		case k.Kind != yaml.ScalarNode:
			in.refuse(k, "key is not a scalar", "quote it; if this is a template, render it first")
		case k.Tag != "!!str" && k.Tag != "!!merge":
			in.refuse(k, fmt.Sprintf("key %s is not text", k.Value), "quote it")
		case first != nil:
			line, _ := in.file.Position(in.file.Span(first).Start)
			in.refuse(k, fmt.Sprintf("key %q is already set on line %d", k.Value, line), "remove one of the two")
		default:
			seen[k.Value] = k
		}
	}
}

// merges finds merge keys that name something else than mappings.
func (in *inspector) merges(m *yaml.Node) {
	for i := 0; i+1 < len(m.Content) && !in.stop; i += 2 {
		if m.Content[i].Tag != "!!merge" {
			continue
		}
		for _, s := range sources(m.Content[i+1]) {
			if Deref(s).Kind != yaml.MappingNode {
				in.refuse(m.Content[i], "merge key does not name a mapping", "give it an alias of a mapping")
				return
			}
		}
	}
}
