package api

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portmoor/portmoor/registry"
)

// TestMetrics holds the names and the form of what Prometheus is told: each line is one
// of its text format, and what a guest calls its host is one value, whatever is in it.
func TestMetrics(t *testing.T) {
	r := registry.New(registry.Options{Host: `a"b\c` + "\n" + `x{y="z"} 1`})
	r.Replace(registry.Engine, map[string][]registry.Service{"p": {{Name: "web", Port: 8080, Mode: registry.Docked, State: registry.Up}}})
	s := New(r, Options{Listen: "127.0.0.1:0"})
	s.Connected(true)
	s.EngineBack()
	s.EngineEvent(30 * time.Millisecond)
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		req.Host, req.RemoteAddr = "127.0.0.1:8500", "127.0.0.1:1"
		s.ServeHTTP(w, req)
		return w
	}
	get("/healthz")
	w := get("/metrics")
	if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Fatalf("%d, %s", w.Code, got)
	}
	lines := strings.Split(strings.TrimSuffix(w.Body.String(), "\n"), "\n")
	line := regexp.MustCompile(`^(# HELP [a-z_]+ [A-Z0-9].*\.|# TYPE [a-z_]+ [a-z]+|[a-z_]+(\{([a-z]+="([^"\\\n]|\\[\\"n])*",?)+\})? [0-9.e+-]+)$`)
	for _, l := range lines {
		if !line.MatchString(l) {
			t.Errorf("no line of the format: %q", l)
		}
	}
	for _, want := range []string{
		`# TYPE portmoor_services gauge`,
		`portmoor_services{host="a\"b\\c\nx{y=\"z\"} 1",state="up"} 1`,
		`portmoor_requests_total{code="200",route="GET /healthz"} 1`,
		`portmoor_request_seconds_count{route="GET /healthz"} 1`,
		`# TYPE portmoor_request_seconds histogram`,
		`portmoor_event_streams 0`,
		`portmoor_engine_event_lag_seconds_bucket{le="0.04"} 1`,
		`portmoor_engine_event_lag_seconds_bucket{le="0.02"} 0`,
		`portmoor_engine_reconnects_total 1`,
		`portmoor_nats_connected 1`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is missing in\n%s", want, w.Body)
		}
	}
}
