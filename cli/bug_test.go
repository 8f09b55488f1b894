package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBug lets each step of the work on one project panic: it is one line that asks for a
// report, and exit code 3; what is found in the others, and written to them, is as without.
func TestBug(t *testing.T) {
	const text = "services: {web: {image: example/web, ports: [\"8080:80\"]}}\n"
	for _, step := range []string{"load", "lint", "plan"} {
		dir := t.TempDir()
		for _, name := range []string{"bad", "good"} {
			path := filepath.Join(dir, name, "compose.yaml")
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		t.Chdir(dir)
		bad, good := "bad/compose.yaml", "good/compose.yaml"
		reached := 0
		command := func(args ...string) (code int, out, errs string) {
			var o, e strings.Builder
			code = Run(Process{Args: append([]string{"portmoor"}, args...), Out: &o, Err: &e, Watch: func(at, path string) {
				if at == step && strings.HasSuffix(filepath.ToSlash(path), bad) {
					reached++
					panic("a wrong turn\nand more")
				}
			}})
			return code, o.String(), e.String()
		}
		bug := bad + ": a bug in portmoor, please report it with the project: a wrong turn ("
		code, out, errs := command("lint", dir)
		if !strings.Contains(out, good+":1:47: warning: host port 8080 is hard-coded") || step != "plan" && (strings.Contains(out, bad+":1:47: warning") || code != 3 || strings.Count(errs, bug) != 1) {
			t.Errorf("%s: lint: exit code %d\n%s\n%s", step, code, out, errs)
		}
		code, out, errs = command("migrate", "--strategy", "hybrid", "--write", dir)
		if code != 3 || strings.Count(errs, bug) != 1 || !strings.Contains(errs, "2 files, 1 changed; 2 mappings, 1 changed, 1 kept") && step != "load" {
			t.Errorf("%s: migrate: exit code %d\n%s\n%s", step, code, out, errs)
		}
		for path, want := range map[string]bool{bad: false, good: true} {
			if got, err := os.ReadFile(path); err != nil || strings.Contains(string(got), "WEB_HOST_PORT") != want {
				t.Errorf("%s: %s: %s", step, path, got)
			}
		}
		if code, out, errs = command("show", "-f", bad); step == "load" && (code != 3 || !strings.Contains(errs, "a bug in portmoor")) {
			t.Errorf("%s: show: exit code %d\n%s\n%s", step, code, out, errs)
		}
		if reached == 0 {
			t.Errorf("%s: is no step", step)
		}
	}
}
