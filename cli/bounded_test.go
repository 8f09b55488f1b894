package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portmoor/portmoor/compose/corpustest"
)

// shape is a kind of input that can be as long as somebody likes.
type shape struct {
	files func(n int) map[string]string
	some  int // of which a run takes long enough to be measured
	all   int // that fit into 4 MiB
}

func composeOf(text string) map[string]string { return map[string]string{"compose.yaml": text} }

// one is a project of one service, with something behind it.
func one(more string) string {
	return "services:\n  w:\n    image: x\n    ports: [\"${A:-80}:80\"]\n" + more
}

// shapes are those whose work was once more than in step with their length.
var shapes = map[string]shape{
	"services": {func(n int) map[string]string {
		return composeOf("services:\n" + lines(n, "  s%d: {image: x, ports: [\"%d:80\"]}\n"))
	}, 2_000, 80_000},
	"ports of one service": {func(n int) map[string]string {
		return composeOf("services:\n  w:\n    image: x\n    ports:\n" + lines(n, "      - \"%d:80\"\n"))
	}, 4_000, 190_000},
	"one port": {func(n int) map[string]string {
		return composeOf("services:\n" + lines(n, "  s%d: {image: x, ports: [\"80:80\"], profiles: [p%d]}\n"))
	}, 2_000, 70_000},
	"one variable": {func(n int) map[string]string {
		return composeOf("services:\n" + lines(n, "  s%d: {image: x, ports: [\"${V:-8080}:80\"]}\n")) // and one env file sets it
	}, 2_000, 80_000},
	"aliases": {func(n int) map[string]string {
		return composeOf("x-p:\n" + lines(n, "  - &a%d \"%d:80\"\n") + "services:\n  w:\n    image: x\n    ports:\n" + lines(n, "      - *a%d\n"))
	}, 2_000, 100_000},
	"merge keys": {func(n int) map[string]string {
		return composeOf(lines(n, "x-%d: &a%d {image: x, ports: [\"%d:80\"]}\n") + "services:\n" + lines(n, "  s%d: {<<: *a%d}\n"))
	}, 2_000, 20_000},
	"deep": {func(n int) map[string]string {
		return composeOf(one(lines(n, "  s%d: {image: x, x-d: "+strings.Repeat("[", 90)+strings.Repeat("]", 90)+"}\n")))
	}, 400, 2_000},
	"a long text": {func(n int) map[string]string {
		return composeOf(one("    command: \"" + strings.Repeat("${A:-81} ", n) + "\"\n"))
	}, 10_000, 450_000},
	"texts": {func(n int) map[string]string {
		return composeOf(one("    environment:\n" + lines(n, "      V%d: http://localhost:9/\n")))
	}, 4_000, 90_000},
	"comments": {func(n int) map[string]string {
		return composeOf(one(strings.Repeat("# portmoor:ignore hardcoded-host-port x\n", n)))
	}, 10_000, 100_000},
	"comments in one line": {func(n int) map[string]string {
		return composeOf(one(strings.Repeat("# portmoor:ignore a, ", n) + "\n"))
	}, 10_000, 190_000},
	"documents": {func(n int) map[string]string {
		return composeOf(lines(n, "services: {s%d: {image: x, ports: [\"%d:80\"]}}\n---\n"))
	}, 2_000, 60_000},
	"includes": {func(n int) map[string]string {
		files := composeOf("include:\n" + lines(n, "  - i%d.yaml\n"))
		for i := range n {
			files[fmt.Sprintf("i%d.yaml", i+1)] = fmt.Sprintf("services: {s%d: {image: x, ports: [\"%d:80\"]}}\n", i, i+1)
		}
		return files
	}, 300, 0},
	"includes that fan out": {func(n int) map[string]string {
		files := composeOf("include: [l1a.yaml, l1b.yaml]\n")
		for i := 1; i < n; i++ {
			for _, side := range "ab" {
				files[fmt.Sprintf("l%d%c.yaml", i, side)] = fmt.Sprintf("include: [l%da.yaml, l%db.yaml]\n", i+1, i+1)
			}
		}
		for _, side := range "ab" {
			files[fmt.Sprintf("l%d%c.yaml", n, side)] = fmt.Sprintf("services: {w%c: {image: x, ports: [\"80:80\"]}}\n", side)
		}
		return files
	}, 12, 90},
	"extends": {func(n int) map[string]string {
		return composeOf("services:\n  s0: {image: x, ports: [\"80:80\"]}\n" + lines(n, "  s%d: {extends: s0}\n") + lines(n, "  t%d: {extends: s%d}\n"))
	}, 2_000, 40_000},
	"env file": {func(n int) map[string]string {
		return map[string]string{"compose.yaml": one(""), ".env": lines(n, "V%d_HOST_PORT=8080\n")}
	}, 4_000, 170_000},
	"env file that is used": {func(n int) map[string]string {
		return map[string]string{"compose.yaml": "services:\n" + lines(n, "  s%d: {image: x, ports: [\"${V%d_HOST_PORT}:80\"]}\n"), ".env": lines(n, "V%d_HOST_PORT=8080\n")}
	}, 2_000, 60_000},
	"env file that doubles": {func(n int) map[string]string {
		return map[string]string{"compose.yaml": one(""), ".env": "V0=abc\n" + doubling(n)}
	}, 20, 90_000},
	"unknown keys": {func(n int) map[string]string { return composeOf(one(lines(n, "    k%d: v\n"))) }, 4_000, 90_000},
	"unknown keys of services": {func(n int) map[string]string {
		return composeOf("services:\n" + lines(n, "  s%d: {image: x, foo: 1, depends_on: 3}\n"))
	}, 2_000, 30_000},
	"a long key": {func(n int) map[string]string { return composeOf("? " + strings.Repeat("k", n) + "\n: 1\n" + one("")) }, 100_000, 4_000_000},
	"profiles": {func(n int) map[string]string {
		return composeOf(one("    profiles:\n"+lines(n, "      - p%d\n")) + "  v:\n    image: x\n    ports: [\"80:80\"]\n    profiles:\n" + lines(n, "      - q%d\n"))
	}, 4_000, 90_000},
	"full ranges": {func(n int) map[string]string {
		return composeOf("services:\n" + lines(n, "  s%d: {image: x, ports: [\"1-65535:1-65535\", \"1-65535:1-65535/udp\"]}\n"))
	}, 200, 50_000},
	"ranges that overlap": {func(n int) map[string]string {
		return composeOf("services:\n  w:\n    image: x\n    ports:\n" + lines(n, "      - \"%d-60000:%d-60000\"\n"))
	}, 200, 110_000},
	"remembered ports": {func(n int) map[string]string {
		return map[string]string{"compose.yaml": one(""), "data/ports.json": "{" + strings.TrimSuffix(lines(n, "\"s%d\": %d,"), ",") + "}"}
	}, 2_000, 90_000},
	"an overlay": {func(n int) map[string]string {
		return map[string]string{"compose.yaml": "services:\n" + lines(n, "  s%d: {image: x}\n"), "compose.dev.yaml": "services:\n" + lines(n, "  t%d: {init: true}\n")}
	}, 2_000, 60_000},
	"projects with one env file": {func(n int) map[string]string {
		files := map[string]string{".portmoor.yaml": "env_files: [all.env]\n", "all.env": lines(2_000, "V%d_HOST_PORT=http://localhost:9/\n")}
		for i := range n {
			files[fmt.Sprintf("p%d/compose.yaml", i)] = one("")
		}
		return files
	}, 50, 0},
	"marks of templates": {func(n int) map[string]string {
		return composeOf("{% {{\n" + strings.Repeat("{# #}{{<%", n)) // passed over, or not valid
	}, 20_000, 400_000},
	"commands": {func(n int) map[string]string {
		return map[string]string{"compose.yaml": one(""), "compose.x.yaml": one(""), "Makefile": "a:\n" + lines(n, "\tcd a%d; docker compose -f compose.yaml -f compose.x.yaml up\n")}
	}, 2_000, 4_000},
	"variables of a Makefile": {func(n int) map[string]string {
		return map[string]string{"compose.yaml": one(""), "Makefile": "V0 = docker compose\n" + lines(n, "V%[1]d = $(V%[1]d) $(V0)$(V0)\n") + "a:\n" + lines(n, "\t$(V%d) up\n")}
	}, 2_000, 5_000},
	"a script": {func(n int) map[string]string {
		return map[string]string{"compose.yaml": one(""), "x.sh": "# docker compose\n" + strings.Repeat("(( $( \"${A\n if x; cd a\n", n)}
	}, 4_000, 9_000},
	"a script's words": {func(n int) map[string]string {
		return map[string]string{"compose.yaml": one(""), "x.sh": "A=\"" + strings.Repeat("a ", 2_000) + "\"\n" + strings.Repeat("docker compose $A $A up\n", n)}
	}, 2_000, 10_000},
	"scripts": {func(n int) map[string]string {
		files := map[string]string{"compose.yaml": one(""), "compose.x.yaml": one("")}
		for i := range n {
			files[fmt.Sprintf("x%d.sh", i)] = lines(4_000, "docker compose -f compose.yaml -f compose.x.yaml up s%d\n")
			files[fmt.Sprintf("y%d.sh", i)] = lines(60_000, "docker compose -f compose.yaml -f compose.x.yaml up s%d\n") // longer than anybody writes
		}
		return files
	}, 8, 32},
	"tables": {func(n int) map[string]string {
		return map[string]string{"compose.yaml": one(""), "README.md": lines(n, "<!-- portmoor:ports -->\n| Service | Port |\n|---|---|\n| w | %d |\n") + "<!-- /portmoor:ports -->\n"}
	}, 2_000, 60_000},
}

