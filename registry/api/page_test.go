package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/registry/api"
)

const scriptName = `<script>document.title="taken"</script>`

// hostile are services as other hosts and engines may tell of them.
func hostile() []registry.Service {
	return []registry.Service{
		{Name: scriptName, Port: 9001, State: registry.Up, Capabilities: []string{`"><img src=x onerror=alert(1)>`}, Metadata: map[string]any{"default": `"><script>alert(2)</script>`, "container_port": []any{1}}},
		{Name: "strange-host", Host: "javascript:alert(1)//", Port: 9002, State: registry.Up},
		{Name: "strange-address", Port: 9003, State: registry.Up, Metadata: map[string]any{"address": `javascript:alert(1)"onclick="alert(1)`}},
		{Name: "datagrams", Port: 9004, State: registry.Up, Metadata: map[string]any{"protocol": "udp", "container_port": 53}},
	}
}

func getPage(t *testing.T, s *api.Server) (http.Header, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "http://127.0.0.1:8100/", nil)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	return w.Header(), w.Body.String()
}

// Without JavaScript the page is a table with all that is known of a service.
func TestPageTable(t *testing.T) {
	r := registry.New(registry.Options{Host: "node1", Now: func() time.Time { return time.Date(2026, 1, 31, 12, 5, 0, 0, time.UTC) }})
	r.Set(registry.Engine, "shop", []registry.Service{{Name: "web", Port: 18080, State: registry.Up, Health: registry.Healthy, Metadata: map[string]any{
		"container_port": 80, "protocol": "tcp", "assigned": 18081, "default": 8080,
		"ports": []struct {
			Container int `json:"container"`
			Host      int `json:"host"`
		}{{80, 18080}, {81, 18090}, {81, 18090}},
	}}})
	r.Set(registry.Remembered, "idle", []registry.Service{{Name: "db", Port: 15432, State: registry.Down, Metadata: map[string]any{"assigned": 15432}}})
	_, page := getPage(t, api.New(r, api.Options{}))
	for _, want := range []string{
		`<a href="http://node1:18080/" rel="noreferrer">web</a>`, `data-label="Project">shop</td>`, `data-label="State">up, healthy</td>`,
		`data-label="Live port">18080, 18090</td>`, `data-label="Container port">80</td>`, `data-label="Assigned port">18081</td>`,
		`data-label="Default port">8080</td>`, `data-label="Host">node1</td>`, `<time datetime="2026-01-31T12:05:00Z">2026-01-31 12:05</time>`,
		`data-label="State">down</td><td role="cell" data-label="Live port"></td>`, `data-label="Assigned port">15432</td>`, `2 services`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}

// What others say is text on the page, and links lead to the web.
func TestPageHostile(t *testing.T) {
	r := registry.New(registry.Options{Host: "node1"})
	r.Set(registry.Engine, "odd", hostile())
	_, page := getPage(t, api.New(r, api.Options{}))
	if got := strings.Count(page, "<script"); got != 1 {
		t.Errorf("%d scripts", got)
	}
	if strings.Contains(page, "<img") {
		t.Error("a capability is markup")
	}
	hrefs := regexp.MustCompile(`<a href="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(hrefs) == 0 {
		t.Error("no links")
	}
	for _, href := range hrefs {
		if !regexp.MustCompile(`^https?://[^/]`).MatchString(href[1]) {
			t.Errorf("a link to %s", href[1])
		}
	}
	if regexp.MustCompile(`<a [^>]*>datagrams`).MatchString(page) {
		t.Error("a service of UDP has a link")
	}
}

// The policy allows what the page has, by its hash, and nothing from elsewhere.
func TestPagePolicy(t *testing.T) {
	header, page := getPage(t, api.New(registry.New(registry.Options{}), api.Options{}))
	policy := header.Get("Content-Security-Policy")
	for _, element := range []string{"style", "script"} {
		_, rest, _ := strings.Cut(page, "<"+element+">")
		text, _, found := strings.Cut(rest, "</"+element+">")
		sum := sha256.Sum256([]byte(text))
		want := fmt.Sprintf("%s-src 'sha256-%s'", element, base64.StdEncoding.EncodeToString(sum[:]))
		if !found || !strings.Contains(policy, want) {
			t.Errorf("no %s in %s", want, policy)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
		t.Errorf("got %s", policy)
	}
	for _, bad := range regexp.MustCompile(`(?i) on[a-z]+="|(src|href)="(https?:)?//|@import|url\(`).FindAllString(page, -1) {
		t.Errorf("the page has %s", bad)
	}
}
