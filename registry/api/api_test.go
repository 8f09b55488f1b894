package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/registry"
)

func example() *registry.Registry {
	r := registry.New(registry.Options{Host: "100.100.100.1"})
	r.Set(registry.Engine, "shop", []registry.Service{
		{Name: "web", Port: 8080, Mode: registry.Docked, State: registry.Up, Health: registry.Healthy},
		{Name: "db", Port: 5432, Mode: registry.Docked, State: registry.Up},
	})
	r.Set(registry.Remembered, "old", []registry.Service{{Name: "web", Port: 10001, Mode: registry.Docked, State: registry.Down}})
	return r
}

// asked is the answer to one request, whose header lines are written behind its body.
func asked(t *testing.T, s http.Handler, method, path, body string, headers ...string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost:8100"+path, strings.NewReader(body))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Set(name, value); name == "Host" {
			r.Host = value
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestRoutes: the paths, fields and status codes of the API that the original has.
func TestRoutes(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	post := func(text string) [3]string { return [3]string{"POST", "/api/services", text} }
	for _, c := range []struct {
		request [3]string
		code    int
		has     string
	}{
		{[3]string{"GET", "/healthz", ""}, 200, `{"service":"service-registry","status":"healthy"}`},
		{[3]string{"GET", "/", ""}, 200, `"services":3`},
		{[3]string{"GET", "/api/services", ""}, 200, `{"count":3,"services":[{"name":"db","host":"100.100.100.1","port":5432,"mode":"docked"`},
		{[3]string{"GET", "/api/services?mode=standalone", ""}, 200, `{"count":0,"services":[]}`},
		{[3]string{"GET", "/api/services?mode=docked&healthy_only=true", ""}, 200, `{"count":1,`},
		{[3]string{"GET", "/api/services?capability=gpu", ""}, 200, `{"count":0,`},
		{[3]string{"GET", "/api/services?mode=flying", ""}, 422, `"mode"`},
		{[3]string{"GET", "/api/services?healthy_only=perhaps", ""}, 422, `"healthy_only"`},
		{[3]string{"GET", "/api/services/web", ""}, 200, `{"name":"web","host":"100.100.100.1","port":8080`},
		{[3]string{"GET", "/api/services/nobody", ""}, 404, `{"detail":"Service not found"}`},
		{[3]string{"GET", "/api/services/" + long, ""}, 404, "Service not found"},
		{[3]string{"DELETE", "/api/services/nobody", ""}, 404, `{"detail":"Service not found"}`},
		{[3]string{"GET", "/api/status", ""}, 200, `"nats_external"`},
		{[3]string{"POST", "/api/discover", `[]`}, 200, `{"count":3,`},
		{[3]string{"POST", "/api/discover", `["gpu"]`}, 200, `{"count":0,`},
		{[3]string{"POST", "/api/discover", `{"capabilities": ["gpu"]}`}, 200, `{"count":0,`},
		{[3]string{"POST", "/api/discover", `{"capabilities": "gpu"}`}, 422, "detail"},
		{[3]string{"POST", "/api/discover", `null`}, 422, "detail"},
		{[3]string{"POST", "/api/discover", strings.Repeat("[", 60_000)}, 422, "detail"},
		{[3]string{"GET", "/nothing", ""}, 404, ""},
		{[3]string{"PUT", "/api/services", "{}"}, 405, ""},
		{post(`{"name": "a", "host": "10.0.0.1", "port": 80}`), 200, `{"service":{"name":"a","host":"10.0.0.1","port":80,"mode":"standalone","capabilities":[],`},
		{post(`{"name": "a", "host": "10.0.0.1", "port": "80", "mode": "docked", "capabilities": ["x"], "health_url": null, "metadata": {"k": [1, {"v": null}]}}`), 200, `"status":"registered"`},
		{post(`{"name": "a", "host": "10.0.0.1", "port": 65535}`), 200, ""},
		{post(`{"name": "a", "host": "10.0.0.1", "port": 0}`), 422, `["body","port"]`},
		{post(`{"name": "a", "host": "10.0.0.1", "port": 70000}`), 422, `["body","port"]`},
		{post(`{"name": "a", "host": "10.0.0.1", "port": -1}`), 422, `["body","port"]`},
		{post(`{"name": "a", "host": "10.0.0.1", "port": 80.5}`), 422, `["body","port"]`},
		{post(`{"name": "a", "host": "10.0.0.1", "port": 1e400}`), 422, ""},
		{post(`{"name": "a", "host": "10.0.0.1", "port": "NaN"}`), 422, ""},
		{post(`{"name": "a", "host": "10.0.0.1", "port": true}`), 422, `["body","port"]`},
		{post(`{"name": "a", "host": "10.0.0.1"}`), 422, `["body","port"]`},
		{post(`{"name": "a", "port": 80}`), 422, `["body","host"]`},
		{post(`{"host": "a", "port": 80}`), 422, `["body","name"]`},
		{post(`{"name": "", "host": "a", "port": 80}`), 422, `["body","name"]`},
		{post(`{"name": "` + long + `", "host": "a", "port": 80}`), 422, `["body","name"]`},
		{post(`{"name": "a\u0000\u001b[31m", "host": "a", "port": 80}`), 422, `["body","name"]`},
		{post(`{"name": "a", "host": "evil.example/x?", "port": 80}`), 422, `["body","host"]`},
		{post(`{"name": "a", "host": "` + long + `", "port": 80}`), 422, `["body","host"]`},
		{post(`{"name": "a", "host": "a", "port": 80, "mode": "flying"}`), 422, `["body","mode"]`},
		{post(`{"name": "a", "host": "a", "port": 80, "health_url": "javascript:alert(1)"}`), 422, `["body","health_url"]`},
		{post(`{"name": "a", "host": "a", "port": 80, "health_url": "file:///etc/passwd"}`), 422, `["body","health_url"]`},
		{post(`{"name": "a", "host": "a", "port": 80, "capabilities": {"gpu": 1}}`), 422, `"capabilities"`},
		{post(`{"name": "a", "host": "a", "port": 80, "metadata": []}`), 422, `"metadata"`},
		{post(`{"name": "a"`), 422, "detail"},
		{post(`[]`), 422, "detail"},
		{post(``), 422, "detail"},
		{post("\xff\xfe{"), 422, "detail"},
		{post(strings.Repeat(`{"metadata":`, 5000)), 422, "detail"},
		{post(`{"name": "a", "host": "a", "port": 80, "metadata": {"x": "` + strings.Repeat("x", 1<<20) + `"}}`), 413, "detail"},
	} {
		s := New(example(), Options{Listen: DefaultListen, Version: "1"})
		code, body := asked(t, s, c.request[0], c.request[1], c.request[2])
		if code != c.code || !strings.Contains(body, c.has) {
			t.Errorf("%.120q: %d, want %d with %q: %.300s", c.request, code, c.code, c.has, body)
		}
		if strings.Contains(c.has, "detail") && !json.Valid([]byte(body)) {
			t.Errorf("%.120q: not JSON: %.300s", c.request, body)
		}
	}
}

// TestUnregister: what was added is taken out, and what the engine runs is not.
func TestUnregister(t *testing.T) {
	s := New(example(), Options{Listen: DefaultListen})
	asked(t, s, "POST", "/api/services", `{"name": "a", "host": "h1", "port": 1}`)
	asked(t, s, "POST", "/api/services", `{"name": "a", "host": "h2", "port": 2}`)
	if code, _ := asked(t, s, "DELETE", "/api/services/a?host=h1", ""); code != 200 {
		t.Error(code)
	}
	if code, body := asked(t, s, "GET", "/api/services/a", ""); code != 200 || !strings.Contains(body, `"h2"`) {
		t.Error(code, body)
	}
	for want, path := range map[int]string{200: "/api/services/a", 404: "/api/services/web"} {
		if code, body := asked(t, s, "DELETE", path, ""); code != want {
			t.Error(code, body)
		}
	}
	if _, body := asked(t, s, "GET", "/api/services", ""); !strings.HasPrefix(body, `{"count":3,`) {
		t.Error(body)
	}
}

// TestGuard: who may ask, and who may write.
func TestGuard(t *testing.T) {
	const service = `{"name": "a", "host": "h1", "port": 1}`
	for _, c := range []struct {
		token, method, path string
		headers             []string
		code                int
	}{
		{"", "GET", "/api/services", nil, 200},
		{"", "GET", "/api/services", []string{"Host: 192.168.1.7:8100"}, 200},
		{"", "GET", "/api/services", []string{"Host: [::1]:8100"}, 200},
		{"", "GET", "/api/services", []string{"Host: mybox:8100"}, 200},
		{"", "GET", "/api/services", []string{"Host: evil.example:8100"}, 403},
		{"", "GET", "/api/services", []string{"Host: localhost.evil.example"}, 403},
		{"", "GET", "/api/services", []string{"Host: evil.example\r\n"}, 403},
		{"", "GET", "/", []string{"Host: evil.example", "Accept: text/html"}, 403},
		{"", "GET", "/api/events", []string{"Origin: http://evil.example"}, 403},
		{"", "GET", "/api/services", []string{"Origin: null"}, 403},
		{"", "POST", "/api/services", []string{"Origin: http://localhost:8100"}, 200},
		{"", "POST", "/api/services", []string{"Origin: http://localhost:9999"}, 403},
		{"", "POST", "/api/services", []string{"Origin: http://evil.example"}, 403},
		{"", "POST", "/api/services", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"", "DELETE", "/api/services/a", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"secret", "POST", "/api/services", nil, 401},
		{"secret", "DELETE", "/api/services/web", nil, 401},
		{"secret", "POST", "/api/services", []string{"Authorization: Bearer secre"}, 401},
		{"secret", "POST", "/api/services", []string{"Authorization: Bearer secrets"}, 401},
		{"secret", "POST", "/api/services", []string{"Authorization: Basic secret"}, 401},
		{"secret", "POST", "/api/services", []string{"Authorization: Bearer secret"}, 200},
		{"secret", "POST", "/api/services", []string{"Authorization: Bearer secret", "Origin: http://evil.example"}, 403},
		{"secret", "GET", "/api/services", nil, 200},
	} {
		s := New(example(), Options{Listen: DefaultListen, Token: c.token, Names: []string{"mybox"}})
		if code, body := asked(t, s, c.method, c.path, service, c.headers...); code != c.code {
			t.Errorf("%+v: %d %.200s", c, code, body)
		}
	}
}

// TestHealthChecks: who answers is healthy, nothing is followed to another host, and no
// address of a machine's own secrets is asked, whatever leads there.
func TestHealthChecks(t *testing.T) {
	hits := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	defer other.Close()
	here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/away":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("x", 64<<10)); err != nil {
					return
				}
			}
		}
	}))
	defer here.Close()
	client := healthClient()
	for path, want := range map[string]registry.Health{
		"/ok": registry.Healthy, "/moved": registry.Healthy, "/away": registry.Unhealthy, "/round": registry.Unhealthy, "/broken": registry.Unhealthy, "/endless": registry.Healthy,
	} {
		if got := check(t.Context(), client, here.URL+path); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	if hits > 0 {
		t.Error("a redirect was followed to another host")
	}
	for address, want := range map[string]bool{
		"127.0.0.1": true, "10.0.0.1": true, "100.100.100.1": true, "[fd00::1]": true,
		"169.254.169.254": false, "[fe80::1%25lo]": false, "[::ffff:169.254.169.254]": false, "100.100.100.200": false, "[fd00:ec2::254]": false, "0.0.0.0": false, "[::]": false,
		"168.63.129.16": false, "192.0.0.192": false, "[64:ff9b::a9fe:a9fe]": false, "[2002:a9fe:a9fe::1]": false, "224.0.0.1": false, "255.255.255.255": false,
	} {
		if got := askable(strings.ReplaceAll(address, "%25", "%") + ":80"); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	for _, text := range []string{"http://169.254.169.254/latest", "http://0.0.0.0:1/", "http://[::ffff:a9fe:a9fe]/", "http://0xa9fea9fe/", fmt.Sprintf("http://%d/", 0xa9fea9fe)} {
		if got := check(t.Context(), client, text); got != registry.Unhealthy {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// TestChallenge: who may not write is told how to ask.
func TestChallenge(t *testing.T) {
	s := New(example(), Options{Listen: DefaultListen, Token: "secret"})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8100/api/services", strings.NewReader("{}")))
	if got := w.Header().Get("WWW-Authenticate"); w.Code != http.StatusUnauthorized || got != "Bearer" {
		t.Errorf("%d, %q", w.Code, got)
	}
}
