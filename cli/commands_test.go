package cli

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// printed are the commands in a text: each goes on while its words are those that
// Portmoor prints, and ends before punctuation.
var printed = regexp.MustCompile(`(?m)(?:(?:cd|cp) [^&\n]+ && )*(?:portmoor [a-z]+|docker compose)(?: (?:(?:\$'(?:[^'\\]|\\.)*'|'[^']*'|\\'|[^\s;,'()$])+|\$\([^)]*\)))*`)

// TestPrinted: a command that Portmoor prints is about the project that the command
// before was about. One that is not starts, moves or forgets another checkout.
func TestPrinted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for bash")
	}
	held := listen(t)
	other := listen(t)
	given := []struct{ name, flags string }{
		{"none", ""},
		{"a name", "-p shop2"},
		{"a folder of any name", "-f $'odd\\tfolder\\n\\x01\\xff/compose.yaml'"},
		{"all", "-p shop2 -f 'my stack.yaml' --profile dev --profile 'b-c' --env-file 'it'\\''s.env' --ports-file my.json --config conf.yaml"},
	}
	for _, g := range given {
		for _, command := range []struct{ setup, line string }{
			{"", "detect FLAGS"}, // it moves
			{"portmoor detect FLAGS", "validate FLAGS -f literal.yaml"},
			{"", "validate FLAGS"},
			{"", "detect FLAGS -f literal.yaml"},
			{"", "detect FLAGS -f literal.yaml --override over.yaml"},
			{"", "port FLAGS"},
			{"", "port FLAGS extra 80"},
			{"", "get FLAGS picked"},
			{"", "assign FLAGS -f literal.yaml lit 9000"},
			{"", "env FLAGS --args"},
			{"portmoor detect FLAGS", "reset FLAGS"},
			{"", "FLAGS detect"},
			{"", "up FLAGS --no-color --scale web=1 web"},
		} {
			line := strings.ReplaceAll(command.line, "FLAGS", g.flags)
			t.Run(g.name+"/"+command.line, func(t *testing.T) {
				p := printedProject(t, held, other, "")
				if command.setup != "" {
					p.shell(strings.ReplaceAll(command.setup, "FLAGS", g.flags))
				}
				p.check(line)
			})
		}
	}
}

// TestPrintedOdd: so it is in a folder whose name has a tab, a line break and a byte that is no
// text, also for commands that are about several projects.
func TestPrintedOdd(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("there are no such folders")
	}
	held, other := listen(t), listen(t)
	for _, line := range []string{"detect", "validate", "port", "reset", "up --scale web=1"} {
		t.Run(line, func(t *testing.T) {
			p := printedProject(t, held, other, "an odd\tone\n\xff'")
			if line == "reset" {
				p.shell("portmoor detect")
			}
			p.check(line)
		})
	}
	p := printedProject(t, held, other, "an odd\tone\n\xff'")
	p.shell("portmoor detect")
	t.Chdir("..")
	text := p.shell("portmoor reset --all")
	undo := regexp.MustCompile(`To undo: (.*)`).FindStringSubmatch(text)
	if undo == nil {
		t.Fatal(text)
	}
	p.shell(undo[1])
	if _, err := os.Stat(filepath.Join(p.dir, "data", "ports.json")); err != nil {
		t.Errorf("%s: %v", undo[1], err)
	}
	if calls, err := p.calls(undo[1]); err != nil || len(calls) != 1 {
		t.Errorf("%s: calls %q: %v", undo[1], calls, err)
	}
}

// aProject is a project whose commands are run.
type aProject struct {
	*testing.T

	dir, bin string
}

