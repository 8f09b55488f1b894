package source_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/source"
)

// TestProblems: what makes a file invalid is found before any other reader sees it,
// with its place. What gets through makes compose-go panic, hang or read something
// else than Docker.
func TestProblems(t *testing.T) {
	deep := strings.Repeat("[", 101) + strings.Repeat("]", 101)
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 8; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	half, other := strings.Repeat("[", 60), strings.Repeat("]", 60)
	chain := "a0: &a0 {x: 1}\n"
	for i := 1; i < 150; i++ {
		chain += fmt.Sprintf("a%d: &a%d {<<: *a%d, y%d: 1}\n", i, i, i-1, i)
	}
	for name, c := range map[string]struct{ src, want string }{
		"nothing wrong":             {"services: {web: {image: x}}", ""},
		"nothing at all":            {"", ""},
		"several documents":         {"a: 1\n---\nb: 2\n", ""},
		"a key twice":               {"a: 1\nb: 2\na: 3\n", `3:1: key "a" is already set on line 1`},
		"a key twice in flow":       {"x: {a: 1, a: 2}", `1:11: key "a" is already set on line 1`},
		"a key of two scalars":      {"? [a]\n: b\n", "1:3: key is not a scalar"},
		"a key that is null":        {"~: 1", "1:1: key ~ is not text"},
		"not YAML":                  {"a: [", "not valid YAML"},
		"a tab":                     {"a:\n\tb: 1\n", "not valid YAML"},
		"UTF-16":                    {"\xff\xfea\x00", "encoded in UTF-16 or UTF-32"},
		"not UTF-8":                 {"a: \xff\n", "1:4: not valid UTF-8"},
		"a control character":       {"a: \x00\n", "1:4: control character U+0000"},
		"an anchor in itself":       {"a: &a [*a]\n", "1:8: alias *a is inside the anchor that it names"},
		"too deep":                  {"a: " + deep, "nested deeper than 100 levels"},
		"too deep through an alias": {"a: &a " + half + other + "\nb: " + half + "*a" + other + "\n", "2:64: nested deeper than 100 levels"},
		"too deep through two":      {"a: &a " + half + other + "\nb: &b [*a, {c: *a}]\nc: " + half[20:] + "*b" + other[20:] + "\n", "3:44: nested deeper than 100 levels"},
		"deep through an alias":     {"a: &a " + half + other + "\nb: " + half[25:] + "*a" + other[25:] + "\n", ""},
		"a chain of merges":         {chain, "nested deeper than 100 levels"},
		"a bomb":                    {bomb, "after following aliases"},
		"a long key":                {"? " + strings.Repeat("k", 1025) + "\n: 1\n", "1:3: key longer than 1024 bytes"},
		"many problems":             {strings.Repeat("a: 1\n", 1500), "more than 1000 problems in this file"},
		"too large":                 {strings.Repeat("#", 4<<20+1), "larger than 4 MiB"},
		"a merge of no map":         {"a: {<<: 3}", "merge key does not name a mapping"},
	} {
		f := source.Parse("f.yaml", []byte(c.src))
		var got []string
		for _, p := range f.Problems {
			line, column := f.Position(p.Span.Start)
			got = append(got, fmt.Sprintf("%d:%d: %s", line, column, p.Message))
			if p.Message == "" || strings.ContainsAny(p.Message, "\r\n") {
				t.Errorf("%s: not one line: %q", name, p.Message)
			}
		}
		if text := strings.Join(got, "; "); !strings.Contains(text, c.want) || (c.want == "") != (text == "") {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}

// uglies are the ways in which one file can be written; each has the scalar 8080.
var uglies = map[string]string{
	"plain":       "a:\n  b: 8080\n",
	"mark":        "\ufeffa:\n  b: 8080\n",
	"CRLF":        "a:\r\n  b: 8080\r\n",
	"lone CR":     "a:\r  b: 8080\r",
	"NEL":         "# x\u0085a:\n  b: 8080\n",
	"wide":        "é: 漢\na:\n  \"ü\": 1 # 漢\n  b: 8080\n",
	"tab":         "a:\t# x\n  b:\t8080\n",
	"flow":        "{a: {b: 8080}}",
	"single":      "a:\n  b: '8080'\n",
	"double":      "a:\n  b: \"8080\"\n",
	"escaped":     "a:\n  b: \"80\\x380\"\n",
	"no line end": "a:\n  b: 8080",
	"anchor":      "x: &x 8080\na:\n  b: *x\n",
	"merge":       "x: &x {b: 8080}\na:\n  <<: *x\n",
}

// TestSpan: a node stands in the bytes where it says, whatever is around it. A span
// that is off by one edits the wrong byte.
func TestSpan(t *testing.T) {
	for name, src := range uglies {
		f := source.Parse("f.yaml", []byte(src))
		n := source.Deref(source.Value(source.Value(source.Root(f.Docs[0]), "a"), "b"))
		if n == nil || n.Value != "8080" {
			t.Errorf("%s: %v", name, n)
			continue
		}
		span := f.Span(n)
		text := src[span.Start:span.End]
		if bare := strings.Trim(text, `"'`); bare != "8080" && name != "escaped" || strings.TrimSpace(text) != text {
			t.Errorf("%s: %q", name, text)
		}
		inner, exact := f.Inner(n, span)
		if exact != (name != "escaped") || exact && src[inner.Start:inner.End] != "8080" {
			t.Errorf("%s: inner %q, exact %v", name, src[inner.Start:inner.End], exact)
		}
		if f.InFlow(n) != (name == "flow" || name == "merge") {
			t.Errorf("%s: in flow %v", name, f.InFlow(n))
		}
	}
}

// TestSpanUnwritten: a value that only has a tag or an anchor is empty, and stands
// behind them. One that is taken to be at the next token takes the bytes of another.
func TestSpanUnwritten(t *testing.T) {
	for src, want := range map[string]int{
		"a: !!str\nb: 1\n":            8,
		"a: !!str # c\nb: 1\n":        8,
		"a: &x\n&y b: 1\n":            5,
		"a: &x\n!!str b: 1\n":         5,
		"a: !!str &x\n&y b: 1\n":      11,
		"a: &x !!str\n!!str b: 1\n":   11,
		"{a: !!str , b: 1}":           9,
		"{a: !!str}":                  9,
		"a: !!str \r# c\nb: 1\n":      8,
		"a: !!str\u0085b: 1\n":        8,
		"a: !!str\u2028b: 1\n":        8,
		"a: !<tag:yaml.org,2002:str>": 27,
		"a: !!str":                    8,
		"a:\nb: 1\n":                  2,
	} {
		f := source.Parse("f.yaml", []byte(src))
		if len(f.Problems) > 0 {
			t.Errorf("%q: %v", src, f.Problems[0].Message)
			continue
		}
		if got := f.Span(source.Value(source.Root(f.Docs[0]), "a")); got != (source.Span{Start: want, End: want}) {
			t.Errorf("%q: %v, want %d", src, got, want)
		}
	}
	src := "? !!str \r# c\n"
	f := source.Parse("f.yaml", []byte(src))
	if got := f.Span(source.Root(f.Docs[0]).Content[0]); got != (source.Span{Start: 7, End: 7}) {
		t.Errorf("%q: %v", src, got)
	}
}

// TestSpanBreaks: what YAML takes for a line break is one between a tag or an anchor
// and its value, too.
func TestSpanBreaks(t *testing.T) {
	for _, lineBreak := range []string{"\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029"} {
		for _, src := range []string{"a: !!str@ 8080", "a: &x@ 8080", "a: !!str &x@ 8080", "a: !!str # c@ '8080'", "a: !!str@ 80@ 80"} {
			src = strings.ReplaceAll(src, "@", lineBreak)
			f := source.Parse("f.yaml", []byte(src))
			if len(f.Problems) > 0 {
				t.Errorf("%q: %v", src, f.Problems[0].Message)
				continue
			}
			n := source.Value(source.Root(f.Docs[0]), "a")
			span := f.Span(n)
			if span.End != len(src) || strings.Index(src, "80") != span.Start && src[span.Start] != '\'' {
				t.Errorf("%q: %q", src, src[span.Start:span.End])
			}
			if _, exact := f.Inner(n, span); exact != (n.Value == "8080") {
				t.Errorf("%q: exact %v", src, exact)
			}
		}
	}
}

// TestPosition: lines and columns are those that an editor shows: from 1, columns in
// characters, a byte order mark in none.
func TestPosition(t *testing.T) {
	f := source.Parse("f.yaml", []byte("\ufeffé: 漢字\r\nb: x\rc: y\n"))
	for text, want := range map[string][2]int{"é": {1, 1}, "漢": {1, 4}, "字": {1, 5}, "b": {2, 1}, "x": {2, 4}, "c": {3, 1}, "y": {3, 4}} {
		line, column := f.Position(strings.Index(string(f.Src), text))
		if diff := cmp.Diff(want, [2]int{line, column}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	if line, column := f.Position(0); line != 1 || column != 1 {
		t.Errorf("the start is at %d:%d", line, column)
	}
}

// TestNodes is a property over random bytes: every node's span lies in the bytes,
// those of scalars do not overlap, positions never go back, and the bytes stay as
// they were.
func TestNodes(t *testing.T) {
	pieces := []string{"a", ": ", "\n", "  ", "- ", "{", "}", "[", "]", ", ", "\"é\"", "'漢'", "# c", "\r\n", "\t", "&x ", "*x", "<<: ", "8080:80", "|\n  b\n", "\ufeff", "---\n", "!!str ", "!!str\n", "&y\r", ">-\n", "? ", "\u0085", "\u2028", " # d\n"}
	parsed := 0
	for seed := range 20000 {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		var b strings.Builder
		for range r.IntN(14) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		src := b.String()
		f := source.Parse("f.yaml", []byte(src))
		if string(f.Src) != src {
			t.Fatalf("%q: the bytes have changed", src)
		}
		if len(f.Docs) == 0 {
			continue
		}
		parsed++
		var scalars []source.Span
		var visit func(n *yaml.Node)
		visit = func(n *yaml.Node) {
			if span := f.Span(n); span.Start < 0 || span.End < span.Start || span.End > len(src) {
				t.Fatalf("%q: %q at %v", src, n.Value, span)
			} else if whole := f.Whole(span); n.Kind == yaml.ScalarNode && !whole.Empty() {
				if whole.Start != span.Start || whole.End < span.End {
					t.Fatalf("%q: %q at %v, but whole at %v", src, n.Value, span, whole)
				}
				scalars = append(scalars, whole)
			}
			for _, inner := range n.Content {
				visit(inner)
			}
		}
		for _, d := range f.Docs {
			visit(d)
		}
		slices.SortFunc(scalars, func(a, b source.Span) int { return a.Start - b.Start })
		for i, s := range scalars {
			if i > 0 && s.Start < scalars[i-1].End || f.Comment(s.Start) {
				t.Fatalf("%q: a scalar at %v, one at %v, in a comment: %v", src, scalars[max(i-1, 0)], s, f.Comment(s.Start))
			}
		}
		lastLine, lastColumn := 1, 1
		for i := range src {
			line, column := f.Position(i)
			if line < lastLine || line == lastLine && column < lastColumn {
				t.Fatalf("%q: %d:%d after %d:%d", src, line, column, lastLine, lastColumn)
			}
			lastLine, lastColumn = line, column
		}
	}
	if parsed < 1000 {
		t.Errorf("only %d texts are YAML", parsed)
	}
}

// TestFields: what Compose reads of a mapping: its own keys before those that it
// merges, aliases followed.
func TestFields(t *testing.T) {
	f := source.Parse("f.yaml", []byte("x: &x {a: 1, b: 2}\ny: &y {c: 5}\nz:\n  <<: [*x, *y]\n  b: 3\n"))
	z := source.Value(source.Root(f.Docs[0]), "z")
	got := map[string]string{}
	for _, field := range source.Fields(z) {
		if _, first := got[field.Key.Value]; !first {
			got[field.Key.Value] = source.Deref(field.Value).Value
		}
	}
	if diff := cmp.Diff(map[string]string{"a": "1", "b": "3", "c": "5"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if source.Value(z, "none") != nil || source.Value(nil, "a") != nil || source.Fields(nil) != nil {
		t.Error("a key that is not there has a value")
	}
}

// TestVariables: every name that Compose would look up, and none that it would not.
func TestVariables(t *testing.T) {
	f := source.Parse("f.yaml", []byte("a: $A ${B:-${C}} $$D ${E?x} ${F+y} # $G\nb: '${H}'\n"))
	names := strings.Join(f.Variables(), " ")
	for _, name := range []string{"A", "B", "C", "E", "F", "H"} {
		if !strings.Contains(" "+names+" ", " "+name+" ") {
			t.Errorf("%s is not in %q", name, names)
		}
	}
}

// TestComment: a comment is one only outside of scalars; what looks like one inside
// ignores nothing.
func TestComment(t *testing.T) {
	for _, src := range []string{
		"a: 'x #- 1' #+ 2\nb: y#- 3\nc: |\n  #- 4\n#+ 5\n",
		"- a: >-\n    #- 1\n\n    #- 2\n  #+ 3\n  b: 1 #+ 4\n",
		"- a: >-\n  #+ 1\n  b: x #+ 2\n",
		"- - |\n   x\n   #- 1\n  #+ 2\n- |\n #- 3\n#+ 4",
		"a: | #+ 1\n  x\n",
		"a: |1-  #+ 1\n   #- 2\n  #- 3\n #- 4\n#+ 5\n",
		"a: >\r  x\r  #- 1\r #+ 2\rb: y #+ 3\r",
		"a: |\n  x\u0085  #- 1\u0085 #+ 2\n",
		"a: |\n\n\n#+ 1\n",
		"a: |\n",
		"a: \"x\n  #- 1\n  \" #+ 2\n",
		"{a: x} #+ 1 # 2\n#+ 3",
	} {
		f := source.Parse("f.yaml", []byte(src))
		if len(f.Problems) > 0 {
			t.Errorf("%q: %v", src, f.Problems[0].Message)
		}
		for i := range src {
			if rest := src[i:]; strings.HasPrefix(rest, "#-") || strings.HasPrefix(rest, "#+") {
				if got := f.Comment(i); got != (rest[1] == '+') {
					t.Errorf("%q: %.4q is a comment: %v", src, rest, got)
				}
			}
		}
	}
}

// TestWhole: a block scalar ends with its last line of text, and one without any is
// its header.
func TestWhole(t *testing.T) {
	for src, want := range map[string]string{
		"a: |\n  x\n  y\n\nb: 1\n": "|\n  x\n  y", "a: |2-\n": "|2-", "a: >- # c\nb: 1\n": ">-", "- a: >\r\n    x\r\n  b: 1\r\n": ">\r\n    x",
		"a: '|'\n": "'|'", "a: |\n  x": "|\n  x",
	} {
		f := source.Parse("f.yaml", []byte(src))
		root := source.Root(f.Docs[0])
		n := source.Value(root, "a")
		if n == nil {
			n = source.Value(root.Content[0], "a")
		}
		if span := f.Whole(f.Span(n)); src[span.Start:span.End] != want {
			t.Errorf("%q: %q, want %q", src, src[span.Start:span.End], want)
		}
	}
}

// TestExtension: a template under an x- key is where its bytes stand.
func TestExtension(t *testing.T) {
	src := "x-base: &base\n  ports: [80]\nservices:\n  web:\n    <<: *base\n    x-own: 1\n    image: y\n"
	f := source.Parse("f.yaml", []byte(src))
	for text, want := range map[string]string{"80": "x-base", "image": ""} {
		if got := f.Extension(strings.Index(src, text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
