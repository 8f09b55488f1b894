//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestEngineSpeaksUnasked: what the HTTP client notes about an engine that answers twice is for nobody; it has
// the engine's bytes in it.
func TestEngineSpeaksUnasked(t *testing.T) {
	var noted bytes.Buffer
	log.SetOutput(&noted)
	defer log.SetOutput(os.Stderr)
	socket := filepath.Join(t.TempDir(), "docker.sock")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				for r := bufio.NewReader(c); ; {
					if _, err := http.ReadRequest(r); err != nil {
						return
					}
					fmt.Fprint(c, "HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]")
					time.Sleep(20 * time.Millisecond)
					fmt.Fprint(c, "HTTP/1.1 200 \x1b[31mhello\r\n\r\n")
				}
			}()
		}
	}()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte("services: {web: {image: x, ports: ['8080:80']}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	var out, errs bytes.Buffer
	Run(Process{
		Args: []string{"portmoor", "port", "web", "--wait", "300ms"}, Out: &out, Err: &errs,
		Environ: []string{"DOCKER_HOST=unix://" + socket, "PORTMOOR_LEDGER=" + filepath.Join(dir, "ledger.json")},
	})
	if noted.Len() > 0 || bytes.Contains(errs.Bytes(), []byte("hello")) {
		t.Errorf("%q, %q", noted.String(), errs.String())
	}
}