// doubling are lines of which each has the one before twice.
func doubling(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "V%d=${V%d}${V%d}\n", i+1, i, i)
	}
	return b.String()
}

// TestBounded doubles the length of inputs, and the time of lint must not grow much
// more; none of 4 MiB takes over two seconds.
func TestBounded(t *testing.T) {
	for name, s := range shapes {
		t.Run(name, func(t *testing.T) {
			half, whole := writeShape(t, s.files(s.some)), writeShape(t, s.files(2*s.some))
			var once, twice time.Duration
			for range 4 { // another program may slow one of them down
				once, twice = bestOf(t, half), bestOf(t, whole)
				if twice < 3*once+50*time.Millisecond {
					break
				}
			}
			if twice >= 3*once+50*time.Millisecond {
				t.Errorf("%d take %v, %d take %v", s.some, once, 2*s.some, twice)
			}
			if s.all == 0 {
				return
			}
			dir := writeShape(t, s.files(s.all))
			corpustest.Within(t, fmt.Sprint(s.all), 2*time.Second, func() { lintAll(t, dir) })
		})
	}
}

func writeShape(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		if len(text) > 4<<20 {
			t.Fatalf("%s is larger than what is read: %d bytes", name, len(text))
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func bestOf(t *testing.T, dir string) time.Duration {
	t.Helper()
	return min(corpustest.Spent(t, func() { lintAll(t, dir) }), corpustest.Spent(t, func() { lintAll(t, dir) }))
}

func lintAll(t *testing.T, dir string) {
	t.Helper()
	if code, _, errs := run("portmoor", "lint", dir); code > exitFindings {
		t.Fatalf("exit code %d: %.500s", code, errs)
	}
}
