package report

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// ugly are pieces of lines: of one column, of two, of none, and of none of
// their own.
var ugly = []string{
	"a", "8080:80", `"`, " ", "\t", "é", "e\u0301", "漢字", "한", "\u1112\u1161\u11ab", "🎉", "👩\u200d👩\u200d👧", "👍🏽", "🇩🇪", "❤\ufe0f",
	"\u0301", "\u200b", "\u00a0", "\x1b[2J", "\u202e", "\u2066", "\u2028", "\u0085", "\ufeff", "\u00ad", "\ue000", "\U000e0067", "\x00", "\x7f", "क्षि", "ﷺ",
}

func randomLine(r *rand.Rand, pieces int) string {
	var b strings.Builder
	for range pieces {
		b.WriteString(ugly[r.IntN(len(ugly))])
	}
	return b.String()
}

// edges are the offsets in s where a character that is seen as one can start or end.
func edges(s string) []int {
	found := []int{0}
	for g := uniseg.NewGraphemes(s); g.Next(); {
		_, end := g.Positions()
		found = append(found, end)
	}
	return found
}

// shown is what a reader sees of s, worked out apart from cells.
func shown(s string) string { return say.Visible(strings.ReplaceAll(s, "\t", tab)) }

func TestMarksStandBelowTheSpan(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		line := randomLine(r, 1+r.IntN(12))
		at := edges(line)
		i := r.IntN(len(at))
		j := i + r.IntN(len(at)-i)
		before, marked, after := line[:at[i]], line[at[i]:at[j]], line[at[j]:]

		prefix := []string{"", bom, "x: y\n", "漢\r", "é\r\n"}[r.IntN(5)]
		if prefix == "" && strings.HasPrefix(line, bom) {
			continue // that is not part of the line
		}
		suffix := []string{"", "\n", "\r\nb", "\r"}[r.IntN(4)]
		start := len(prefix) + len(before)
		got := newFrame([]byte(prefix+line+suffix), source.Span{Start: start, End: start + len(marked)}, 1000)
		want := frame{
			code:   strings.TrimRight(shown(before)+shown(marked)+shown(after), " "),
			indent: uniseg.StringWidth(shown(before)),
			marked: max(1, uniseg.StringWidth(shown(marked))),
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(frame{})); diff != "" {
			t.Fatalf("%q, %q, %q (-want +got):\n%s", before, marked, after, diff)
		}
	}
}

// columns is the part of s from column from on, n columns wide.
func columns(s string, from, n int) string {
	var b strings.Builder
	column := 0
	for g := uniseg.NewGraphemes(s); g.Next(); column += g.Width() {
		if column >= from && column+g.Width() <= from+n {
			b.WriteString(g.Str())
		}
	}
	return b.String()
}

func TestLongLineIsCut(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		before, after := randomLine(r, r.IntN(400)), randomLine(r, r.IntN(400))
		before, after = strings.TrimPrefix(before, bom)+"|", "|"+after
		const marked = "漢8080:80"
		room := minWidth + r.IntN(200)
		span := source.Span{Start: len(before), End: len(before) + len(marked)}
		f := newFrame([]byte(before+marked+after), span, room)
		if w := uniseg.StringWidth(f.code); w > room {
			t.Fatalf("%q: %d columns, not %d", f.code, w, room)
		}
		if got := columns(f.code, f.indent, f.marked); got != marked {
			t.Fatalf("marked %q in %q", got, f.code)
		}
		if strings.HasPrefix(f.code, ellipsis) == strings.HasPrefix(f.code, shown(before)) {
			t.Fatalf("%q does not say how it starts", f.code)
		}
		if strings.HasSuffix(f.code, ellipsis) == strings.HasSuffix(f.code, strings.TrimRight(shown(after), " ")) {
			t.Fatalf("%q does not say how it ends", f.code)
		}
	}
}

func TestFrame(t *testing.T) {
	long := strings.Repeat("x", 1000)
	tall := "e" + strings.Repeat("\u0301", 10) // one column of 21 bytes
	for _, c := range []struct {
		name, before, marked, after string
		want                        frame
	}{
		{"empty span", "target: ", "", "80", frame{"target: 80", 8, 1}},
		{"end of line", "a: 1", "", "\nb", frame{"a: 1", 4, 1}},
		{"end of file", "a: 1\n", "", "", frame{"", 0, 1}},
		{"several lines", "a: ", "[1,\n2]", "", frame{"a: [1,", 3, 3}},
		{"from a line's end", "a:", "\n  b", "", frame{"a:", 2, 1}},
		{"blanks at the end", "a: 1", "   ", "\r\n", frame{"a: 1", 4, 3}},
		{"half a cluster", "e", "\u0301", "x", frame{"e\u0301x", 0, 1}},
		{"marked part too long", "a: ", long, "", frame{"…" + strings.Repeat("x", 18) + "…", 1, 18}},
		{"end of a long line", long, "80", "", frame{"…" + strings.Repeat("x", 16) + "80", 17, 2}},
		{"start of a long line", "", "80", long, frame{"80" + strings.Repeat("x", 16) + "…", 0, 2}},
		{"middle of a long line", long, "80", long, frame{"…xxxxxx80" + strings.Repeat("x", 10) + "…", 7, 2}},
		{"tall letters", strings.Repeat(tall, 30), "80", "", frame{"…" + strings.Repeat(tall, 3) + "80", 4, 2}},
		{"not UTF-8", "\xff\xc3", "80", "\xe6\xbc", frame{`\xff\xc380\xe6\xbc`, 8, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := []byte(c.before + c.marked + c.after)
			got := newFrame(src, source.Span{Start: len(c.before), End: len(c.before) + len(c.marked)}, 20)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(frame{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte("\ufeffa:\t漢\x1b\r\n- \"80:80\""), 3, 5, 20)
	f.Add(bytes.Repeat([]byte("e\u0301"), 200), 101, 300, 30)
	f.Fuzz(func(t *testing.T, src []byte, start, end, room int) {
		room = max(room%300, minWidth)
		got := newFrame(src, source.Span{Start: start, End: end}, room)
		if got.marked < 1 || got.indent < 0 || got.indent > room {
			t.Errorf("%+v", got)
		}
		if strings.ContainsFunc(got.code, say.Hidden) || !utf8.ValidString(got.code) {
			t.Errorf("%q is not escaped", got.code)
		}
	})
}

func TestEscape(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"web", "web"},
		{"a\nb\r\tc", `a\nb\r\tc`},
		{"\x1b[31m\x00\x7f", `\x1b[31m\x00\x7f`},
		{"\u202eweb\u2069", `\u202eweb\u2069`},
		{"\u0085\u2028\u2029\ufeff\u200b", `\u0085\u2028\u2029\ufeff\u200b`},
		{"\U000e0061\U0010ffff", `\U000e0061\U0010ffff`},
		{"\xff\xe6\xbc", `\xff\xe6\xbc`},
		{"\ufffd", "\ufffd"},
		{"漢字 e\u0301 👩\u200d👧 ❤\ufe0f می\u200cخواهم a\u00a0b", "漢字 e\u0301 👩\u200d👧 ❤\ufe0f می\u200cخواهم a\u00a0b"},
	} {
		if got := say.Visible(c.in); got != c.want {
			t.Errorf("%q: got %s, want %s", c.in, got, c.want)
		}
	}
}
