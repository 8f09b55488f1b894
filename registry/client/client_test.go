package client

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/registry"
)

// TestHostile: what a server answers does nothing to a terminal, and no password is said.
func TestHostile(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("\x1b]0;taken\x07\nsecond line " + strings.Repeat("x", 1000)))
	}))
	defer server.Close()
	for _, address := range []string{strings.Replace(server.URL, "http://", "http://me:secret@", 1), "http://me:secret@127.0.0.1:1", "ftp://me:secret@hub", "http://me:secret@hub:x\x1b", "http://me:secret@%zz"} {
		c, err := New(address, "")
		if err == nil {
			_, err = c.List(t.Context())
			c.Close()
		}
		if err == nil || strings.Contains(err.Error(), "secret") || strings.ContainsAny(err.Error(), "\x1b\x07\n") || len(err.Error()) > 500 {
			t.Errorf("%s: %q", address, err)
		}
	}
	var b bytes.Buffer
	const odd = "\x1b[31m\nred"
	if err := Write(&b, []registry.Service{{Name: odd, Host: odd, Port: 1, State: odd, Health: odd, Metadata: map[string]any{"project": odd, "address": odd}}}, false); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "\x1b") || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("%q", b.String())
	}
}
