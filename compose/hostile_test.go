package compose

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/ports"
)

// TestHostile loads what makes compose-go panic, hang or misplace: each must
// end within a second with a problem, or with mappings that say why they stay.
func TestHostile(t *testing.T) {
	laughs := "x-0: &a0 {a: 1, b: 2}\n"
	for i := 1; i < 60; i++ {
		last, next := string(rune('a'+(i-1)/10))+string(rune('0'+(i-1)%10)), string(rune('a'+i/10))+string(rune('0'+i%10))
		laughs += "x-" + next + ": &" + next + " {<<: [*" + last + ", *" + last + "]}\n"
	}
	for name, c := range map[string]struct{ src, want string }{
		"self merge":       {"services:\n  w: &w\n    image: x\n    <<: *w", "is inside the anchor"},
		"deep flow":        {"x-a: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000), "nested deeper"},
		"deep block":       {deepBlock(300), "nested deeper"},
		"unclosed":         {strings.Repeat("[", 100_000), ""},
		"utf-16 le":        {"\xff\xfes\x00e\x00", "UTF-16"},
		"utf-16 be":        {"\xfe\xff\x00s\x00e", "UTF-16"},
		"utf-16 bare":      {"s\x00e\x00r\x00", "UTF-16"},
		"invalid utf-8":    {"services:\n  web: {image: \"\xff\"}\n", "not valid UTF-8"},
		"control":          {"services: \x01\n", "control character U+0001"},
		"merge laughs":     {laughs, "more than 200000 values"},
		"alias cycle":      {"x-a: &a [1, *a]\n", "is inside the anchor"},
		"too large":        {"# " + strings.Repeat("x", 4<<20), "larger than"},
		"duplicate keys":   {"services:\n  web: {image: x}\n  web: {image: y}\n", "already set on line 2"},
		"template":         {"a: {{ x }}\n", "not a scalar"},
		"number as key":    {"1: x\n", "not text"},
		"list root":        {"- a\n", "not a mapping"},
		"unknown alias":    {"a: *b\n", "not valid YAML"},
		"ports variable":   {"services: {web: {image: x, ports: \"${LIST}\"}}\n", "not a list"},
		"services list":    {"services: [a]\n", ""},
		"service text":     {"services: {web: \"${X}\"}\n", "not a mapping"},
		"include text":     {"include: \"${X}\"\nservices: {}\n", "not a list"},
		"extends missing":  {"services: {web: {extends: nope}}\n", "is not in compose.yaml"},
		"extends itself":   {"services: {web: {extends: web}}\n", "extends itself"},
		"merge of a text":  {"a: {<<: x}\n", "does not name a mapping"},
		"reset root":       {"!reset # x", ""},
		"list in extends":  {"services: {web: {extends: {file: [a], service: b}}}\n", ""},
		"empty":            {"", ""},
		"extends chain":    {"services:\n  s0: {image: x, ports: [\"1:1\"]}\n" + chain(1500), "more than 10000 mappings"},
		"nested variables": {"services: {web: {image: x, ports: [\"" + strings.Repeat("${A:-", 3000) + "1" + strings.Repeat("}", 3000) + ":80\"]}}\n", ""},
		"many keys":        {manyKeys(20_000), ""},
		"many services":    {"services:\n" + repeat("  s%d: {image: x, ports: [\"%d:80\"]}\n", 5000), ""},
		"many entries":     {"services:\n  web:\n    image: x\n    ports:\n" + strings.Repeat("    - 8080:80\n", 100_000), "more than 10000 mappings"},
		"shared many ways": {"x-p: &p [" + strings.Repeat("80,", 20_000) + "]\nservices:\n" + repeat("  s%d: {image: x, ports: *p}\n", 5), "more than 10000 mappings"},
	} {
		t.Run(name, func(t *testing.T) {
			var p *Project
			corpustest.Within(t, name, time.Second, func() {
				p = loadFile([]byte(c.src))
				checkSpans(t, p)
				for _, f := range p.Files {
					f.Values()
				}
			})
			var said []string
			for _, q := range p.Problems {
				said = append(said, q.Message)
			}
			if c.want != "" && !strings.Contains(strings.Join(said, "; "), c.want) {
				t.Errorf("want %q, got %q", c.want, said)
			}
		})
	}
}

// chain is services that each extend the one before and add a mapping.
func chain(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		b.WriteString("  s" + strconv.Itoa(i) + ": {extends: s" + strconv.Itoa(i-1) + ", ports: [\"" + strconv.Itoa(i+1) + ":1\"]}\n")
	}
	return b.String()
}

func deepBlock(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func repeat(format string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "%d", itoa(i)))
	}
	return b.String()
}

func itoa(i int) string { return ports.Range{First: i + 1, Last: i + 1}.String() }

func manyKeys(n int) string { return "x-a:\n" + repeat("  k%d: 1\n", n) }

// TestWideRange: one interval for us, and compose-go is not asked.
func TestWideRange(t *testing.T) {
	p := loadFile([]byte("services: {web: {image: x, ports: [\"1-65535:1-65535\"]}}\n"))
	if len(p.Mappings) != 1 || !strings.Contains(p.Mappings[0].Locked, "wider than") || p.Loadable() == nil {
		t.Errorf("got %v, loadable: %v", describeAll(p), p.Loadable())
	}
}

// TestOddIncludes: files that can't be included are problems at the include.
func TestOddIncludes(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "compose.yaml"), "include:\n  - folder\n  - missing.yaml\n  - loop.yaml\n  - oci://host/x\nservices: {}\n")
	write(t, filepath.Join(dir, "loop.yaml"), "include: [loop.yaml]\n")
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := loadIn(dir, LoadOptions{})
	got := describeAll(p)
	for _, want := range []string{
		`compose.yaml:2:5: include "folder": not a regular file`,
		`compose.yaml:3:5: include "missing.yaml": no such file`,
		`loop.yaml:1:11: include "loop.yaml" leads back to itself`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in:\n%s", want, got)
		}
	}
	if len(p.Unseen) != 1 || !strings.Contains(p.Unseen[0].Message, "remote") {
		t.Errorf("unseen: %v", p.Unseen)
	}
}
