package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/complete"
)

// completed is a project with services, of which one needs a variable that nobody sets.
const completed = `services:
  web:
    image: nginx
    ports: ["8080:80", "8443:443"]
  db:
    image: postgres:16
    profiles: [data]
    environment: {PASSWORD: "${PASSWORD:?set it}"}
    ports: ["5432:5432"]
`

// TestCompletionShells types into real shells, at a terminal of their own, and looks at
// the command that was run: each line ends with a tab where ⇥ stands.
func TestCompletionShells(t *testing.T) {
	lines := []struct{ typed, run string }{
		{"portmoor lin⇥", "lint"},
		{"portmoor help rec⇥", "help reconcile"},
		{"portmoor lint --format js⇥", "lint --format json"},
		{"portmoor lint --format=js⇥", "lint --format=json"},
		{"portmoor lint --write-b⇥ x", "lint --write-baseline x"},
		{"portmoor lint comp⇥", "lint compose.yaml"},
		{"portmoor rules har⇥", "rules hardcoded-host-port"},
		{"portmoor detect --profile d⇥", "detect --profile data"},
		{"portmoor --file comp⇥", "--file compose.yaml"},
		{"portmoor lint --file=comp⇥", "lint --file=compose.yaml"},
		{"portmoor lint with\\ space/st⇥", "lint with space/stack.yaml"},
		{"portmoor up w⇥", "up web"},
		{"portmoor up web d⇥", "up web db"},
		{"portmoor up 'web' d⇥", "up web db"},
		{"portmoor -f 'with space/stack.yaml' port c⇥", "-f with space/stack.yaml port cache"},
		{"portmoor get web:4⇥", "get web:443"},
		{"portmoor port web 8⇥", "port web 80"},
		{"portmoor run -- basenam⇥", "run -- basename"},
		{"portmoor completion po⇥", "completion powershell"},
	}
	for shell, s := range map[string]struct{ startup, file, command string }{
		"bash": {"source <(portmoor completion bash)", ".bashrc", "bash --noprofile --rcfile .bashrc -i"},
		"zsh":  {"autoload -U compinit; compinit -u -D\nsource <(portmoor completion zsh)", ".zshrc", "zsh -i"},
		"fish": {"", "", ""},
	} {
		t.Run(shell, func(t *testing.T) {
			needs(t, shell, "script")
			dir := t.TempDir()
			put(t, filepath.Join(dir, "compose.yaml"), completed)
			put(t, filepath.Join(dir, "with space", "stack.yaml"), "services: {cache: {image: redis, ports: [\"6379:6379\"]}}\n")
			if shell == "fish" {
				for _, l := range lines {
					typed, _, _ := strings.Cut(l.typed, "⇥")
					fish(t, dir, typed, strings.TrimSuffix(l.run, " x"))
				}
				return
			}
			put(t, filepath.Join(dir, s.file), s.startup+"\nportmoor() { printf 'ran<%s>\\n' \"$*\"; }\nPS1='> '\n")
			var input strings.Builder
			var want []string
			for _, l := range lines {
				input.WriteString(strings.ReplaceAll(l.typed, "⇥", "\t") + "\n")
				want = append(want, l.run)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "script", "-qec", s.command, "/dev/null")
			cmd.Dir, cmd.WaitDelay = dir, time.Second
			cmd.Env = append(os.Environ(), "ZDOTDIR="+dir, "HOME="+dir, "TERM=xterm", "INPUTRC=/dev/null")
			cmd.Stdin = strings.NewReader(input.String() + "exit\n")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var got []string
			for _, m := range regexp.MustCompile(`(?m)ran<(.*)>\r?$`).FindAllStringSubmatch(string(out), -1) {
				got = append(got, m[1])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, out)
			}
		})
	}
}

// fish asks fish what it would offer, and wants the end of a line among it.
func fish(t *testing.T, dir, typed, want string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "fish", "--no-config", "-c", "portmoor completion fish | source; complete -C $argv[1]", typed)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var offered []string
	for line := range strings.Lines(string(out)) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		offered = append(offered, word)
	}
	if len(offered) != 1 || !strings.HasSuffix(" "+want, " "+offered[0]) {
		t.Errorf("%s: offered is %q, for %s", typed, offered, want)
	}
}

// needs skips a test where a program is missing, and fails it where all have to be there.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil && runtime.GOOS == "linux" {
			continue
		}
		if os.Getenv("PORTMOOR_CI") != "" {
			t.Fatalf("%s is missing: install it with the system's package manager", p)
		}
		t.Skipf("no %s", p)
	}
}

