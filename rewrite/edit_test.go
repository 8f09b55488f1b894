package rewrite

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/source"
)

func edit(start, end int, text string) Edit {
	return Edit{Span: source.Span{Start: start, End: end}, New: text}
}

func TestApply(t *testing.T) {
	const src = "ports:\r\n  - \"8080:80\" # é\r\n"
	tests := []struct {
		name  string
		edits []Edit
		want  string
	}{
		{"no edits", nil, src},
		{"replace", []Edit{edit(13, 17, "${X:-8080}")}, "ports:\r\n  - \"${X:-8080}:80\" # é\r\n"},
		{"delete", []Edit{edit(13, 18, "")}, "ports:\r\n  - \"80\" # é\r\n"},
		{"any order", []Edit{edit(13, 17, "0"), edit(0, 5, "PORTS")}, "PORTS:\r\n  - \"0:80\" # é\r\n"},
		{"both ends", []Edit{edit(len(src), len(src), "z"), edit(0, 0, "a")}, "a" + src + "z"},
		{"neighbours", []Edit{edit(13, 15, "1"), edit(15, 17, "2")}, "ports:\r\n  - \"12:80\" # é\r\n"},
		{"insertion before replacement", []Edit{edit(13, 17, "2"), edit(13, 13, "1")}, "ports:\r\n  - \"12:80\" # é\r\n"},
		{"insertion after replacement", []Edit{edit(17, 17, "2"), edit(13, 17, "1")}, "ports:\r\n  - \"12:80\" # é\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Apply([]byte(src), tt.edits)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("Apply (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	tests := []struct {
		name  string
		edits []Edit
		want  string
	}{
		{"negative", []Edit{edit(-1, 2, "")}, "bytes -1-2: edit outside the 10 bytes of the source"},
		{"past the end", []Edit{edit(3, 11, "")}, "bytes 3-11: edit outside the 10 bytes of the source"},
		{"reversed", []Edit{edit(4, 2, "")}, "bytes 4-2: edit outside the 10 bytes of the source"},
		{"overlap", []Edit{edit(4, 6, ""), edit(2, 5, "")}, "bytes 4-6: edit overlaps the one at 2-5"},
		{"same span", []Edit{edit(2, 5, "a"), edit(2, 5, "a")}, "bytes 2-5: edit overlaps the one at 2-5"},
		{"insertion inside", []Edit{edit(2, 5, ""), edit(3, 3, "x")}, "bytes 3-3: edit overlaps the one at 2-5"},
		{"two insertions", []Edit{edit(3, 3, "x"), edit(3, 3, "y")}, "byte 3: two insertions at one place"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := []byte("0123456789")
			got, err := Apply(src, tt.edits)
			if err == nil || err.Error() != tt.want || got != nil {
				t.Errorf("Apply = %q, %v; want nothing and %q", got, err, tt.want)
			}
		})
	}
}

// A result that shared memory with the source would let a caller's append or
// write reach the file as it was read.
func TestApplyReturnsOwnBytes(t *testing.T) {
	src := append(make([]byte, 0, 64), "8080"...)
	got, err := Apply(src, nil)
	if err != nil {
		t.Fatal(err)
	}
	copy(got, "9999")
	_ = append(got, '!')
	if string(src[:5:5]) != "8080\x00" {
		t.Errorf("the source became %q", src[:5])
	}
}

// naiveApply builds the result byte by byte: before each byte of src what was
// inserted there, then what replaces the span that begins there, then the byte
// itself when no span covers it.
func naiveApply(src []byte, edits []Edit) []byte {
	var out []byte
	for at := range len(src) + 1 {
		for _, e := range edits {
			if e.Span.Empty() && e.Span.Start == at {
				out = append(out, e.New...)
			}
		}
		covered := false
		for _, e := range edits {
			if e.Span.Start == at && !e.Span.Empty() {
				out = append(out, e.New...)
			}
			covered = covered || e.Span.Start <= at && at < e.Span.End
		}
		if !covered && at < len(src) {
			out = append(out, src[at])
		}
	}
	return out
}

// editsFrom turns any bytes into edits that often fit src, and often do not:
// four bytes each for start, length, and place and length of the new text in
// the bytes themselves.
func editsFrom(src, recipe []byte) []Edit {
	var edits []Edit
	for c := range slices.Chunk(recipe, 4) {
		if len(c) < 4 {
			break
		}
		start := int(c[0])%(len(src)+2) - int(c[0])/255
		from := int(c[2]) % len(recipe)
		text := recipe[from:min(len(recipe), from+int(c[3])%8)]
		edits = append(edits, edit(start, start+int(c[1])%6, string(text)))
	}
	return edits
}

// clash finds by comparing all pairs whether edits have to be refused.
func clash(src []byte, edits []Edit) bool {
	for i, a := range edits {
		if a.Span.Start < 0 || a.Span.End > len(src) {
			return true
		}
		for _, b := range edits[:i] {
			if a.Span == b.Span || a.Span.Start < b.Span.End && b.Span.Start < a.Span.End {
				return true
			}
		}
	}
	return false
}

// checkEdits holds Apply and Undo to their laws and reports whether the edits
// were accepted.
func checkEdits(t *testing.T, src []byte, edits []Edit) bool {
	t.Helper()
	srcWas, editsWas := bytes.Clone(src), slices.Clone(edits)
	got, err := Apply(src, edits)
	if refused := err != nil; refused != clash(src, edits) {
		t.Fatalf("Apply(%q, %v): error %v", src, edits, err)
	}
	undo, undoErr := undone(src, edits)
	if !bytes.Equal(src, srcWas) || !slices.Equal(edits, editsWas) {
		t.Fatalf("input modified: %q %v, was %q %v", src, edits, srcWas, editsWas)
	}
	if err != nil {
		return false
	}
	if want := naiveApply(src, edits); !bytes.Equal(got, want) {
		t.Fatalf("Apply(%q, %v) = %q, want %q", src, edits, got, want)
	}
	if undoErr != nil {
		t.Fatalf("undone(%q, %v): %v", src, edits, undoErr)
	}
	back, err := Apply(got, undo)
	if err != nil || !bytes.Equal(back, src) {
		t.Fatalf("Apply(%q, %v) = %q, %v; want %q back", got, undo, back, err, src)
	}
	checkOutside(t, src, got, edits)
	return true
}

// checkOutside cuts the edited places out of source and result: what is left
// must be the same bytes.
func checkOutside(t *testing.T, src, got []byte, edits []Edit) {
	t.Helper()
	sorted := slices.SortedStableFunc(slices.Values(edits), func(a, b Edit) int {
		return (a.Span.Start+a.Span.End)*len(src) + a.Span.End - (b.Span.Start+b.Span.End)*len(src) - b.Span.End
	})
	from, at := 0, 0
	for _, e := range sorted {
		kept := e.Span.Start - from
		if !bytes.Equal(src[from:e.Span.Start], got[at:at+kept]) {
			t.Fatalf("bytes %d-%d changed: %q became %q under %v", from, e.Span.Start, src, got, edits)
		}
		from, at = e.Span.End, at+kept+len(e.New)
	}
	if !bytes.Equal(src[from:], got[at:]) {
		t.Fatalf("the bytes from %d changed: %q became %q under %v", from, src, got, edits)
	}
}

var applySeeds = []struct{ src, recipe string }{
	{"", ""},
	{"", "\x00\x00\x00\x03"},
	{"8080:80", "\x00\x04\x00\x04"},
	{"\xef\xbb\xbfports:\r\n- \"8080:80\"\r\n", "\x0d\x04\x00\x03\x00\x00\x01\x02"},
	{"0123456789", "\x01\x02\x00\x00\x03\x02\x00\x00\x05\x00\x02\x02"}, // neighbouring deletions, an insertion after
	{"0123456789", "\x04\x00\x00\x01\x04\x00\x00\x02"},                 // two insertions at one byte
	{"0123456789", "\x04\x03\x00\x01\x02\x03\x00\x02"},                 // overlap
	{"é\xff\x00", "\x01\x05\x00\x07\xff\x05\x00\x07"},
}

func FuzzApply(f *testing.F) {
	if len(applySeeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range applySeeds {
		f.Add([]byte(s.src), []byte(s.recipe))
	}
	f.Fuzz(func(t *testing.T, src, recipe []byte) {
		if len(src) > 4096 || len(recipe) > 1024 {
			t.Skip("the naive model is quadratic")
		}
		checkEdits(t, src, nil)
		checkEdits(t, src, editsFrom(src, recipe))
	})
}

// TestApplyRandom makes random edits in the ordinary test run too, and sees to
// it that both outcomes happen.
func TestApplyRandom(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	const rounds = 5000
	for range rounds {
		src := []byte(strings.Repeat("abc\r\n", rnd.IntN(12)))
		recipe := make([]byte, 4*(1+rnd.IntN(4)))
		for i := range recipe {
			recipe[i] = byte(rnd.IntN(256))
		}
		if checkEdits(t, src, editsFrom(src, recipe)) {
			accepted++
		}
	}
	if accepted < rounds/10 || accepted > rounds*9/10 {
		t.Errorf("%d of %d edits accepted: one outcome is hardly tested", accepted, rounds)
	}
}

// undone returns the edits that turn the result of Apply back into src, in order
// of position; their spans are in that result. It is nil when the edits change
// nothing, and fails where Apply fails.
func undone(src []byte, edits []Edit) ([]Edit, error) {
	edits, err := inOrder(src, edits)
	if err != nil {
		return nil, err
	}
	var undo []Edit
	grown := 0
	for _, e := range edits {
		was := string(src[e.Span.Start:e.Span.End])
		if e.New == was {
			continue
		}
		at := e.Span.Start + grown
		grown += len(e.New) - len(was)
		back := Edit{Span: source.Span{Start: at, End: at + len(e.New)}, New: was}
		// Deletions of neighbouring spans come back at one byte, where Apply
		// accepts a single insertion.
		if n := len(undo); n > 0 && back.Span.Empty() && undo[n-1].Span == back.Span {
			undo[n-1].New += was
			continue
		}
		undo = append(undo, back)
	}
	return undo, nil
}
