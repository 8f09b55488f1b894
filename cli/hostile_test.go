package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portmoor/portmoor/compose/corpustest"
)

// TestHostile runs the commands on input that makes YAML and Compose libraries
// panic, hang or fill the memory, beside a file that is fine. Each file must be
// done within a second, the fine one must be handled all the same, and the exit
// code must say that something was wrong.
func TestHostile(t *testing.T) {
	const fine = "services: {web: {image: example/web, ports: [\"8080:80\"]}}\n"
	laughs := "x-0: &a0 {a: 1, b: 2}\n"
	for i := range 60 {
		n, next := strconv.Itoa(i), strconv.Itoa(i+1)
		laughs += "x-" + next + ": &a" + next + " {<<: [*a" + n + ", *a" + n + "]}\n"
	}
	expanded := "x-0: &a0 [1, 2]\n"
	for i := range 30 {
		n, next := strconv.Itoa(i), strconv.Itoa(i+1)
		expanded += "x-" + next + ": &a" + next + " [*a" + n + ", *a" + n + "]\n"
	}
	for name, c := range map[string]struct {
		src           string
		lint, migrate int
	}{
		"self merge":      {"services:\n  web: &w\n    image: x\n    <<: *w\n", 1, 3},
		"alias in itself": {"services: &s {web: {image: x, labels: [*s]}}\n", 1, 3},
		"deep block":      {deep(300), 1, 3},
		"deep flow":       {"x-a: " + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "\n", 1, 3},
		"wide range":      {"services: {web: {image: x, ports: [\"1-65535:1-65535\"]}}\n", 1, 0},
		"wide range twice": {"services: {web: {image: x, ports: [\"1-65535:1-65535\"]}, " +
			"other: {image: x, ports: [\"1-65535:1-65535\"]}}\n", 1, 0},
		"reset root":         {"!reset\nservices: {web: {image: x}}\n", 1, 0},
		"list in extends":    {"services: {web: {extends: {file: [a, b], service: web}}}\n", 1, 3},
		"mapping in extends": {"services: {web: {extends: {file: {a: b}, service: web}}}\n", 1, 3},
		"utf-16":             {"\xff\xfes\x00e\x00r\x00v\x00i\x00c\x00e\x00s\x00:\x00", 1, 3},
		"invalid utf-8":      {"services: {web: {image: \"\xc3\x28\"}}\n", 1, 3},
		"many keys":          {"services:\n  web:\n    image: x\n    labels:\n" + lines(20_000, "      k%d: v\n"), 1, 0},
		"many services":      {"services:\n" + lines(5_000, "  s%d: {image: x, ports: [\"%d:80\"]}\n"), 1, 0},
		"many of one port":   {"services:\n" + lines(5_000, "  s%d: {image: x, ports: [\"8080:80\"]}\n"), 1, 0},
		"many entries":       {"services:\n  web:\n    image: x\n    ports:\n" + lines(5_000, "      - 8080:%d\n"), 1, 0},
		"shared many ways":   {"x-p: &p [" + strings.Repeat("80,", 2_500) + "]\nservices:\n" + lines(5, "  s%d: {image: x, ports: *p}\n"), 1, 3},
		"merge laughs":       {laughs + "services: {web: {image: x}}\n", 1, 3},
		"list laughs":        {expanded + "services: {web: {image: x}}\n", 1, 3},
		"one long line":      {"services: {web: {image: x, ports: [" + strings.Repeat("\"8080:80\", ", 5_000) + "]}}\n", 1, 0},
		"many ignores":       {"services:\n  web:\n    image: x\n    ports:\n" + lines(4_000, "      - \"2%d:1%d\" # portmoor:ignore hardcoded-host-port x\n"), 1, 0},
		"many wide ranges":   {"services:\n" + lines(400, "  s%d: {image: x, ports: [\"1000-5000:1000-5000\"]}\n"), 1, 0},
		"nul":                {"services: {web: {image: \"a\x00b\"}}\n", 1, 3},
		"template":           {"services: {web: {image: x, ports: {{ .Ports }}}}\n", 1, 3},
		"empty":              {"", 1, 0},
		"4 MiB":              {"# " + strings.Repeat("x", 4<<20) + "\n", 1, 3},
		"names":              {"services: {\"a\\e[31m\\u202E\\nb\": {image: x, ports: [\"80:80:80:80\"]}}\n", 1, 3},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			bad, good := filepath.Join(dir, "bad", "compose.yaml"), filepath.Join(dir, "good", "compose.yaml")
			for path, src := range map[string]string{bad: c.src, good: fine} {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(src), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			code, out, errs := timedRun(t, "portmoor", "lint", "--full", dir)
			if code != c.lint || !strings.Contains(out, "good/compose.yaml:1:47: warning: host port 8080 is hard-coded") {
				t.Errorf("lint: exit code %d, want %d\n%.2000s\n%.2000s", code, c.lint, out, errs)
			}
			if strings.ContainsAny(out+errs, "\x1b\u202e") {
				t.Errorf("control characters in the output: %.2000q", out+errs)
			}
			timedRun(t, "portmoor", "migrate", "--strategy", "hybrid", dir)
			code, _, errs = run("portmoor", "migrate", "--strategy", "hybrid", "--write", dir)
			if code != c.migrate {
				t.Errorf("migrate: exit code %d, want %d\n%.2000s", code, c.migrate, errs)
			}
			if got, err := os.ReadFile(good); err != nil || !strings.Contains(string(got), "${WEB_HOST_PORT:-8080}") {
				t.Errorf("migrate left the good file alone: %s, %v\n%.2000s", got, err, errs)
			}
			if got, err := os.ReadFile(bad); c.migrate == 3 && string(got) != c.src {
				t.Errorf("migrate changed the bad file: %v", err)
			}
		})
	}
}

// timedRun runs a command that changes nothing, which must be done within a second.
func timedRun(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	corpustest.Within(t, args[1], time.Second, func() { code, out, errs = run(args...) })
	return code, out, errs
}

func run(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = Run(Process{Args: args, Out: &o, Err: &e})
	return code, o.String(), e.String()
}

func deep(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// lines repeats a format with %d for the numbers from 1.
func lines(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "%d", strconv.Itoa(i+1)))
	}
	return b.String()
}
