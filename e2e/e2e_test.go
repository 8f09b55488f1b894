// Package e2e holds the tests against a real engine and a real docker compose.
// e2e/run starts both and runs them; without it they are skipped.
package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const image = "portmoor-e2e"

// TestMain builds the image of the services, which can't be pulled.
func TestMain(m *testing.M) {
	home := os.Getenv("PORTMOOR_E2E")
	if home == "" {
		fmt.Fprintln(os.Stderr, "skipped: e2e/run runs these tests, with an engine of their own")
		os.Exit(0)
	}
	if err := buildImage(home); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// dockerfile has folders as images have them: one that everybody may write to,
// and one that is a link.
const dockerfile = `FROM scratch
COPY root /
COPY service /service
ENTRYPOINT ["/service"]
`

func buildImage(home string) error {
	dir := filepath.Join(home, "image")
	tmp := filepath.Join(dir, "root", "tmp")
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o777|os.ModeSticky); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "root", "run"), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, "root", "var"), 0o755); err != nil {
		return err
	}
	if err := os.Symlink("/run", filepath.Join(dir, "root", "var", "run")); err != nil {
		return err
	}
	// What the healthchecks of examples/pmoves wait for.
	if err := os.Mkdir(filepath.Join(dir, "root", "bin"), 0o755); err != nil {
		return err
	}
	for _, name := range []string{"sh", "bash", "wget", "curl", "pg_isready", "mc"} {
		if err := os.Symlink("/service", filepath.Join(dir, "root", "bin", name)); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(home, "service"), filepath.Join(dir, "service")); err != nil {
		return err
	}
	build := exec.CommandContext(context.Background(), "docker", "build", "-q", "-t", image, dir)
	build.Env = append(os.Environ(), "DOCKER_BUILDKIT=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("docker build: %w: %s", err, out)
	}
	return nil
}

// stack is a folder with a compose project.
type stack struct {
	t   *testing.T
	dir string
	env []string // in addition to that of the test
}

// newStack makes a folder of that name with a compose file; IMAGE stands for the
// image. What was started of it is removed after the test.
func newStack(t *testing.T, name, files string) *stack {
	t.Helper()
	s := &stack{t: t, dir: filepath.Join(t.TempDir(), name)}
	s.write("compose.yaml", strings.ReplaceAll(files, "IMAGE", image))
	t.Cleanup(func() {
		s.env = nil
		s.try("docker", "compose", "--profile", "*", "down", "--remove-orphans", "-t", "0", "-v")
	})
	return s
}

func (s *stack) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// result is what a command did.
type result struct {
	code     int
	out, err string
}

// command is a command in the folder of the stack; portmoor is the one that was
// built.
func (s *stack) command(name string, args ...string) *exec.Cmd {
	if name == "portmoor" {
		name = filepath.Join(os.Getenv("PORTMOOR_E2E"), "portmoor")
	}
	c := exec.CommandContext(context.Background(), name, args...)
	c.Dir, c.Env = s.dir, append(os.Environ(), s.env...)
	return c
}

// try runs a command, which may fail.
func (s *stack) try(name string, args ...string) result {
	s.t.Helper()
	c := s.command(name, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil && c.ProcessState == nil {
		s.t.Fatal(err)
	}
	return result{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// run runs a command, which has to succeed, and returns what it prints.
func (s *stack) run(name string, args ...string) string {
	s.t.Helper()
	r := s.try(name, args...)
	if r.code != 0 {
		s.t.Fatalf("%s %s: exit %d: %s%s", name, strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

// fails runs a command, which has to end with a code and say something of it.
func (s *stack) fails(code int, says, name string, args ...string) {
	s.t.Helper()
	if r := s.try(name, args...); r.code != code || !strings.Contains(r.err, says) {
		s.t.Errorf("%s %s: exit %d, want %d and %q: %s%s", name, strings.Join(args, " "), r.code, code, says, r.out, r.err)
	}
}

// port is what portmoor port says of a service: address and port.
func (s *stack) port(service string, args ...string) string {
	s.t.Helper()
	if len(args) == 0 {
		args = []string{"80"}
	}
	return strings.TrimSpace(s.run("portmoor", append([]string{"port", "--wait", "10s", service}, args...)...))
}

// get is the answer of a service; it may take a moment to start.
func (s *stack) get(address, path string) string {
	s.t.Helper()
	address = strings.Replace(address, "0.0.0.0:", "127.0.0.1:", 1)
	var last error
	for range 100 {
		request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+address+path, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			last = err
			time.Sleep(50 * time.Millisecond)
			continue
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			s.t.Fatalf("http://%s%s: %s: %s", address, path, response.Status, text)
		}
		return string(text)
	}
	s.t.Fatal(last)
	return ""
}

// reaches checks that a service answers on the port that portmoor port gives.
func (s *stack) reaches(service, who string, args ...string) {
	s.t.Helper()
	if got := s.get(s.port(service, args...), "/"); !strings.HasPrefix(got, who+" ") {
		s.t.Errorf("%s %v answers as %q, want %q", service, args, got, who)
	}
}

// hold listens on a port of every interface until the test ends.
func hold(t *testing.T, port int) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// contains checks what a command has printed.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}

// background is a command that goes on, and writes to files.
type background struct {
	*exec.Cmd

	t             *testing.T
	printed, said *os.File
}

// started starts a command of the stack, which is killed at the end of the test.
func (s *stack) started(in *os.File, name string, args ...string) *background {
	s.t.Helper()
	b := &background{Cmd: s.command(name, args...), t: s.t}
	for _, f := range []**os.File{&b.printed, &b.said} {
		file, err := os.CreateTemp(s.t.TempDir(), "")
		if err != nil {
			s.t.Fatal(err)
		}
		*f = file
	}
	b.Stdout, b.Stderr = b.printed, b.said
	if in != nil {
		b.Stdin = in
	}
	if err := b.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = b.Process.Kill() })
	return b
}

func (b *background) out() string { return b.read(b.printed) }

func (b *background) err() string { return b.read(b.said) }

func (b *background) read(f *os.File) string {
	b.t.Helper()
	src, err := os.ReadFile(f.Name())
	if err != nil {
		b.t.Fatal(err)
	}
	return string(src)
}

// waitFor waits until a command has printed or said a text.
func (b *background) waitFor(t *testing.T, text string) {
	t.Helper()
	for range 300 {
		if strings.Contains(b.out()+b.err(), text) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no %q in: %s%s", text, b.out(), b.err())
}

// interrupt ends a command as Ctrl-C does, and returns its exit code.
func (b *background) interrupt(t *testing.T) int {
	t.Helper()
	if err := b.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(20*time.Second, func() { _ = b.Process.Kill() })
	defer timer.Stop()
	_ = b.Wait()
	return b.ProcessState.ExitCode()
}
