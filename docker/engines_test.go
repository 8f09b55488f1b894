package docker

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// engineAnswers are what an engine of others says of itself, of a container and of a port
// that it can't bind. testdata/engines has a file for each; source says where it is from.
type engineAnswers struct {
	Source     string
	API        string
	Context    json.RawMessage // as docker context keeps it
	Connection json.RawMessage // as podman system connection keeps it
	Remote     bool
	Ports      json.RawMessage // of a container, in a list
	Bindings   []Binding
	Failures   map[string]int // the host port by the text; 0 where it names none
}

// TestEngines: each engine is found by its own context or connection, its bindings are
// read, and a port that is taken is known by its texts.
func TestEngines(t *testing.T) {
	files, err := filepath.Glob("testdata/engines/*.json")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d engines: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var answers engineAnswers
			if err := json.Unmarshal(src, &answers); err != nil || answers.Source == "" || len(answers.Failures) == 0 {
				t.Fatalf("%v, from %q", err, answers.Source)
			}
			dir := t.TempDir()
			put := func(path, text string) {
				t.Helper()
				path = filepath.Join(dir, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			environ, host := map[string]string{"DOCKER_CONFIG": dir}, ""
			switch {
			case answers.Context != nil:
				var meta struct {
					Name      string
					Endpoints map[string]struct{ Host string }
				}
				if err := json.Unmarshal(answers.Context, &meta); err != nil {
					t.Fatal(err)
				}
				put("contexts/meta/"+contextID(meta.Name)+"/meta.json", string(answers.Context))
				environ["DOCKER_CONTEXT"], host = meta.Name, meta.Endpoints["docker"].Host
			case answers.Connection != nil:
				if _, err := os.Stat("/var/run/docker.sock"); err == nil {
					t.Skip("this machine has a Docker")
				}
				put("connections.json", `{"Connection":{"Default":"it","Connections":{"it":`+string(answers.Connection)+`}}}`)
				environ["PODMAN_CONNECTIONS_CONF"] = filepath.Join(dir, "connections.json")
				var c struct{ URI string }
				if err := json.Unmarshal(answers.Connection, &c); err != nil {
					t.Fatal(err)
				}
				host = c.URI
			}
			if host != "" {
				if u, err := url.Parse(host); filepath.Separator == '/' && err == nil && u.Scheme == "npipe" {
					if _, err := Connect(environ); err == nil || !strings.Contains(err.Error(), host) {
						t.Errorf("a pipe on a system that has none: %v", err)
					}
				} else if e := connect(t, environ); e.Host != host || e.Remote != answers.Remote {
					t.Errorf("found %s, remote: %v", e.Host, e.Remote)
				}
			}
			engine := dockertest.Start(t, "127.0.0.1")
			engine.Version = answers.API
			engine.Set(`[{"Id":"aaa","Names":["/shop-web-1"],"State":"running","Labels":{"com.docker.compose.project":"shop"},"Ports":`+string(answers.Ports)+`}]`, nil)
			got, err := connect(t, map[string]string{"DOCKER_HOST": engine.Endpoint}).Project(t.Context(), "shop")
			if err != nil || len(got) != 1 {
				t.Fatalf("%v, %v", got, err)
			}
			if diff := cmp.Diff(answers.Bindings, got[0].Bindings); diff != "" {
				t.Errorf("bindings (-want +got):\n%s", diff)
			}
			for text, port := range answers.Failures {
				if lost := lostPort(text); lost != port || !says(text, portTaken) {
					t.Errorf("%q: port %d, want %d", text, lost, port)
				}
			}
		})
	}
}

// TestHoldersWithoutFilter: an engine that has no filter for published ports, as Podman,
// is asked for all that run.
func TestHoldersWithoutFilter(t *testing.T) {
	engine := dockertest.Start(t, "127.0.0.1")
	engine.Set(`[{"Id":"aaa","Names":["/other"],"State":"running","Ports":[{"PrivatePort":80,"PublicPort":8080,"Type":"tcp"}]}]`, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Query().Get("filters"), "publish") {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"cause":"publish is an invalid filter","message":"publish is an invalid filter","response":500}`)
			return
		}
		engine.ServeHTTP(w, r)
	}))
	defer server.Close()
	e := connect(t, map[string]string{"DOCKER_HOST": "tcp" + strings.TrimPrefix(server.URL, "http")})
	got, err := e.Holders(t.Context(), []Binding{{HostPort: 8080, Protocol: "tcp"}})
	if err != nil || len(got) != 1 || got[0].Name != "other" || len(got[0].Bindings) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}
