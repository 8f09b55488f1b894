package say_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/say"
)

// TestVisible: nothing that a terminal obeys is printed as it is. What gets through
// could hide a line, or forge one.
func TestVisible(t *testing.T) {
	for _, c := range []struct{ in, want, lines string }{
		{"", "", ""},
		{"- \"8080:80\" # é 漢", "- \"8080:80\" # é 漢", "- \"8080:80\" # é 漢"},
		{"-\ta\n", `-\ta\n`, "-\ta\n"},
		{"-a\r\n+b\r\n", `-a\r\n+b\r\n`, "-a\n+b\n"},
		{"shown\rhidden", `shown\rhidden`, `shown\rhidden`},
		{"a\r\r\n", `a\r\r\n`, "a\\r\n"},
		{"\x1b[2J\x07\x00\x7f", `\x1b[2J\x07\x00\x7f`, `\x1b[2J\x07\x00\x7f`},
		{"\u0085\u009b1m", `\u0085\u009b1m`, `\u0085\u009b1m`},
		{"\u061c\u200e\u200f\u202a\u202e\u2066\u2069", `\u061c\u200e\u200f\u202a\u202e\u2066\u2069`, `\u061c\u200e\u200f\u202a\u202e\u2066\u2069`},
		{"a\u200bb\u2028c\ufeff\U000e0001", `a\u200bb\u2028c\ufeff\U000e0001`, `a\u200bb\u2028c\ufeff\U000e0001`},
		{"\x9b1m \xff", `\x9b1m \xff`, `\x9b1m \xff`},
		{"\uFFFD می\u200cخواهم 👩\u200d💻", "\uFFFD می\u200cخواهم 👩\u200d💻", "\uFFFD می\u200cخواهم 👩\u200d💻"},
	} {
		if got := say.Visible(c.in); got != c.want {
			t.Errorf("Visible(%q) = %q, want %q", c.in, got, c.want)
		}
		if got := say.VisibleLines(c.in); got != c.lines {
			t.Errorf("VisibleLines(%q) = %q, want %q", c.in, got, c.lines)
		}
	}
}