// printedProject makes it: with an engine that knows of no container, and with
// programs in PATH that write down what they are called with. Of portmoor only env is
// run, which docker compose gets its arguments from.
func printedProject(t *testing.T, held, other int, folder string) aProject {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PORTMOOR_LEDGER", filepath.Join(dir, ".ledger.json"))
	dir = filepath.Join(dir, folder)
	compose := fmt.Sprintf("services:\n  web: {image: x, ports: [\"${WEB_HOST_PORT:-%d}:80\"]}\n  picked: {image: x, ports: [\"80\"]}\n  extra: {image: x, profiles: [extra], ports: [\"81:80\"]}\n", held)
	literal := fmt.Sprintf("services:\n  lit: {image: x, ports: [\"%d:80\"]}\n", other)
	for name, text := range map[string]string{"compose.yaml": compose, "my stack.yaml": compose, "odd\tfolder\n\x01\xff/compose.yaml": compose, "literal.yaml": literal, "it's.env": "A=b\n", "conf.yaml": "strategy: hybrid\n"} {
		put(t, filepath.Join(dir, name), text)
	}
	t.Chdir(dir)
	record(t, dir)
	program, err := exec.LookPath("portmoor")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	note := "#!/bin/sh\n{ printf '%s' \"${0##*/}\"; printf '\\037%s' \"$@\"; printf '\\036'; } >> " + filepath.Join(bin, "calls") + "\n"
	put(t, filepath.Join(bin, "docker"), note)
	put(t, filepath.Join(bin, "portmoor"), note+"[ \"$1\" = env ] || [ -n \"$REAL\" ] && exec "+program+" \"$@\"\nexit 0\n")
	for _, name := range []string{"docker", "portmoor"} {
		if err := os.Chmod(filepath.Join(bin, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return aProject{t, dir, bin}
}

// shell runs a line with the real program, and returns what it prints for people.
func (p aProject) shell(line string) string {
	p.Helper()
	p.Setenv("REAL", "1")
	out, _ := exec.CommandContext(p.Context(), "bash", "-c", line).CombinedOutput() // what fails has hints
	p.Setenv("REAL", "")
	return string(out)
}

// calls runs a line and returns the calls of programs that it has made.
func (p aProject) calls(line string) (calls [][]string, failed error) {
	p.Helper()
	file := filepath.Join(p.bin, "calls")
	_ = os.Remove(file)
	if out, err := exec.CommandContext(p.Context(), "bash", "-c", line).CombinedOutput(); err != nil {
		failed = fmt.Errorf("%s: %w: %s", line, err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		p.Errorf("%s: runs nothing: %v", line, err)
	}
	for call := range strings.SplitSeq(strings.TrimSuffix(string(text), "\x1e"), "\x1e") {
		calls = append(calls, strings.Split(call, "\x1f"))
	}
	return calls, failed
}

// check runs what a command prints.
func (p aProject) check(line string) {
	p.Helper()
	asked, _ := p.calls("portmoor " + line) // env may refuse, with a hint
	text := p.shell("portmoor " + line)
	var commands []string
	for _, at := range printed.FindAllStringIndex(text, -1) {
		command, rest := strings.TrimRight(text[at[0]:at[1]], ".?"), text[at[1]:]
		if !strings.HasSuffix(command, ":") && !strings.HasPrefix(rest, ":") { // else it is the place of a message
			command, _, _ = strings.Cut(command, ". ")
			commands = append(commands, command)
		}
	}
	if len(commands) == 0 {
		p.Fatalf("no command in: %s", text)
	}
	ran := 0
	for _, command := range commands {
		calls, err := p.calls(command)
		if err != nil {
			p.Error(err)
		}
		for _, call := range calls {
			want := flagsIn(asked[0])
			switch {
			case call[0] == "docker":
				delete(want, "ports-file")
				delete(want, "config")
			case slices.Contains([]string{"migrate", "lint"}, call[1]):
				if named := want["project-name"] != nil || want["env-file"] != nil; named && !slices.Contains(call, "--detect=false") {
					p.Errorf("%s: it assigns ports of another project", command)
				}
				delete(want, "project-name")
				delete(want, "env-file")
				delete(want, "ports-file")
				if want["file"] == nil {
					want["file"] = []string{"compose.yaml"}
				}
			}
			got := flagsIn(call)
			if env := got["env-file"]; call[0] == "docker" && want["env-file"] != nil && len(env) > 0 { // and the assigned ports, by absolute path
				got["env-file"] = []string{path.Base(env[0])}
			}
			if strings.Contains(line, "--override over.yaml") && slices.Contains(call, "over.yaml") {
				want["file"] = []string{"over.yaml"}
			}
			if call[0] == "docker" && want["env-file"] == nil {
				delete(got, "env-file")
			}
			if slices.Contains(got["profile"], "extra") { // of the service that was asked for
				if got["profile"] = got["profile"][:len(got["profile"])-1]; len(got["profile"]) == 0 {
					delete(got, "profile")
				}
			}
			for name := range want {
				if name == "file" && len(got[name]) > len(want[name]) {
					got[name] = got[name][len(got[name])-len(want[name]):]
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				p.Errorf("%s\nprints %s\nwhich calls %q (-want +got):\n%s", line, command, call, diff)
			}
			ran++
		}
	}
	if ran == 0 {
		p.Errorf("%s: no command was run of %q", line, commands)
	}
}

// flagsIn are the flags that say which project it is, by their long name.
func flagsIn(call []string) map[string][]string {
	long := map[string]string{"-f": "--file", "-p": "--project-name"}
	flags := map[string][]string{}
	for i, word := range call {
		if word == "--" {
			break
		}
		if full, short := long[word]; short {
			word = full
		}
		if name := strings.TrimPrefix(word, "--"); slices.Contains([]string{"file", "project-name", "profile", "env-file", "ports-file", "config"}, name) && i+1 < len(call) {
			flags[name] = append(flags[name], call[i+1])
		}
	}
	return flags
}

// TestPrintedByOne: no message has a command written into it, since only say.About
// knows which project it has to be about. What describes the program may.
func TestPrintedByOne(t *testing.T) {
	set, files := production(t)
	command := regexp.MustCompile(`portmoor (?:lint|migrate|reconcile|detect|validate|up|port|sync|show|assign|get|env|reset)(?:$|[^:a-z ]| [^A-Z\[])|docker compose (?:up|ps|logs|config|down|\$\()`)
	found := 0
	for name, f := range files {
		if dir := path.Dir(name); dir == "say" || dir == "manual" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if kv, ok := n.(*ast.KeyValueExpr); ok {
				if key, ok := kv.Key.(*ast.Ident); ok && slices.Contains([]string{"Usage", "Description", "Doc", "Bad", "Good"}, key.Name) {
					return false
				}
			}
			if about, ok := n.(*ast.CompositeLit); ok && len(about.Elts) == 0 && written(set, about.Type) == "say.About" && !slices.Contains(ofNoProject, name) {
				t.Errorf("%s: a command that is about no project: it is made from what the request says", set.Position(about.Pos()))
			}
			if s, ok := n.(*ast.BasicLit); ok && s.Kind == token.STRING {
				text, _ := strconv.Unquote(s.Value)
				found++
				if m := command.FindString(text); m != "" && !slices.ContainsFunc(notCommands, func(known string) bool { return strings.Contains(text, known) }) {
					t.Errorf("%s: %q: a command in a message is made by say.About", set.Position(s.Pos()), m)
				}
			}
			return true
		})
	}
	if found < 1000 {
		t.Errorf("%d texts", found)
	}
}

// ofNoProject are the files with commands that are about none: init, lint where nobody
// has said what its projects are, targets for the registry, and what is written for whoever comes.
var ofNoProject = []string{"cli/detect.go", "lint/rule.go", "setup/agents.go", "setup/make.go", "setup/worktree.go"}

// notCommands are texts about commands, which nobody runs, and those of make.
var notCommands = []string{
	"ports-auto-detect:\n", "portmoor port --index N SERVICE", "name a file that portmoor reconcile --plan has written",
	"portmoor detect --override writes it", "was not written by portmoor detect --override", "portmoor detect writes it.", "as portmoor env --args prints them",
	"docker compose up failed: ", "docker compose down failed: ", "and portmoor reset takes them out", " with docker compose up", "or run portmoor detect there", "portmoor reset there", "portmoor reset -p ",
}
