package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portmoor/portmoor/compose/corpustest"
)

// TestManyCheckouts: detect takes about as long whether a hundred other checkouts have
// ports on this machine or ten thousand. What reads, decodes, looks for or writes each of
// them takes a hundred times as long.
func TestManyCheckouts(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes 10,000 folders")
	}
	detect := func(checkouts int) time.Duration {
		root := t.TempDir()
		dir, ledger := filepath.Join(root, "mine"), filepath.Join(root, "ledger.json")
		put(t, filepath.Join(dir, "compose.yaml"), "services: {web: {image: x, ports: [\"${WEB_HOST_PORT:-28999}:80\"]}}\n")
		var text strings.Builder
		text.WriteString("{\"version\":1,\"checkouts\":{\n")
		for i := range checkouts {
			other := filepath.Join(root, "others", fmt.Sprintf("%05d", i))
			if err := os.MkdirAll(other, 0o755); err != nil {
				t.Fatal(err)
			}
			comma := ","
			if i == checkouts-1 {
				comma = ""
			}
			fmt.Fprintf(&text, "%q:{\"shop data/ports.json\":{\"web\":{\"port\":%d,\"sockets\":[{\"protocol\":\"tcp\"}]}}}%s\n", filepath.ToSlash(other), 30000+i%30000, comma)
		}
		text.WriteString("}}\n")
		t.Chdir(dir)
		spent := corpustest.Spent(t, func() {
			for range 10 { // the processors' time is counted in hundredths of a second
				put(t, ledger, text.String())
				if err := os.RemoveAll("data"); err != nil {
					t.Fatal(err)
				}
				var errs bytes.Buffer
				code := Run(Process{
					Args: []string{"portmoor", "detect"}, Environ: []string{"PORTMOOR_LEDGER=" + ledger, "DOCKER_HOST=unix:///nonexistent.sock"},
					Out: &bytes.Buffer{}, Err: &errs,
				})
				if code != 0 {
					t.Errorf("exit code %d: %s", code, errs.String())
				}
			}
		})
		after, err := os.ReadFile(ledger)
		if err != nil || bytes.Count(after, []byte("\n")) != checkouts+3 {
			t.Errorf("%d lines: %v", bytes.Count(after, []byte("\n")), err)
		}
		return spent
	}
	few, many := detect(100), detect(10_000)
	t.Logf("100: %v, 10,000: %v", few, many)
	if many > 15*few {
		t.Errorf("detect takes %v beside 10,000 checkouts, and %v beside 100", many, few)
	}
}
