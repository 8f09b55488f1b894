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

// Where there is systemd, the units of the services' folders are asked for, and one
// that has failed is exit 1.
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
