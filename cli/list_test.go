package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ledgerOf is a ledger that has one port of project shop in each folder, from 28100.
func ledgerOf(folders ...string) string {
	lines := []string{}
	for i, folder := range folders {
		lines = append(lines, fmt.Sprintf(`%q:{"shop data/ports.json":{"web":{"port":%d,"sockets":[{"protocol":"tcp"}]}}}`, folder, 28100+i))
	}
	return `{"version":1,"checkouts":{` + "\n" + strings.Join(lines, ",\n") + "\n}}\n"
}

// TestListPrune: folders that are gone are forgotten, and how to stop their containers is
// said; a container is stopped only when somebody at a terminal says so.
func TestListPrune(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	here, gone, ledger := filepath.Join(dir, "here"), filepath.Join(dir, "gone"), filepath.Join(dir, "ledger.json")
	if err := os.Mkdir(here, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PORTMOOR_LEDGER", ledger)
	t.Setenv("HOME", dir)
	t.Chdir(dir)
	engine := record(t, gone)
	engine.Set(listOf(t, gone, running{service: "web", number: 1, ports: []string{"0.0.0.0:28101:80/tcp"}}, running{service: "idle", number: 1, state: "exited"}), map[string]string{"shop-idle-1": `{"Id":"shop-idle-1"}`})
	list := func(args ...string) (code int, out, said string) {
		if err := os.WriteFile(ledger, []byte(ledgerOf(here, gone)), 0o644); err != nil {
			t.Fatal(err)
		}
		return listed(args...)
	}
	table := "PROJECT  BRANCH  STATE   FOLDER\nshop     -       up 1/2  ~/gone (gone)\n  web  28101  http://localhost:28101\nshop     -       down    ~/here\n  web  28100  assigned\n"
	code, out, said := list()
	if diff := cmp.Diff(table, out); diff != "" || code != 0 || said != "" {
		t.Errorf("%d %s (-want +got):\n%s", code, said, diff)
	}
	if src, err := os.ReadFile(ledger); err != nil || string(src) != ledgerOf(here, gone) {
		t.Errorf("%v: the ledger has changed:\n%s", err, src)
	}
	code, out, said = list("--prune")
	want := "gone: the folder is gone: 1 port of project shop forgotten\ngone: the folder is gone: project shop still has 2 containers, 1 of them running\nto stop them: docker stop shop-web-1\nto remove them: docker rm shop-idle-1 shop-web-1\n"
	if diff := cmp.Diff(want, said); diff != "" || code != 0 || out != table {
		t.Errorf("%d (-want +got):\n%s%s", code, diff, out)
	}
	if src, err := os.ReadFile(ledger); err != nil || string(src) != ledgerOf(here) {
		t.Errorf("%v: the ledger is\n%s", err, src)
	}
	stops := func() bool {
		return slices.ContainsFunc(engine.Calls(), func(call string) bool { return strings.HasPrefix(call, "POST") })
	}
	if stops() {
		t.Errorf("stopped unasked: %q", engine.Calls())
	}
	bin, err := exec.LookPath("script")
	if err != nil {
		t.Skip(err)
	}
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, "portmoor")) // which the test binary is when it is called so
	}
	if err != nil {
		t.Skip(err)
	}
	for _, answer := range []string{"n\n", "\n", "y\n"} {
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		defer stop()
		terminal := exec.CommandContext(ctx, bin, "-qec", filepath.Join(dir, "portmoor")+" list --prune", "/dev/null")
		terminal.Stdin = strings.NewReader(answer)
		out, err := terminal.CombinedOutput()
		if want := "stop shop-web-1? [y/N] "; err != nil || !strings.Contains(string(out), want) || stops() != (answer == "y\n") {
			t.Errorf("%q: %v %q\n%s", answer, err, engine.Calls(), out)
		}
	}
	if !slices.Contains(engine.Calls(), "POST containers/shop-web-1/stop") || slices.Contains(engine.Calls(), "POST containers/shop-idle-1/stop") {
		t.Errorf("%q", engine.Calls())
	}
}

// TestListAll: also what no compose project has, with who has it.
func TestListAll(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PORTMOOR_LEDGER", filepath.Join(dir, "ledger.json"))
	record(t, dir)
	code, out, said := listed("--all", "--format", "json")
	type other struct{ Holder string }
	var report struct {
		Checkouts []any
		Others    []other
	}
	if err := json.Unmarshal([]byte(out), &report); code != 0 || err != nil || said != "" {
		t.Fatalf("%d %v %s", code, err, said)
	}
	self := fmt.Sprintf("(pid %d)", os.Getpid()) // which the recorded engine is
	ours := func(o other) bool { return strings.HasSuffix(o.Holder, self) }
	if len(report.Checkouts) != 0 || !slices.ContainsFunc(report.Others, ours) {
		t.Errorf("nobody has %s:\n%s", self, out)
	}
}

func listed(args ...string) (code int, out, said string) {
	var o, e bytes.Buffer
	code = Run(Process{Args: append([]string{"portmoor", "list"}, args...), Out: &o, Err: &e, Environ: os.Environ()})
	return code, o.String(), e.String()
}
