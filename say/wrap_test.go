package say_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"github.com/portmoor/portmoor/say"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text                string
		width, used, indent int
		want                string
	}{
		{"host port 8080 is hard-coded", 0, 0, 4, "host port 8080 is hard-coded"},
		{"host port 8080 is hard-coded", 28, 0, 4, "host port 8080 is hard-coded"},
		{"host port 8080 is hard-coded", 27, 0, 4, "host port 8080 is\n    hard-coded"},
		{"host port 8080 is hard-coded", 28, 20, 2, "host\n  port 8080 is hard-coded"},
		{"host port 8080", 28, 27, 2, "\n  host port 8080"},
		{"", 10, 20, 2, ""},
		{"a/very/long/path/that/fits/nowhere.yaml is read", 30, 0, 2, "a/very/long/path/that/fits/nowhere.yaml\n  is read"},
		{"漢字漢字漢字 漢字漢字漢字 漢字", 25, 0, 2, "漢字漢字漢字 漢字漢字漢字\n  漢字"},
		{"a terminal of ten columns shows words", 10, 0, 4, "a terminal of ten\n    columns shows words"},
		{
			"to remember the port: portmoor migrate --write --file compose.yaml; or write 0", 40, 4, 4,
			"to remember the port:\n    portmoor migrate --write --file compose.yaml;\n    or write 0",
		},
		{"name it portmoor if you like that name", 24, 0, 0, "name it portmoor if you\nlike that name"},
	} {
		if diff := cmp.Diff(c.want, say.Wrap(c.text, c.width, c.used, c.indent)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c, diff)
		}
	}
}

// TestWrapLosesNothing: every word is there in its order, and no line is too long that
// could have been shorter.
func TestWrapLosesNothing(t *testing.T) {
	words := []string{"host", "port", "8080", "漢字", "e\u0301", "👩\u200d👧", "a/long/path/compose.yaml:12:8", "is", "\"web\"", "x:"}
	r := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		var text []string
		for range 1 + r.IntN(15) {
			text = append(text, words[r.IntN(len(words))])
		}
		width, used, indent := 1+r.IntN(60), r.IntN(30), r.IntN(10)
		got := say.Wrap(strings.Join(text, " "), width, used, indent)
		if diff := cmp.Diff(text, strings.Fields(got)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		for i, line := range strings.Split(got, "\n") {
			taken := uniseg.StringWidth(line)
			if i == 0 {
				taken += used
			}
			if limit := max(width, indent+20); taken > limit && len(strings.Fields(line)) > 1 {
				t.Fatalf("%d columns, not %d: %q", taken, limit, got)
			}
			if i > 0 && !strings.HasPrefix(line, strings.Repeat(" ", indent)) {
				t.Fatalf("not indented by %d: %q", indent, got)
			}
		}
	}
}
