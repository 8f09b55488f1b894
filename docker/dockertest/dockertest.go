// Package dockertest is a Docker engine for tests: it answers with what a real
// one has said.
package dockertest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Serve answers, as API 1.41 does, with a list of containers and what each of
// them is when it is inspected, by id. It listens on a port of the address, and
// returns the endpoint for DOCKER_HOST.
func Serve(t testing.TB, address, list string, inspect map[string]string) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		w.Header().Set("Content-Type", "application/json")
		_, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v"), "/")
		id := strings.TrimSuffix(strings.TrimPrefix(path, "containers/"), "/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
			fmt.Fprint(w, "OK")
		case path == "containers/json" && r.URL.Query().Get("all") == "1":
			fmt.Fprint(w, list)
		case inspect[id] != "":
			fmt.Fprint(w, inspect[id])
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message":"no such container"}`)
		}
	}))
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Listener.Close()
	s.Listener = listener
	s.Start()
	t.Cleanup(s.Close)
	return "tcp" + strings.TrimPrefix(s.URL, "http")
}
