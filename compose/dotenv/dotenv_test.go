package dotenv

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	godotenv "github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/say"
)

var two = []Variable{{"COMPOSE_PROJECT_NAME", "shop"}, {"WEB_HOST_PORT", "10000"}}

// block is what is written, with some line end.
func block(eol string) string {
	return strings.Join([]string{opening, "COMPOSE_PROJECT_NAME=shop", "WEB_HOST_PORT=10000", End}, eol)
}

const old = Begin + "\nX=1\n" + End

// TestPut: what people wrote stays as it is, whatever it is, and a block stands where it
// stood.
func TestPut(t *testing.T) {
	lf := block("\n")
	for src, want := range map[string]string{
		"":                        lf + "\n",
		"\uFEFF":                  "\uFEFF" + lf + "\n",
		"A=1\n":                   "A=1\n" + lf + "\n",
		"A=1":                     "A=1\n" + lf,
		"A=1\n\n":                 "A=1\n\n" + lf + "\n",
		"\uFEFFA=1\r\n":           "\uFEFFA=1\r\n" + block("\r\n") + "\r\n",
		"A=1\r\nB=2":              "A=1\r\nB=2\r\n" + block("\r\n"),
		"A=1\nB=2\r\n":            "A=1\nB=2\r\n" + lf + "\n",
		"\n":                      "\n" + lf + "\n",
		"A=1\n" + old + "\nB=2\n": "A=1\n" + lf + "\nB=2\n",
		old + "\nB=2":             lf + "\nB=2",
		"\uFEFF" + old + "\nB=2":  "\uFEFF" + lf + "\nB=2",
		"A=1\n" + old:             "A=1\n" + lf,
		"  " + Begin + " x\nX=1\n\t" + End + " \nB": lf + "\nB",
		"A='" + Begin + "'\n":                       "A='" + Begin + "'\n" + lf + "\n",
		"# >>> portmoorish\n":                       "# >>> portmoorish\n" + lf + "\n",
		strings.ReplaceAll(old, "\n", "\r\n"):       block("\r\n"),
		old + "\r\n":                                lf + "\n",
		Begin + "\n":                                "line 1: the block of portmoor is not whole: the line at its other end is missing (remove that line, and what portmoor wrote beside it)",
		"A=1\n" + End:                               "line 2: the block of portmoor is not whole: the line at its other end is missing (remove that line, and what portmoor wrote beside it)",
		"A=1\n" + Begin + "\n" + old:                "line 2: the block of portmoor is not whole: the line at its other end is missing (remove that line, and what portmoor wrote beside it)",
		old + "\nA=1\n" + old + "\n":                "line 5: a second block of portmoor (remove one of the two)",
	} {
		before := bytes.Clone([]byte(src))
		out, err := Put([]byte(src), two)
		got := string(out)
		if err != nil {
			got = fmt.Sprintf("%s (%s)", err, say.Of(err).Hint)
			if _, cut := Cut([]byte(src)); cut == nil || cut.Error() != err.Error() {
				t.Errorf("%q: cut says %v", src, cut)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || !bytes.Equal(before, []byte(src)) {
			t.Errorf("%q (-want +got):\n%s", src, diff)
		}
	}
}

// TestCut: a block is taken out where people have moved it to.
func TestCut(t *testing.T) {
	for src, want := range map[string]string{
		"":                      "",
		"A=1":                   "A=1",
		old:                     "",
		old + "\n":              "",
		"A=1\n" + old + "\nB=2": "A=1\nB=2",
		"A=1\n" + old:           "A=1",
		"A=1\n\r\n" + old:       "A=1\n\r",
		"A=1\r\n" + strings.ReplaceAll(old, "\n", "\r\n"): "A=1",
		"\uFEFF" + old + "\nB=2\n":                        "\uFEFFB=2\n",
	} {
		got, err := Cut([]byte(src))
		if none, same := Put([]byte(src), nil); err != nil || string(got) != want || same != nil || string(none) != want {
			t.Errorf("%q becomes %q, want %q: %v", src, got, want, err)
		}
	}
}

// laws holds what is true of every env file against one.
func laws(t *testing.T, src []byte, value string) {
	t.Helper()
	blank := Blank(src)
	if len(blank) != len(src) || bytes.Count(blank, []byte("\n")) != bytes.Count(src, []byte("\n")) {
		t.Fatalf("%q: another shape when blank: %q", src, blank)
	}
	if all, _ := blocks(src); all == nil && !bytes.Equal(blank, src) {
		t.Fatalf("%q: blank without a block: %q", src, blank)
	}
	variables := []Variable{{"COMPOSE_PROJECT_NAME", "shop"}, {"API_URL", value}}
	out, err := Put(src, variables)
	if err != nil {
		if !Has(src) {
			t.Fatalf("%q: %v", src, err)
		}
		return
	}
	if again, err := Put(out, variables); err != nil || !bytes.Equal(again, out) {
		t.Fatalf("%q: written twice is %q, once %q: %v", src, again, out, err)
	}
	if !Has(out) || !bytes.Contains(Inside(out), []byte("COMPOSE_PROJECT_NAME=shop")) || bytes.Contains(Blank(out), []byte("COMPOSE_PROJECT_NAME=shop")) && !bytes.Contains(src, []byte("COMPOSE_PROJECT_NAME=shop")) {
		t.Fatalf("%q: becomes %q", src, out)
	}
	back, err := Cut(out)
	if err != nil || Has(back) {
		t.Fatalf("%q: comes back as %q: %v", src, back, err)
	}
	if !Has(src) && !bytes.Equal(back, src) {
		t.Fatalf("%q: comes back as %q", src, back)
	}
	if before, err := Cut(src); err != nil || !bytes.Equal(back, before) {
		t.Fatalf("%q: without the block it was %q, and is %q", src, before, back)
	}
}

func FuzzPut(f *testing.F) {
	for _, src := range []string{"", "A=1", "A=1\r\n", "\uFEFFA=1\n" + old + "\nB", old, old + "\n" + old, Begin, "\n\n" + End, "\r", "A\n" + old + "\r\n", "\r\n" + old} {
		f.Add([]byte(src), "http://localhost:1")
	}
	f.Fuzz(func(t *testing.T, src []byte, value string) {
		if strings.ContainsAny(value, "\r\n") {
			return
		}
		laws(t, src, value)
	})
}

// TestQuote: docker compose reads each value as it is, and so does a shell.
func TestQuote(t *testing.T) {
	for _, value := range []string{
		"", "http://localhost:8000/x?a=b&c=d", "a b", "it's", `"`, `\`, `a\`, `\'`, `it's $HOME ${X:-y} $$ \$ "q"`, "$X", "#x", " #x", "x #y", "ä", "`id`", `\n`, `'\n$x`, "x'y #z", `\0041'`, "{{x}}", "!x", "~/x", "*",
	} {
		quotes(t, value)
		if out, err := exec.CommandContext(t.Context(), "sh", "-c", "X="+Quote(value)+"; printf %s \"$X\"").Output(); err == nil && string(out) != value && !strings.ContainsAny(value, "`") {
			t.Errorf("a shell reads %s as %q", Quote(value), out)
		}
	}
}

func quotes(t *testing.T, value string) {
	t.Helper()
	vars, err := godotenv.Parse(strings.NewReader(Lines([]Variable{{"A", "1"}, {"X", value}, {"Z", "2"}})))
	if diff := cmp.Diff(map[string]string{"A": "1", "X": value, "Z": "2"}, vars); diff != "" || err != nil {
		t.Errorf("%s: %v (-want +got):\n%s", Quote(value), err, diff)
	}
}

func FuzzQuote(f *testing.F) {
	for _, value := range []string{"http://x:1", `it's $X \ "`, "'", `\`} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if !strings.ContainsFunc(value, say.Hidden) && !strings.ContainsAny(value, "\r\n\x00\uFFFD") {
			quotes(t, value)
		}
	})
}
