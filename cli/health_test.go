package cli

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// listening starts a server on a port of this machine and gives its number.
func listening(t *testing.T, handler http.HandlerFunc) int {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().(*net.TCPAddr).Port
}

// What each service answers is what the table says, and one that fails is exit 1.
func TestReconcileHealth(t *testing.T) {
	var config net.ListenConfig
	saying := func(text string) int {
		raw, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { raw.Close() })
		go func() {
			for {
				c, err := raw.Accept()
				if err != nil {
					return
				}
				fmt.Fprint(c, text)
				c.Close()
			}
		}()
		return raw.Addr().(*net.TCPAddr).Port
	}
	closed, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	status := func(path string, code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path {
				code = http.StatusNotFound
			}
			w.WriteHeader(code)
		}
	}
	ports := map[string]int{
		"well": listening(t, status("/health", 200)), "version": listening(t, status("/version", 204)),
		"ill": listening(t, status("/health", 503)), "mute": listening(t, status("/other", 200)), "gone": listening(t, status("/other", 200)),
		"ssh": saying("SSH-2.0\n"), "pg": saying(""), "tls": listening(t, status("/health", 400)), "down": closed.Addr().(*net.TCPAddr).Port,
	}
	t.Chdir(t.TempDir())
	for name, port := range ports {
		if err := os.MkdirAll(name, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(name, "c.yaml"), fmt.Appendf(nil, "port: %d\n", port), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	conf := "sources: [{path: '*/c.yaml', key: port}]\nreconcile: {health: {version: /version, gone: /gone}}\n"
	if err := os.WriteFile(".portmoor.yaml", []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	code, out, errs := reconciled(t, "--verify", "--health")
	if code != exitFindings {
		t.Error(code, errs)
	}
	for name, want := range map[string]string{
		"well": "/health ok 200 OK", "version": "/version ok 204 No Content", "ill": "/health failed 503 Service Unavailable",
		"mute": "/health skipped answers, and has no /health", "gone": "/gone failed 404 Not Found",
		"ssh": "/health skipped listens, and does not speak HTTP", "pg": "/health skipped listens, and does not speak HTTP",
		"tls": "/health skipped answers, and not as HTTP does", "down": "/health failed connection refused",
	} {
		want = fmt.Sprintf("%s %d http://localhost:%d%s", name, ports[name], ports[name], want)
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// Where there is systemd, the units of the services' folders are asked for.
func TestReconcileSystemd(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no systemd")
	}
	bin := t.TempDir()
	script := `#!/bin/sh
for unit; do :; done
case "$unit" in
  up.service) printf 'LoadState=loaded\nActiveState=active\n' ;;
  failed.service) printf 'LoadState=loaded\nActiveState=failed\n' ;;
  *) printf 'LoadState=not-found\nActiveState=inactive\n' ;;
esac
`
	if err := os.WriteFile(filepath.Join(bin, "systemctl"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	ok := func(w http.ResponseWriter, _ *http.Request) {}
	t.Chdir(t.TempDir())
	for dir, unit := range map[string]string{"a": "up", "b": "failed", "c": "missing"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for path, text := range map[string]string{"c.yaml": fmt.Sprintf("port: %d\n", listening(t, ok)), unit + ".service": "[Service]\n"} {
			if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(".portmoor.yaml", []byte("sources: [{path: '*/c.yaml', key: port}]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	code, out, _ := reconciled(t, "--verify", "--health")
	got := strings.Join(strings.Fields(out), " ")
	if code != exitFindings || !strings.Contains(got, "up.service ok active") || !strings.Contains(got, "failed.service failed failed") || strings.Contains(got, "missing") {
		t.Errorf("%d\n%s", code, out)
	}
}
