package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose/corpustest"
)

// guideParts are what is copied of the guide: its headings, its blocks and its table.
var guideParts = regexp.MustCompile("(?ms)^```.*?^```$|^[#|].*?$")

// TestGuideCopy: the copy of the guide has every heading, block and row of it.
func TestGuideCopy(t *testing.T) {
	seed, err := os.ReadFile(filepath.Join(corpustest.Dir(t), "..", "seeds", "dynamic-ports-guide.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := guideParts.FindAllString(string(seed), -1)
	if len(want) < 100 {
		t.Fatalf("%d parts", len(want))
	}
	if diff := cmp.Diff(want, guideParts.FindAllString(readGuide(t), -1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func readGuide(t *testing.T) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "e2e", "testdata", "guide.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// guideNames are the keys of what the guide's table calls otherwise.
var guideNames = map[string]string{
	"NATS Monitoring":   "nats:8222",
	"Postgres/Supabase": "postgres",
	"MinIO Console":     "minio:9001",
	"Agent Zero UI":     "agent-zero:8081",
	"Hi-RAG v2":         "hi-rag-gateway-v2",
	"Hi-RAG v2 GPU":     "hi-rag-gateway-v2-gpu",
	"Flute Gateway WS":  "flute-gateway:8056",
}

// TestPMOVESTable: examples/pmoves has every row of the guide's table, with its port.
func TestPMOVESTable(t *testing.T) {
	rows := regexp.MustCompile(`(?m)^\| ([^|*]+) \| (\d+) \| [^|]+ \|$`).FindAllStringSubmatch(readGuide(t), -1)
	if len(rows) != 43 {
		t.Fatalf("%d rows", len(rows))
	}
	t.Chdir(filepath.Join("..", "examples", "pmoves"))
	ask := func(args ...string) (code int, out, errs string) {
		var o, e bytes.Buffer
		environ := []string{"PORTMOOR_LEDGER=" + filepath.Join(t.TempDir(), "ledger.json"), "DOCKER_HOST=unix:///nonexistent/docker.sock"}
		args = append(append([]string{"portmoor"}, args...), "-f", "docker-compose.yml", "-f", "docker-compose.workers.yml")
		code = Run(Process{Args: args, Environ: environ, Out: &o, Err: &e})
		return code, o.String(), e.String()
	}
	_, out, errs := ask("show", "--format", "json")
	var shown struct {
		Ports []struct {
			Key     string
			Default string
		}
	}
	if err := json.Unmarshal([]byte(out), &shown); err != nil {
		t.Fatalf("%v: %s", err, errs)
	}
	defaults := map[string]string{}
	for _, p := range shown.Ports {
		defaults[p.Key] = p.Default
	}
	for _, row := range rows {
		key := guideNames[row[1]]
		if key == "" {
			key = strings.NewReplacer(" ", "-", ".", "-").Replace(strings.ToLower(row[1]))
		}
		switch got, ok := defaults[key]; {
		case row[2] == "0": // it publishes none, and is there
			if code, _, errs := ask("get", key); ok || code == 0 || !strings.Contains(errs, "publishes no") {
				t.Errorf("%s: port %q: %d: %s", key, got, code, errs)
			}
		case got != row[2]:
			t.Errorf("%s has port %q, and %s in the guide", key, got, row[2])
		}
	}
}
