package reconcile

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/workspace"
)

// inventory is that of files, given as path and content in turn.
func inventory(t *testing.T, files ...string) *Inventory {
	t.Helper()
	root := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(root, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w, _, err := workspace.Open(workspace.Request{Dir: root, Whole: true, MayBeEmpty: true})
	if err != nil {
		t.Fatal(err)
	}
	inv, _, err := Read(w)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// listening starts a server on a port of this machine and gives its number.
func listening(t *testing.T, handler http.HandlerFunc) int {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().(*net.TCPAddr).Port
}

// What each service answers is what its check says, whatever it speaks.
func TestHealth(t *testing.T) {
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
	files := []string{".portmoor.yaml", "sources: [{path: '*/c.yaml', key: port}]\nreconcile: {health: {version: /version, gone: /gone}}\n"}
	for name, port := range ports {
		files = append(files, name+"/c.yaml", fmt.Sprintf("port: %d\n", port))
	}
	t.Setenv("PATH", t.TempDir())
	got := map[string]string{}
	for _, c := range inventory(t, files...).Health(t.Context()) {
		got[c.Service] = strings.TrimPrefix(c.What, fmt.Sprintf("http://localhost:%d", c.Port)) + " " + c.Result + " " + c.Detail
	}
	for name, want := range map[string]string{
		"well": "/health ok 200 OK", "version": "/version ok 204 No Content", "ill": "/health failed 503 Service Unavailable",
		"mute": "/health skipped answers, and has no /health", "gone": "/gone failed 404 Not Found",
		"ssh": "/health skipped listens, and does not speak HTTP", "pg": "/health skipped listens, and does not speak HTTP",
		"tls": "/health skipped answers, and not as HTTP does", "down": "/health failed connection refused",
	} {
		if !strings.HasPrefix(got[name], want) {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}