// TestJSON: every text of JSON is as safe as a line for people, and means the same.
func TestJSON(t *testing.T) {
	in := map[string]string{"a": "<b>&\u200b\x1b\u202e\n\U000e0001é"}
	for indent, want := range map[bool]string{
		false: `{"a":"<b>&\u200b\u001b\u202e\n\udb40\udc01é"}` + "\n",
		true:  "{\n" + `  "a": "<b>&\u200b\u001b\u202e\n\udb40\udc01é"` + "\n}\n",
	} {
		var b bytes.Buffer
		if err := say.JSON(&b, in, indent); err != nil || b.String() != want {
			t.Errorf("%v: %q, want %q", err, b.String(), want)
		}
		var back map[string]string
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || back["a"] != in["a"] {
			t.Errorf("%v: reads back as %q", err, back["a"])
		}
	}
	if err := say.JSON(full{}, in, true); !errors.Is(err, errFull) {
		t.Errorf("a full disk gives %v", err)
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// knowing is an error that has more to tell than what is wrong.
type knowing struct {
	say.Problem

	Port int
}

// TestProblem: whoever prints an error finds what to do about it, however deep it
// is, and whoever wants more than that still finds the error itself.
func TestProblem(t *testing.T) {
	problem := say.Problem{Kind: say.Usage, Place: "/a/compose.yaml:3:1", Message: "is wrong", Hint: "correct it", Err: fs.ErrExist}
	embedded := &knowing{problem, 8080}
	for _, err := range []error{problem, fmt.Errorf("outer: %w", problem), embedded, fmt.Errorf("outer: %w", embedded), errors.Join(embedded)} {
		if got := say.Of(err); got.Hint != "correct it" || got.Kind != say.Usage || !errors.Is(err, fs.ErrExist) {
			t.Errorf("%v: %+v", err, got)
		}
	}
	if got, ok := errors.AsType[*knowing](fmt.Errorf("outer: %w", embedded)); !ok || got.Port != 8080 {
		t.Errorf("the error itself is lost: %v", got)
	}
	if got := problem.Error(); got != "/a/compose.yaml:3:1: is wrong" {
		t.Error(got)
	}
	if got := say.Of(errors.New("plain")); got.Message != "plain" || got.Kind != say.Failure {
		t.Errorf("%+v", got)
	}
}

// TestEach: of joined errors each is printed, once, in their order.
func TestEach(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	if diff := cmp.Diff("[a b c]", fmt.Sprint(say.Each(errors.Join(errors.Join(a, nil, b), c)))); diff != "" {
		t.Error(diff)
	}
	if n := len(say.Each(nil)); n != 0 {
		t.Errorf("%d errors in none", n)
	}
}

// TestCause: the path is said once, by whoever knows which one people know.
func TestCause(t *testing.T) {
	_, err := os.Open(filepath.Join(t.TempDir(), "none"))
	if cause := say.Cause(err); cause.Error() != "no such file" || !errors.Is(cause, fs.ErrNotExist) {
		t.Errorf("%v", cause)
	}
	link := &os.LinkError{Op: "rename", Old: "a", New: "b", Err: fs.ErrPermission}
	if cause := say.Cause(fmt.Errorf("x: %w", link)); cause.Error() != "permission denied" || !errors.Is(cause, fs.ErrPermission) {
		t.Errorf("%v", cause)
	}
	if other := errors.New("other"); !errors.Is(say.Cause(other), other) || say.Cause(nil) != nil {
		t.Error("another error is changed")
	}
}

// TestNearest: one law of what a misspelt name means, for rules, keys, flags and
// services.
func TestNearest(t *testing.T) {
	known := []string{"hardcoded-host-port", "host-port-conflict", "init", "lint"} // init is a letter from lnit too
	for name, want := range map[string]string{"hardcoded-host-prts": "hardcoded-host-port", "lnit": "lint", "itni": "init", "lint": "lint", "inti": "init", "elephant": "", "": "", string(make([]byte, 1000)): ""} {
		if got := say.Nearest(name, known); got != want {
			t.Errorf("%.30q: %q, want %q", name, got, want)
		}
	}
	if got := say.Meant("portmoor ", "lnit", known, "see --help"); got != "did you mean portmoor lint?" {
		t.Error(got)
	}
	if got := say.Meant("portmoor ", "elephant", known, "see --help"); got != "see --help" {
		t.Error(got)
	}
}

// TestThere: a hint at names stays short.
func TestThere(t *testing.T) {
	for n, want := range map[int]string{1: "there are a", 2: "there are a and b", 6: "there are a, b, c, d, e and f", 7: "there are a, b, c, d, e and 2 more"} {
		if got := say.There([]string{"a", "b", "c", "d", "e", "f", "g"}[:n]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestWords: numbers, paths and lists as people read them.
func TestWords(t *testing.T) {
	got := []string{
		say.Count(0, "file"), say.Count(1, "file"), say.Count(2, "file"),
		say.And(nil), say.And([]string{"a"}), say.And([]string{"a", "b", "c"}), say.Or([]string{"a", "b"}),
		say.Path("/w/app", "/w/app/x/compose.yaml"), say.Path("/w/app", "/w/b"), say.Path("", "/w/b"),
		say.Shown("/w/app", "/w/app/compose.yaml:3:1: is wrong"), say.Shown("/w/app", "port 80: a: b"),
	}
	want := []string{"0 files", "1 file", "2 files", "", "a", "a, b and c", "a or b", "x/compose.yaml", "../b", "/w/b", "compose.yaml:3:1: is wrong", "port 80: a: b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestShell: what people copy from a terminal is one argument, and the one that was
// meant; a shell that is at hand reads it back.
func TestShell(t *testing.T) {
	sh, missing := exec.LookPath("bash")
	for in, want := range map[string]string{
		"plan.md": "plan.md", "../a-b/plan_1.md": "../a-b/plan_1.md", "--profile": "--profile", "größe:80,81@x=y%z+": "größe:80,81@x=y%z+",
		"": "''", "a b": "'a b'", "it's": `'it'\''s'`, "'": `''\'''`, `a\b`: `'a\b'`, "{a,b}": "'{a,b}'", "~": "'~'", "a!b": "'a!b'",
		"$HOME": "'$HOME'", "`id`": "'`id`'", "a;b|c&d": "'a;b|c&d'", "a\nb": `$'a\nb'`, "it's\t\\é\x9b1\xff\u202e": `$'it\'s\t\\é\x9b1\xff\xe2\x80\xae'`, "*": "'*'", "#a": "'#a'",
	} {
		got := say.Shell(in)
		if got != want {
			t.Errorf("Shell(%q) = %s, want %s", in, got, want)
		}
		if missing != nil {
			continue
		}
		if out, err := exec.CommandContext(t.Context(), sh, "-c", "printf '<%s>' "+got).Output(); err != nil || string(out) != "<"+in+">" {
			t.Errorf("a shell reads %s as %s (%v)", got, out, err)
		}
	}
}
