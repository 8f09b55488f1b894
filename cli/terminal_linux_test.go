package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/creack/pty"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/manual"
)

// onTerminal runs a command line whose standard output and error are a terminal of some
// columns, 0 for one that does not tell, and returns what is on it then.
func onTerminal(t *testing.T, columns uint16, p Process) (code int, screen string) {
	t.Helper()
	mine, theirs, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	size := &pty.Winsize{Cols: columns, Rows: 24}
	if columns == 0 {
		size.Rows = 0
	}
	if err := pty.Setsize(mine, size); err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	read := make(chan error)
	go func() {
		_, err := io.Copy(&shown, mine)
		read <- err
	}()
	p.Out, p.Err, p.In = theirs, theirs, theirs
	code = Run(p)
	if err := theirs.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-read; err != nil && !errors.Is(err, syscall.EIO) { // which is the end of a terminal
		t.Fatal(err)
	}
	return code, strings.ReplaceAll(shown.String(), "\r\n", "\n")
}

// commandLines are those of the help of all commands.
func helpLines() (lines [][]string) {
	for _, cmd := range (&program{console: &console{}}).app().Commands {
		lines = append(lines, []string{cmd.Name, "--help"})
	}
	return append(lines, []string{"--help"}, []string{"--version"}, []string{"ps"}, []string{"lnit"}, []string{"lint", "--nope"})
}

// TestHelpOnTerminal: no line of help is wider than its terminal, or than 80 columns on a
// wide one and on one that does not tell. A word that has no blank is left whole.
func TestHelpOnTerminal(t *testing.T) {
	for _, columns := range []uint16{0, 40, 80, 200} {
		width := manual.Width
		if columns == 40 {
			width = 40
		}
		for _, args := range helpLines() {
			code, screen := onTerminal(t, columns, Process{Args: append([]string{"portmoor"}, args...), Environ: []string{"TERM=xterm"}})
			if asked := strings.HasPrefix(args[len(args)-1], "--") && args[0] != "lint" || slices.Equal(args, []string{"lint", "--help"}); asked != (code == exitOK) || screen == "" {
				t.Errorf("%q: %d: %s", args, code, screen)
			}
			example := false
			for line := range strings.Lines(screen) {
				line = strings.TrimSuffix(line, "\n")
				message := code != exitOK // which a terminal wraps by itself: it may be copied
				words := len(strings.Fields(line))
				if len(line) > width && !message && !example && words > 2 || columns != 40 && len(line) > width && !message {
					t.Errorf("%q on %d columns: %d: %q", args, columns, len(line), line)
				}
				example = strings.HasPrefix(line, "  # ") // a line for the shell follows, or the rest of the comment
				if strings.ContainsAny(line, "\x1b\r\t") {
					t.Errorf("%q: %q", args, line)
				}
			}
		}
	}
}

// escapes are whole control sequences that set colours.
var escapes = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// onScreen are command lines by what they are run on, each with its exit code.
var onScreen = []struct {
	code int
	args []string
}{
	{1, []string{"lint"}},
	{1, []string{"lint", "--diff"}},
	{0, []string{"migrate"}},
	{1, []string{"migrate", "--check"}},
	{0, []string{"reconcile"}},
	{0, []string{"reconcile", "--verify"}},
	{0, []string{"detect", "--dry-run"}},
	{0, []string{"detect"}},
	{0, []string{"port"}},
	{0, []string{"port", "web", "80"}},
	{1, []string{"port", "worker", "80"}},
	{0, []string{"show"}},
	{0, []string{"list"}},
	{0, []string{"rules"}},
	{0, []string{"rules", "docs-drift"}},
	{0, []string{}},
}

