package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
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

// The page is made once for a change, and not once for each viewer.
func TestPageOnce(t *testing.T) {
	r := registry.New(registry.Options{Host: "node1"})
	r.Set(registry.Engine, "many", many(1000, registry.Up))
	s := api.New(r, api.Options{})
	_, first := getPage(t, s)
	began := time.Now()
	for range 1000 {
		getPage(t, s)
	}
	if took := time.Since(began); took > 10*time.Second { // 1,000 pages that are made take more than 20 s
		t.Errorf("1,000 pages take %s", took)
	}
	r.Set(registry.Engine, "many", many(1000, registry.Down))
	if _, page := getPage(t, s); page == first || strings.Count(page, `data-state="down"`) != 1000 {
		t.Error("the page is as it was before the change")
	}
}

// A loopback address is a link for who is on the machine of the service; for others it would
// lead to their own machine.
func TestPageLoopback(t *testing.T) {
	r := registry.New(registry.Options{Host: "node1"})
	bound := map[string]any{"address": "127.0.0.1"}
	r.Set(registry.Engine, "shop", []registry.Service{{Name: "own", Port: 9001, State: registry.Up, Metadata: bound}, {Name: "open", Port: 9002, State: registry.Up}})
	r.Set(registry.Remote, "other", []registry.Service{{Name: "far", Host: "node2", Port: 9003, State: registry.Up, Metadata: bound}, {Name: "nameless", Host: "127.0.0.1", Port: 9004, State: registry.Up}, {Name: "six", Host: "node2", Port: 9005, State: registry.Up, Metadata: map[string]any{"address": "::1"}}})
	if _, err := r.Post(registry.Service{Name: "added", Host: "localhost", Port: 9006}); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string][]string{
		"127.0.0.1:4000": {`>added</a>`, `>own</a>`, `>open</a>`, `>far <small>only on node2</small>`, `>nameless <small>only on its own host</small>`, `>six <small>only on node2</small>`},
		"[::1]:4000":     {`>added</a>`, `>own</a>`},
		"192.0.2.7:4000": {`>added <small>only on its own host</small>`, `>own <small>only on node1</small>`, `>open</a>`, `>far <small>only on node2</small>`},
		"192.0.2.1:4000": {`>own</a>`, `>open</a>`}, // by this machine's own address
	} {
		for _, path := range []string{"/", "/api/events?rows"} {
			ctx := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 8100})
			ctx, stop := context.WithCancel(ctx)
			q := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:8100"+path, nil)
			q.Header.Set("Accept", "text/html")
			q.RemoteAddr = from
			w := httptest.NewRecorder()
			stop() // a stream ends after the rows of all services
			api.New(r, api.Options{}).ServeHTTP(w, q)
			body := w.Body.String()
			if path != "/" {
				_, text, _ := strings.Cut(body, "data: ")
				var rows []struct{ Row string }
				if err := json.Unmarshal([]byte(text), &rows); err != nil {
					t.Fatal(err)
				}
				body = fmt.Sprint(rows)
			}
			for _, part := range want {
				if !strings.Contains(body, part) {
					t.Errorf("%s from %s: no %s in\n%s", path, from, part, body)
				}
			}
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
