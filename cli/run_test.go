//go:build unix

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// runHere makes a project whose web is up, and whose api is not, with values derived from
// both.
func runHere(t *testing.T) (dir string) {
	t.Helper()
	dir = shop(t, 1)
	put(t, filepath.Join(dir, "compose.yaml"), `name: shop
services:
  web: {image: x, ports: ["${WEB_HOST_PORT:-28940}:80"]}
  api: {image: x, ports: ["${API_HOST_PORT:-28941}:8000"], profiles: [api]}
`)
	put(t, filepath.Join(dir, ".portmoor.yaml"), "env:\n  API_URL: http://{api:8000}/v1\n  BOTH: '{web:80},{api:8000}'\n")
	record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:32768:80/tcp"}})
	return dir
}

// TestRun: the command sees the ports, and what it exits with is what portmoor does.
func TestRun(t *testing.T) {
	runHere(t)
	const live = "WEB_HOST_PORT=32768\nWEB_URL=http://localhost:32768\nAPI_URL=http://localhost:28941/v1\nBOTH=localhost:32768,localhost:28941\n"
	t.Setenv("API_URL", "http://elsewhere")
	code, out, errs := here("run", "--", "sh", "-c", `for v in WEB_HOST_PORT WEB_URL API_URL BOTH; do eval echo "$v=\$$v"; done; pwd -P >&2`)
	if diff := cmp.Diff(live, out); diff != "" || code != 0 {
		t.Errorf("exit %d: %s (-want +got):\n%s", code, errs, diff)
	}
	code, out, errs = here("env", "--live")
	if diff := cmp.Diff(live, out); diff != "" || code != 0 {
		t.Errorf("env --live: exit %d: %s (-want +got):\n%s", code, errs, diff)
	}
	for want := range 256 {
		if code, _, errs := here("run", "--", "sh", "-c", "exit "+strconv.Itoa(want)); code != want || errs != "" {
			t.Errorf("exit %d instead of %d: %s", code, want, errs)
		}
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, "plain"), "x")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"run", "--", "no-such-command-here"}, 127, "portmoor run: no-such-command-here: no such command\nhint: is it installed, and its folder in PATH?\n"},
		{[]string{"run", "--", filepath.Join(dir, "none")}, 127, "no such command"},
		{[]string{"run", "--", filepath.Join(dir, "plain")}, 126, "can't be run: permission denied\n"},
		{[]string{"run", "--", dir}, 126, "can't be run: "},
		{[]string{"run", "--wait", "5s", "-p", "shop", "npm", "-x", "test"}, exitUsage, "portmoor run: the command goes behind --\nhint: write portmoor run --wait 5s --project-name shop -- npm -x test\n"},
		{[]string{"run"}, exitUsage, "portmoor run: no command is named\n"},
		{[]string{"run", "--", ""}, exitUsage, "portmoor run: no command is named\n"},
		{[]string{"run", "--wait=-1s", "--", "x"}, exitUsage, "--wait can't be negative"},
		{[]string{"run", "--wait", "1s", "--profile", "api", "--", "true"}, exitFindings, "port 8000/tcp of service api is not bound\n"},
		{[]string{"run", "--profile", "api", "--", "sh", "-c", "exit 4"}, 4, "port 8000/tcp of service api is not bound, and left out\n"},
		{[]string{"env", "--live", "--write"}, exitUsage, "--write and --args exclude --live and --format"},
	} {
		if code, out, errs := here(c.args...); code != c.code || !strings.Contains(errs, c.want) || out != "" {
			t.Errorf("%v: exit %d: %s%s", c.args, code, out, errs)
		}
	}
}

