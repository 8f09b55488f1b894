package compose

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func loadFiles(t *testing.T, files map[string]string) *Project {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	return loadIn(dir, LoadOptions{}, "compose.yaml")
}

// TestIncludesOnce: a file that many others include is read once, and its services
// are there once, with their ports; files that lead back to themselves, or are too many,
// are a problem. Each level of files that fan out would double the work.
func TestIncludesOnce(t *testing.T) {
	files := map[string]string{"compose.yaml": "include: [l1a.yaml, l1b.yaml]\n"}
	for i := 1; i < 40; i++ {
		for _, side := range "ab" {
			files[fmt.Sprintf("l%d%c.yaml", i, side)] = fmt.Sprintf("include: [l%da.yaml, l%db.yaml]\n", i+1, i+1)
		}
	}
	files["l40a.yaml"] = "services: {a: {image: x, ports: [\"80:80\"]}}\n"
	files["l40b.yaml"] = "services: {b: {extends: {file: base.yaml, service: base}, ports: [\"81:81\"]}}\n"
	files["base.yaml"] = "services: {base: {image: x, ports: [\"82:82\"]}}\n"
	p := loadFiles(t, files)
	var got []string
	for _, m := range p.Mappings {
		if m.Dropped == Published {
			got = append(got, m.Service+" "+m.HostPort.Text)
		}
	}
	if diff := cmp.Diff([]string{"a 80", "b 81", "b 82"}, got); diff != "" || len(p.Problems) > 0 {
		t.Errorf("%v (-want +got):\n%s", p.Problems, diff)
	}
	for i := range 120 {
		files[fmt.Sprintf("c%d.yaml", i)] = fmt.Sprintf("include: [c%d.yaml]\n", i+1)
	}
	files["compose.yaml"] = "include: [c0.yaml]\n"
	if p := loadFiles(t, files); len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Message, "more than 100 files include each other") {
		t.Error(p.Problems)
	}
}

// TestIncludedAgain: what is included a second time under other variables, or by a file
// that adds to it, means what it means there.
func TestIncludedAgain(t *testing.T) {
	p := loadFiles(t, map[string]string{
		"compose.yaml": "include: [one/compose.yaml, two/compose.yaml]\n",
		"one/.env":     "PORT=81\nNAME=x\n", "two/.env": "PORT=82\nNAME=y\n",
		"one/compose.yaml": "include: [../leaf.yaml]\nservices: {one: {image: x, ports: [\"${PORT}:80\"]}}\n",
		"two/compose.yaml": "include: [../leaf.yaml]\nservices: {two: {image: x, ports: [\"${PORT}:80\"]}}\n",
		"leaf.yaml":        "services: {leaf: {image: x, ports: [\"8${PORT}:80\"]}}\n",
	})
	got := map[string]bool{}
	for _, m := range p.Mappings {
		got[m.Service+" "+m.HostPort.Ports.String()] = true
	}
	want := map[string]bool{"leaf 881": true, "leaf 882": true, "one 81": true, "two 82": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestEnvBounded: env files whose values grow without end are a problem, and others are
// read as they are.
func TestEnvBounded(t *testing.T) {
	doubling := "A=abc\n"
	for range 40 {
		doubling += "A=$A$A\n"
	}
	for name, c := range map[string]struct{ src, want string }{
		"plain":          {"A=1\nB=${A}2\n", ""},
		"doubling":       {doubling, "its values together are longer than 16 MiB"},
		"in quotes":      {"A=\"x\n" + strings.ReplaceAll(doubling, "A=$A$A", "\"\nA=\"$A$A") + "\"\n", "its values together are longer than 16 MiB"},
		"escaped":        {strings.ReplaceAll(doubling, "$A$A", "\"\\0044A\\0044A\""), "its values together are longer than 16 MiB"},
		"exported":       {strings.ReplaceAll(doubling, "A=$A", "export A=$A"), "its values together are longer than 16 MiB"},
		"with defaults":  {strings.ReplaceAll(doubling, "$A$A", "${A:-x}${B:-$A}"), "its values together are longer than 16 MiB"},
		"not replaced":   {strings.ReplaceAll(doubling, "$A$A", "'$A$A'"), ""},
		"many variables": {"A=" + strings.Repeat("$B ", 200_001), "more than 200000 variables in values"},
	} {
		p := loadFiles(t, map[string]string{"compose.yaml": "services: {web: {image: x}}\n", ".env": c.src})
		var got []string
		for _, q := range p.Problems {
			got = append(got, q.Message)
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}