// TestOnTerminal: whatever the terminal is, nothing breaks. One that knows colours gets whole
// sequences, a dumb one and a pipe none at all, and none is told of progress in a second.
func TestOnTerminal(t *testing.T) {
	shell := func() string {
		dir := shop(t, 28960)
		put(t, filepath.Join(dir, ".git", "HEAD"), "ref: refs/heads/main\n")
		put(t, filepath.Join(dir, "compose.yaml"), "name: shop\nservices:\n  web: {image: x, ports: [\"${WEB_HOST_PORT:-28960}:80\"]}\n  worker:\n    image: exämple/ｗｏｒｋｅｒ # with letters of two columns\n    ports: [\"28961:80\"]\n")
		put(t, filepath.Join(dir, "README.md"), "worker: http://localhost:28961\n")
		put(t, filepath.Join(dir, "a", "compose.yaml"), "services: {a: {image: x, ports: [\"28962:80\"]}}\n")
		record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:28960:80/tcp"}})
		return dir
	}
	shell()
	environ := func(more ...string) []string {
		return append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TERM=") || strings.HasPrefix(v, "NO_COLOR=") }), more...)
	}
	colours := 0
	for _, run := range onScreen {
		args := append([]string{"portmoor"}, run.args...)
		var out bytes.Buffer
		if code := Run(Process{Args: args, Environ: environ("TERM=xterm"), Out: &out, Err: &out}); code != run.code {
			t.Errorf("%q: %d: %s", run.args, code, out.String())
		}
		if strings.ContainsAny(out.String(), "\x1b\r") || out.Len() == 0 {
			t.Errorf("%q into a pipe: %q", run.args, out.String())
		}
		for _, columns := range []uint16{0, 20, 40, 80, 200} {
			for _, term := range []string{"TERM=xterm", "TERM=dumb", "NO_COLOR=1"} {
				code, screen := onTerminal(t, columns, Process{Args: args, Environ: environ(term)})
				plain := screen
				if term == "TERM=xterm" {
					plain = escapes.ReplaceAllString(screen, "")
					colours += len(screen) - len(plain)
				}
				if code != run.code || screen == "" || strings.ContainsAny(plain, "\x1b\r") || !utf8.ValidString(screen) {
					t.Errorf("%q on %d columns with %s: %d: %q", run.args, columns, term, code, screen)
				}
				if opened, closed := strings.LastIndex(screen, "\x1b["), strings.LastIndex(screen, "\x1b[0m"); opened != closed {
					t.Errorf("%q on %d columns: a colour is left on: %q", run.args, columns, screen)
				}
			}
		}
	}
	if colours == 0 {
		t.Error("no terminal had a colour")
	}
}

// TestRulesOnTerminal: what a rule says is as wide as the terminal. Its examples are files,
// and stay as they are.
func TestRulesOnTerminal(t *testing.T) {
	lines := [][]string{{"portmoor", "rules"}}
	for _, r := range lint.Rules() {
		lines = append(lines, []string{"portmoor", "rules", r.Name})
	}
	for _, args := range lines {
		_, screen := onTerminal(t, 80, Process{Args: args})
		for line := range strings.Lines(screen) {
			if line = strings.TrimRight(line, "\r\n"); !strings.HasPrefix(line, "    ") && utf8.RuneCountInString(line) > 80 {
				t.Errorf("%q: %q", args, line)
			}
		}
	}
}

// TestProgressOnTerminal: a bar is for a terminal that can take a line back, once it is time.
func TestProgressOnTerminal(t *testing.T) {
	dir := shop(t, 28965)
	put(t, filepath.Join(dir, "a", "compose.yaml"), "services: {a: {image: x, ports: [\"28966:80\"]}}\n")
	put(t, filepath.Join(dir, "b", "compose.yaml"), "services: {b: {image: x, ports: [\"28966:80\"]}}\n")
	put(t, filepath.Join(dir, "README.md"), "a: http://localhost:28966\n")
	args := []string{"portmoor", "reconcile"}
	for what, test := range map[string]struct {
		p    Process
		want bool
	}{
		"at once":         {Process{Environ: []string{"TERM=xterm"}, BarDelay: -1}, true},
		"before a second": {Process{Environ: []string{"TERM=xterm"}}, false},
		"dumb":            {Process{Environ: []string{"TERM=dumb"}, BarDelay: -1}, false},
	} {
		test.p.Args = args
		for _, columns := range []uint16{0, 80} {
			_, screen := onTerminal(t, columns, test.p)
			if got := strings.Contains(screen, "looking for ports"); got != test.want {
				t.Errorf("%s: %q", what, screen)
			}
			if test.want && !strings.Contains(screen, " \r") {
				t.Errorf("%s: the bar is not taken back: %q", what, screen)
			}
		}
	}
	var out bytes.Buffer
	Run(Process{Args: args, Environ: []string{"TERM=xterm"}, BarDelay: -1, Out: &out, Err: &out})
	if strings.Contains(out.String(), "looking for ports") {
		t.Errorf("into a pipe: %q", out.String())
	}
}