// TestRunDown: where nothing runs, the command does not, and it is said what would help.
func TestRunDown(t *testing.T) {
	dir := runHere(t)
	record(t, dir)
	if code, out, errs := here("run", "--", "echo", "ran"); code != exitFindings || out != "" || errs != "project shop is not up\nhint: to start it: portmoor up; or give run --up\n" {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	if code, out, errs := here("run", "--", "echo", "ran"); code != exitFailure || out != "" || !strings.Contains(errs, "not reachable") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	put(t, filepath.Join(dir, ".portmoor.yaml"), "env:\n  API_URL: http://{apii:8000}/v1\n")
	if code, _, errs := here("run", "--", "echo", "ran"); code != exitUsage || !strings.Contains(errs, ".portmoor.yaml:2:12: no service that publishes a port is called \"apii\", as {apii:8000} has it\nhint: did you mean api?\n") {
		t.Errorf("exit %d: %s", code, errs)
	}
	put(t, filepath.Join(dir, "other", "compose.yaml"), "services: {apii: {image: x, ports: ['1:8000']}}\n")
	if code, _, errs := here("run", "--", "echo", "ran"); code != exitFailure || strings.Contains(errs, "apii") {
		t.Errorf("of another project: exit %d: %s", code, errs)
	}
}

// TestRunUp: what is started first is stopped after, whatever became of the command.
func TestRunUp(t *testing.T) {
	dir := runHere(t)
	log := filepath.Join(dir, "log")
	composeScript(t, `[ "$2" = version ] && exit 0
for a; do case $a in up) echo up >>`+log+`; exit $UP;; down) echo down >>`+log+`; echo stopped; exit $DOWN;; esac; done`)
	for _, c := range []struct {
		flags, up, down, script string
		code                    int
		want                    string
	}{
		{"--up", "0", "0", "exit 0", 0, "up\nran\n"},
		{"--up --down", "0", "0", "exit 0", 0, "up\nran\ndown\n"},
		{"--down", "0", "0", "exit 0", 0, "ran\ndown\n"},
		{"--up --down", "0", "0", "exit 7", 7, "up\nran\ndown\n"},
		{"--up --down", "0", "9", "exit 7", 7, "up\nran\ndown\n"},
		{"--up --down", "0", "9", "exit 0", exitFailure, "up\nran\ndown\n"},
		{"--up --down", "1", "0", "exit 0", exitFailure, "up\ndown\n"},
		{"--up --down", "0", "0", "kill -TERM $$", 143, "up\nran\ndown\n"},
	} {
		_ = os.Remove(log)
		t.Setenv("UP", c.up)
		t.Setenv("DOWN", c.down)
		code, out, errs := here(append(append([]string{"run"}, strings.Fields(c.flags)...), "--", "sh", "-c", "echo ran >>"+log+"; echo of the command; "+c.script)...)
		src, _ := os.ReadFile(log)
		if strings.Contains(c.want, "ran") != (out == "of the command\n") || code != c.code || string(src) != c.want {
			t.Errorf("%v: exit %d, %q: %s%s", c, code, src, out, errs)
		}
		if (c.down == "9") != strings.Contains(errs, "docker compose down failed: exit status 9\nhint: to stop it: docker compose down\n") {
			t.Errorf("%v: %s", c, errs)
		}
	}
	_ = os.Remove(log)
	put(t, filepath.Join(dir, "compose.yaml"), fmt.Sprintf("name: shop\nservices: {web: {image: x, ports: ['%d:80']}, api: {image: x, ports: ['8000']}}\n", listen(t)))
	if code, _, errs := here("run", "--up", "--", "true"); code != exitFindings || !strings.Contains(errs, "is a literal") {
		t.Errorf("a port that is taken: exit %d: %s", code, errs)
	}
	if src, err := os.ReadFile(log); err == nil {
		t.Errorf("started: %s", src)
	}
}

// TestRunStreams: what is written to portmoor gets to the command, and what the command
// writes comes out, byte for byte.
func TestRunStreams(t *testing.T) {
	runHere(t)
	in := make([]byte, 1<<20)
	for i := range in {
		in[i] = byte(i * 7 >> 3)
	}
	var out, errs bytes.Buffer
	code := Run(Process{Args: []string{"portmoor", "run", "--", "sh", "-c", "cat; echo over >&2"}, In: bytes.NewReader(in), Out: &out, Err: &errs, Environ: os.Environ()})
	if code != 0 || !bytes.Equal(in, out.Bytes()) || errs.String() != "over\n" {
		t.Errorf("exit %d, %d bytes: %.200s", code, out.Len(), errs.String())
	}
}

// TestRunSignals: what ends portmoor gets to the command and to what that has started; who
// catches it ends as it likes, and nothing is left.
func TestRunSignals(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "portmoor")
	command(t, "..", 0, "go", "build", "-o", bin, ".")
	dir := runHere(t)
	log := filepath.Join(dir, "log")
	composeScript(t, `[ "$2" = version ] && exit 0; case "$*" in *down*) echo down >>`+log+`;; esac`)
	for _, c := range []struct {
		flags, script string
		sent          syscall.Signal
		code          int
		want          string
	}{
		{"", "trap 'echo INT >>$L; exit 3' INT", syscall.SIGINT, 3, "INT\n"},
		{"", "trap 'echo TERM >>$L; exit 4' TERM", syscall.SIGTERM, 4, "TERM\n"},
		{"", ":", syscall.SIGTERM, 143, ""},
		{"--down", "trap 'echo INT >>$L; exit 5' INT", syscall.SIGINT, 5, "INT\ndown\n"},
	} {
		_ = os.Remove(log)
		_ = os.Remove(log + ".pid")
		var said bytes.Buffer
		cmd := exec.CommandContext(t.Context(), bin, append(append([]string{"run"}, strings.Fields(c.flags)...), "--", "sh", "-c", c.script+"; sleep 60 >/dev/null 2>&1 & echo $! >$L.pid; wait; wait")...)
		cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "L="+log), &said, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		pid := 0
		for range 1000 {
			src, _ := os.ReadFile(log + ".pid")
			if pid, _ = strconv.Atoi(strings.TrimSpace(string(src))); pid > 0 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err := cmd.Process.Signal(c.sent); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		exit, _ := errors.AsType[*exec.ExitError](err)
		src, _ := os.ReadFile(log)
		if exit == nil || exit.ExitCode() != c.code || string(src) != c.want {
			t.Errorf("%v: %v, %q: %s", c, err, src, said.String())
		}
		for range 100 {
			stat, gone := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // it may wait for whoever has it to see that it has ended
			if err = syscall.Kill(pid, 0); err != nil || gone == nil && bytes.Contains(stat, []byte(") Z ")) {
				err = syscall.ESRCH
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if !errors.Is(err, syscall.ESRCH) && c.sent == syscall.SIGTERM {
			t.Errorf("%v: process %d is left: %v", c, pid, err)
		}
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}
