package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCompose: docker compose gets the project as it was seen here and what follows, and
// what it prints and its exit code are ours.
func TestCompose(t *testing.T) {
	dir := stackHere(t)
	put(t, filepath.Join(dir, ".env"), "A=1\n")
	composeScript(t, `echo "$*"; echo said >&2; cat; exit ${CODE:-0}`)
	for _, code := range []int{0, 1, 3, 42, 130, 255} {
		t.Setenv("CODE", fmt.Sprint(code))
		got, out, errs := here("compose", "--profile", "debug", "--", "logs", "-f", "--", "web")
		want := "compose -f " + filepath.Join(dir, "compose.yaml") + " -p shop --profile debug --env-file " + filepath.Join(dir, ".env") + " logs -f -- web\n"
		if got != code || out != want || errs != "said\n" {
			t.Errorf("exit %d, want %d: %q, %q", got, code, out, errs)
		}
	}
	for args, want := range map[string]string{
		"compose":                        "want the arguments of docker compose",
		"compose -- -p other ps":         "-p says which project it is",
		"compose ps -a":                  "those that are for docker go after --: portmoor compose -- ps -a",
		"compose -p Bad -- ps":           "is not valid",
		"compose --project-name=mine ps": "",
	} {
		code, _, errs := here(strings.Fields(args)...)
		if want != "" && (code != 2 || !strings.Contains(errs, want)) || want == "" && code != 255 {
			t.Errorf("%s: exit %d: %s", args, code, errs)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if code, _, errs := here("compose", "ps"); code != 3 || !strings.HasPrefix(errs, "docker is not in PATH\n") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestUpIsolate: docker compose is given the override behind the project's files, under
// the name of the checkout, which stays when the branch changes; what it does later needs
// no flag, and follows the files.
func TestUpIsolate(t *testing.T) {
	dir := stackHere(t)
	git := func(args ...string) {
		t.Helper()
		command(t, dir, 0, "git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.org"}, args...)...)
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	git("init", "-q")
	linked := filepath.Join(t.TempDir(), "Review 2")
	put(t, filepath.Join(dir, "compose.yaml"), "name: shop\nservices:\n  web: {image: x, container_name: web, ports: [\"28500:80\"]}\n  db: {image: x, container_name: db}\n")
	git("add", "compose.yaml")
	git("commit", "-q", "-m", "x")
	git("worktree", "add", "-q", "-b", "review", linked)
	put(t, filepath.Join(dir, ".portmoor.yaml"), "isolate: false\n") // of the first alone
	record(t, linked)
	log := filepath.Join(dir, "log")
	composeScript(t, `[ "$2" = version ] && exit 0; echo "$*" >>`+log+`; for a; do case $a in *override.yaml) cat $a >>`+log+`;; esac; done; exit ${CODE:-0}`)
	t.Chdir(linked)
	said := func(args ...string) string {
		t.Helper()
		_ = os.Remove(log)
		code, _, errs := here(args...)
		if code > 1 || strings.Contains(errs, "does not ignore") { // nothing is up on the recorded engine
			t.Fatalf("%v: exit %d: %s", args, code, errs)
		}
		src, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return string(src)
	}
	name := regexp.MustCompile(` -p (review2-[0-9a-f]{8}) `)
	first := said("up", "--isolate")
	m := name.FindStringSubmatch(first)
	if m == nil || !strings.Contains(first, "-f "+filepath.Join(linked, "compose.yaml")+" -f ") || !strings.Contains(first, " up -d\n") || !strings.Contains(first, `container_name: "`+m[1]+`-web"`) {
		t.Fatalf("%q", first)
	}
	command(t, linked, 0, "git", "checkout", "-q", "-b", "another")
	if again := said("up"); again != first {
		t.Errorf("on another branch: %q, was %q", again, first)
	}
	// A service that is gone must not come back by the override.
	put(t, filepath.Join(linked, "compose.yaml"), "name: shop\nservices:\n  web: {image: x, container_name: web, ports: [\"28500:80\"]}\n")
	if now := said("compose", "down"); !strings.Contains(now, " -p "+m[1]+" down\n") || strings.Contains(now, `"db"`) || !strings.Contains(now, `"web"`) {
		t.Errorf("down: %q", now)
	}
	if scaled := said("up", "--", "--scale", "web=2"); !strings.Contains(scaled, "container_name: !reset null") {
		t.Errorf("scaled: %q", scaled)
	}
	if plain := said("up", "--isolate=false"); strings.Contains(plain, "override.yaml") || !strings.Contains(plain, " -p shop ") {
		t.Errorf("--isolate=false: %q", plain)
	}
}
