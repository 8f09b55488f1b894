package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var testingBlock = regexp.MustCompile("(?ms)^```(go|python|js|bash)\n(.*?)^```$")

// TestTesting runs what docs/testing.md shows: each snippet finds where a service is, and
// says what portmoor does where it is not.
func TestTesting(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	command(t, "..", 0, "go", "build", "-o", filepath.Join(bin, "portmoor"), ".")
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	dir := shop(t, 28930)
	record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:32768:80/tcp", ":::32768:80/tcp"}})
	ways := map[string]struct {
		program []string // that runs the file
		name    string
		calls   string // the function, with the service and the port of the command line
	}{
		"go":     {[]string{goCommand, "run"}, "snippet.go", "\nfunc main() {\n\tport, _ := strconv.Atoi(os.Args[2])\n\turl, err := serviceURL(os.Args[1], port)\n\tif err != nil {\n\t\tfmt.Fprintln(os.Stderr, err)\n\t\tos.Exit(1)\n\t}\n\tfmt.Println(url)\n}\n"},
		"python": {[]string{"python3"}, "snippet.py", "\nimport sys\nprint(service_url(sys.argv[1], int(sys.argv[2])))\n"},
		"js":     {[]string{"node"}, "snippet.js", "\nconsole.log(serviceUrl(process.argv[2], Number(process.argv[3])));\n"},
		"bash":   {[]string{"sh"}, "snippet.sh", "\nservice_url \"$1\" \"$2\"\n"},
	}
	found := testingBlock.FindAllStringSubmatch(string(page), -1)
	if len(found) != len(ways) {
		t.Fatalf("%d snippets", len(found))
	}
	for _, block := range found {
		way := ways[block[1]]
		t.Run(block[1], func(t *testing.T) {
			if _, err := exec.LookPath(way.program[0]); err != nil {
				t.Skip(err)
			}
			file := filepath.Join(t.TempDir(), way.name)
			text := strings.NewReplacer("package shop", "package main", "\t\"os/exec\"\n", "\t\"os\"\n\t\"os/exec\"\n\t\"strconv\"\n").Replace(block[2])
			put(t, file, text+way.calls)
			ask := func(port string) (string, error) {
				cmd := exec.CommandContext(t.Context(), way.program[0], append(way.program[1:], file, "web", port)...)
				out, err := cmd.CombinedOutput()
				return string(out), err
			}
			if out, err := ask("80"); err != nil || out != "http://localhost:32768\n" {
				t.Errorf("%v: %s", err, out)
			}
			if out, err := ask("81"); err == nil || !strings.Contains(out, "port 81/tcp of service web is not published") {
				t.Errorf("of a port that is not there: %v: %s", err, out)
			}
		})
	}
	if code, out, errs := here("run", "--wait", "10s", "--", "sh", "-c", "echo $WEB_URL"); code != 0 || out != "http://localhost:32768\n" {
		t.Errorf("run: exit %d: %s%s", code, out, errs)
	}
}
