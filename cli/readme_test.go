package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	consoleBlock = regexp.MustCompile("(?ms)^```console\n(.*?)^```$")
	configBlock  = regexp.MustCompile("(?ms)^```yaml\n(strategy:.*?)^```$")
)

// TestREADME runs what the README shows: the output must be what it prints, but
// where a line "…" stands for lines left out.
func TestREADME(t *testing.T) {
	readme := readREADME(t)
	t.Chdir("..")
	blocks := consoleBlock.FindAllStringSubmatch(readme, -1)
	if len(blocks) < 2 {
		t.Fatalf("%d transcripts", len(blocks))
	}
	for _, block := range blocks {
		command, want, _ := strings.Cut(strings.TrimPrefix(block[1], "$ "), "\n")
		t.Run(command, func(t *testing.T) {
			var out bytes.Buffer
			Run(Process{Args: strings.Fields(command), Out: &out, Err: &out})
			got := out.String()
			for i, part := range strings.Split(want, "…\n") {
				at := strings.Index(got, part)
				if at < 0 || i == 0 && at > 0 {
					t.Fatalf("not printed:\n%s\nof:\n%s", part, out.String())
				}
				got = got[at+len(part):]
			}
			if got != "" {
				t.Errorf("also printed:\n%s", got)
			}
		})
	}
}

// TestREADMEConfiguration accepts the configuration that the README shows.
func TestREADMEConfiguration(t *testing.T) {
	blocks := configBlock.FindAllStringSubmatch(readREADME(t), -1)
	if len(blocks) == 0 {
		t.Fatal("no configuration")
	}
	dir := t.TempDir()
	for _, block := range blocks {
		for path, text := range map[string]string{
			".portmoor.yaml":     block[1],
			"docker-compose.yml": "services: {web: {image: example/web}}\n", "docker-compose.prod.yml": "services: {web: {}}\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if code := Run(Process{Args: []string{"portmoor", "lint", dir}, Out: &out, Err: &out}); code != 0 {
			t.Errorf("exit code %d: %s", code, out.String())
		}
	}
}

func readREADME(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(readme)
}
