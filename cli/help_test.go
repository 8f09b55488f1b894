package cli

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/manual"
)

// helped is what the help of a command line says, which fails and complains for none.
func helped(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Run(Process{Args: append([]string{"portmoor"}, args...), Out: &out, Err: &errs}); code != exitOK || errs.Len() > 0 {
		t.Errorf("%q: %d: %s", args, code, errs.String())
	}
	return out.String()
}

// TestHelp: all commands are under one job each, and each has a page with examples and
// exit codes. Nothing is wider than a terminal, and nothing needs more than ASCII.
func TestHelp(t *testing.T) {
	app := (&program{console: &console{}}).app()
	var jobs []string
	for _, job := range manual.Jobs {
		jobs = append(jobs, job.Commands...)
	}
	texts := map[string]string{"": helped(t, "--help")}
	for _, cmd := range app.Commands {
		if n := len(slices.DeleteFunc(slices.Clone(jobs), func(name string) bool { return name != cmd.Name })); n != 1 {
			t.Errorf("%s is under %d jobs", cmd.Name, n)
		}
		if !strings.Contains(texts[""], "\n  "+cmd.Name+" ") {
			t.Errorf("%s is not in the overview", cmd.Name)
		}
		text := helped(t, cmd.Name, "--help")
		texts[cmd.Name] = text
		for _, part := range []string{"\nUsage: portmoor " + cmd.Name + " [FLAGS]", "\nExamples:\n  # ", "\nFlags:\n", "\nExit codes:\n  0  ", "\n  2  ", "\n  3  "} {
			if !strings.Contains(text, part) {
				t.Errorf("the help of %s has no %q:\n%s", cmd.Name, part, text)
			}
		}
		for _, f := range cmd.Flags {
			if v, ok := f.(cli.VisibleFlag); ok && !v.IsVisible() {
				continue
			}
			if !regexp.MustCompile(`(?m)^  (?:-\w,|   ) --` + f.Names()[0] + `\b`).MatchString(text) {
				t.Errorf("the help of %s lacks --%s:\n%s", cmd.Name, f.Names()[0], text)
			}
		}
	}
	if len(jobs) != len(app.Commands) {
		t.Errorf("%d commands have a job, and there are %d", len(jobs), len(app.Commands))
	}
	for name, text := range texts {
		for line := range strings.Lines(text) {
			if line = strings.TrimSuffix(line, "\n"); len(line) > manual.Width || strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 || strings.HasSuffix(line, " ") {
				t.Errorf("help of %q: %q", name, line)
			}
		}
	}
}

// TestHabits: what people type from habit is no command, and leads to those that there are.
func TestHabits(t *testing.T) {
	app := (&program{console: &console{}}).app()
	for _, word := range []string{"ps", "status", "down", "logs", "stop", "check", "fix", "ls", "config", "start", "restart", "exec", "who", "free", "ports", "isolate", "diff"} {
		if manual.Meant([]string{word}) == "" {
			t.Errorf("%s leads nowhere", word)
		}
	}
	calls := 0
	for _, word := range manual.Habits() {
		if app.Command(word) != nil {
			t.Errorf("%s is a command", word)
		}
		var out, errs bytes.Buffer
		code := Run(Process{Args: []string{"portmoor", word, "a b", "-f"}, Out: &out, Err: &errs})
		_, hint, hinted := strings.Cut(errs.String(), "\nhint: ")
		if code != exitUsage || out.Len() > 0 || !hinted {
			t.Errorf("%s: %d: %s", word, code, errs.String())
		}
		for _, call := range regexp.MustCompile(`portmoor ([a-z]+)((?: -[a-z-]+)*)`).FindAllStringSubmatch(hint, -1) {
			calls++
			if cmd := app.Command(call[1]); cmd == nil {
				t.Errorf("%s: no such command: %s", word, call[0])
			} else {
				for flag := range strings.FieldsSeq(call[2]) {
					if flag != "--" && flagOf(cmd, flag) == nil {
						t.Errorf("%s: no such flag: %s", word, call[0])
					}
				}
			}
		}
	}
	if calls < 100 {
		t.Errorf("%d calls", calls)
	}
	if got := manual.Meant([]string{"logs", "-f", "my web"}); !strings.HasSuffix(got, "portmoor compose -- logs -f 'my web'") {
		t.Error(got)
	}
}

// TestVersion: every way to ask prints the same, and the first line is the version alone.
func TestVersion(t *testing.T) {
	want := helped(t, "--version")
	if first, _, _ := strings.Cut(want, "\n"); first != "portmoor version "+version() || !strings.Contains(want, "\ngo 1.") {
		t.Errorf("%q", want)
	}
	for _, args := range [][]string{{"version"}, {"-v"}, {"-V"}, {"help", "version"}, {"version", "--help"}} {
		if got := helped(t, args...); got != want {
			t.Errorf("%q: %q", args, got)
		}
	}
}

// portmoorCalls are the calls of portmoor in a line for a shell.
var portmoorCalls = regexp.MustCompile(`portmoor [^&$()"|]+`)

// TestHelpExamples: each example calls commands that there are, with flags that they have.
func TestHelpExamples(t *testing.T) {
	app := (&program{console: &console{}}).app()
	calls := 0
	for _, cmd := range app.Commands {
		own := false
		for _, e := range manual.Of(cmd.Name).Examples {
			for _, call := range portmoorCalls.FindAllString(e.Line, -1) {
				calls++
				words := strings.Fields(call)
				called := app.Command(words[1])
				if called == nil {
					t.Errorf("%s: %s: no such command", cmd.Name, call)
					continue
				}
				own = own || called.Name == cmd.Name
				for _, word := range words[2:] {
					if word == "--" {
						break
					}
					if strings.HasPrefix(word, "-") && flagOf(called, word) == nil {
						t.Errorf("%s: %s: no such flag: %s", cmd.Name, call, word)
					}
				}
				if args, err := flagsFirst((&program{console: &console{}}).app(), words); err != nil {
					t.Errorf("%s: %s: %v", cmd.Name, call, err)
				} else if at := slices.Index(args, "--"); called.ArgsUsage == "" && len(args) > at+1 {
					t.Errorf("%s: %s: it takes no arguments", cmd.Name, call)
				}
			}
		}
		if !own {
			t.Errorf("%s: no example calls it", cmd.Name)
		}
	}
	if calls < 50 {
		t.Errorf("%d calls", calls)
	}
}