// TestCompletionKnows: what each command has in its help is what is offered behind it,
// and whatever the line is, nothing is said and nothing fails.
func TestCompletionKnows(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "compose.yaml"), completed)
	ask := func(dir string, words ...string) []string {
		t.Helper()
		last := len(words) - 1
		args := slices.Concat([]string{"portmoor", "completion", "bash", "--word=" + words[last], "--"}, words[:last])
		var out, stderr strings.Builder
		code := Run(Process{Args: args, Dir: dir, Environ: []string{"DOCKER_HOST=unix:///nowhere"}, Out: &out, Err: &stderr})
		if code != 0 || stderr.Len() > 0 {
			t.Errorf("%q: exit code %d, %s", words, code, stderr.String())
		}
		return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	}
	app := (&program{console: &console{}}).app()
	commands := ask(dir, "")
	for _, cmd := range app.Commands {
		if cmd.Hidden {
			continue
		}
		if want := cmd.Name + "\t" + cmd.Usage; !slices.Contains(commands, want) {
			t.Errorf("%q is not offered", want)
		}
		offered := strings.Join(ask(dir, cmd.Name, "--"), "\n") + "\n"
		for _, f := range typedFlags(cmd.Flags) {
			if !strings.Contains(offered, "--"+f.Names[0]+"\t") {
				t.Errorf("portmoor %s: --%s is not offered", cmd.Name, f.Names[0])
			}
			word := regexp.MustCompile("`.*`").FindString(f.About)
			got := strings.Join(ask(dir, cmd.Name, "--"+f.Names[0], ""), " ")
			switch free := []string{"`NAME`", "`URL`", "`HOST`", "`HOST:PORT`", "`N`", "`DURATION`"}; {
			case f.Bool:
			case (got == "") != slices.Contains(free, word):
				t.Errorf("portmoor %s --%s %s: offered is %q", cmd.Name, f.Names[0], word, got)
			}
		}
	}
	if len(commands) < 20 {
		t.Errorf("%q", commands)
	}
	if diff := cmp.Diff([]string{"db\tpostgres:16", "web\tnginx"}, ask(dir, "port", "")); diff != "" {
		t.Error(diff)
	}

	// Wherever it is asked: in an empty folder, beside files that can't be loaded, for what
	// is not there, and with whatever words.
	broken := t.TempDir()
	put(t, filepath.Join(broken, "compose.yaml"), "services: {web: [\n")
	put(t, filepath.Join(broken, ".portmoor.yaml"), "strategy: none\n")
	for _, folder := range []string{dir, broken, t.TempDir(), filepath.Join(dir, "gone")} {
		for _, words := range [][]string{
			{"port", ""},
			{"port", "-f", "gone.yaml", ""},
			{"--nonsense", "port", ""},
			{"-f", ""},
			{"up", "--", "--"},
			{"", "", ""},
			{"completion", "tcsh", ""},
			{"port", "--format", "none", "\xff"},
			{"get", "a\nb:"},
			{"--"},
			{"help", ""},
		} {
			ask(folder, words...)
		}
	}
}

// TestCompletionQuick: an answer with the services of a project comes at once, since
// somebody waits for it at each tab.
func TestCompletionQuick(t *testing.T) {
	dir := t.TempDir()
	var text strings.Builder
	text.WriteString("services:\n")
	for i := range 300 {
		fmt.Fprintf(&text, "  web%d: {image: nginx, ports: [\"%d:80\"]}\n", i, 10000+i)
	}
	put(t, filepath.Join(dir, "compose.yaml"), text.String())
	best := time.Hour
	for range 5 {
		var out strings.Builder
		began := time.Now()
		Run(Process{Args: []string{"portmoor", "completion", "bash", "--word=web29", "--", "up"}, Dir: dir, Out: &out, Err: &out})
		best = min(best, time.Since(began))
		if strings.Count(out.String(), "\n") != 11 {
			t.Fatalf("got %s", out.String())
		}
	}
	if best > 300*time.Millisecond {
		t.Errorf("300 services take %v", best)
	}
}

// TestCompletionScripts: each shell that is there reads its script.
func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		cmd := exec.CommandContext(t.Context(), shell, "-n")
		cmd.Stdin = strings.NewReader(complete.Script(shell))
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", shell, err, out)
		}
	}
}
