package cli

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/portmoor/portmoor/say"
)

// hostileNames are what a name or a value in a file may be. A terminal obeys some of
// it, a workflow of GitHub some, XML, a shell and a patch the rest.
var hostileNames = map[string]string{
	"escape":    "a\x1b[31m\x1b]0;x\x07b\u009b2Jc\x00d\x7f",
	"lines":     "a\n::error::pwned\r\n::set-output name=x::y\u2028::stop-commands::z\u0085##[error]w\rb",
	"command":   "::error file=x,line=1::pwned ##[add-mask]x",
	"direction": "a\u202eb\u2066c\u200bd\ufeffe\U000e0001f",
	"markup":    "]]><x a='b'>&amp;\"'`$(id)${IFS};|*%0A%0D|&lt;",
	"no text":   "caf\xe9\xff/\xc0\x80",
}

// TestHostileNames puts each of them wherever a file has a name or a value, and into the
// names of files and folders, and reads what every command says in every format.
func TestHostileNames(t *testing.T) {
	for kind, name := range hostileNames {
		for at, files := range hostileFiles(name) {
			t.Run(kind+" in "+at, func(t *testing.T) {
				dir := t.TempDir()
				put(t, filepath.Join(dir, ".git", "HEAD"), "")
				for path, text := range files {
					path = filepath.Join(dir, path)
					if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
						t.Skip(err)
					}
					if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
						t.Skip(err) // this system does not have such names
					}
				}
				t.Chdir(dir)
				for _, command := range append(reports(), machine()...) {
					checkSpoken(t, filepath.Join(dir, ".git", "ledger.json"), command)
				}
			})
		}
	}
}

// checkSpoken runs a command and checks that what it says is safe to be read.
func checkSpoken(t *testing.T, ledger string, command []string) {
	t.Helper()
	var out, errs bytes.Buffer
	Run(Process{
		Args: append([]string{"portmoor"}, command...), In: strings.NewReader(""), Out: &out, Err: &errs,
		Environ: []string{"DOCKER_HOST=unix:///nonexistent.sock", "PORTMOOR_LEDGER=" + ledger},
	})
	if strings.Contains(errs.String(), "a bug in portmoor") {
		t.Errorf("%q: %s", command, errs.String())
	}
	said := out.String()
	format := ""
	for i, arg := range command {
		if arg == "--format" {
			format = command[i+1]
		}
	}
	patch := command[len(command)-1] == "--diff" || command[0] == "init" || command[0] == "docs" || command[0] == "migrate" && format == "" && command[len(command)-1] != "--check"
	paths := len(command) == 2 && command[1] == "--args"
	if patch || paths {
		said = "" // the bytes as they are, for git apply and for a shell
	}
	for _, text := range []string{said, errs.String()} {
		if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && say.Hidden(r) }); i >= 0 || !utf8.ValidString(text) {
			t.Errorf("%q: a terminal would obey %q", command, text[max(i-40, 0):min(i+40, len(text))])
		}
		if strings.Contains(text, "##[") {
			t.Errorf("%q: a command of GitHub: %.400q", command, text)
		}
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "::") {
				continue
			}
			head, message, _ := strings.Cut(line[2:], "::")
			severity, _, _ := strings.Cut(head, " ")
			if format != "github" || severity != "error" && severity != "warning" && severity != "notice" || !strings.Contains(head, "title=portmoor") || message == "" {
				t.Errorf("%q: a command of GitHub: %.400q", command, line)
			}
		}
	}
	switch {
	case out.Len() == 0:
	case format == "json" || format == "sarif" || format == "gitlab":
		if !json.Valid(out.Bytes()) {
			t.Errorf("%q: not JSON: %.400s", command, said)
		}
	case format == "junit" || format == "checkstyle":
		for d := xml.NewDecoder(&out); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%q: not XML: %v: %.400s", command, err, said)
				break
			}
		}
	}
}

// hostileFiles are repositories by where the name is in them. In YAML it is escaped, so
// that the file can be read.
func hostileFiles(name string) map[string]map[string]string {
	q := quotedYAML(name)
	const web = "services:\n  web:\n    image: example/web\n    ports: [\"28770:80\", 22:22]\n"
	file := strings.NewReplacer("/", "_", "\x00", "_").Replace(name)
	return map[string]map[string]string{
		"the folder":      {file + "/compose.yaml": web, file + "/docker-compose.yml": web, "compose.yaml": "include: [" + quotedYAML(file) + "/compose.yaml]\n" + web},
		"the file":        {"docker-compose." + file + ".yml": web, file + ".yaml": web, "compose.yaml": web, "other.yaml": web},
		"a service":       {"compose.yaml": "services: {" + q + ": {image: x, ports: [\"28770:80\"]}, web: {image: x, ports: [\"28770:80\"]}}\n"},
		"a port":          {"compose.yaml": "services: {web: {image: x, ports: [" + q + "]}}\n"},
		"a host port":     {"compose.yaml": "services: {web: {image: x, ports: [" + quotedYAML("${A:-"+name+"}:80") + ", {target: 81, published: " + q + ", protocol: " + q + ", host_ip: " + q + "}]}}\n"},
		"a default":       {"compose.yaml": "services: {web: {image: x, ports: [" + quotedYAML("${A:?"+name+"}:80") + "]}}\n"},
		"a reference":     {"compose.yaml": "include: [" + q + "]\nservices: {web: {extends: {file: " + q + ", service: " + q + "}, ports: [\"28770:80\"]}}\n"},
		"a parent":        {"compose.yaml": "services: {web: {extends: " + q + ", ports: [\"28770:80\"]}}\n"},
		"a container":     {"compose.yaml": "services: {web: {image: x, container_name: " + q + ", scale: 2, profiles: [" + q + "], ports: [\"28770:80\"]}, b: {image: x, profiles: [b], ports: [\"28770:80\"]}}\n"},
		"a key":           {"compose.yaml": "services: {web: {image: x, " + q + ": 1, ports: [\"28770:80\"]}}\n" + q + ": 1\n"},
		"the project":     {"compose.yaml": "name: " + q + "\n" + web},
		"a label":         {"compose.yaml": "services: {web: {image: x, ports: [\"28770:80\"], labels: {" + q + ": " + quotedYAML("http://localhost:28779/"+name) + "}}}\n"},
		"a comment":       {"compose.yaml": "services:\n  web:\n    image: x\n    ports:\n      - \"28770:80\" # portmoor:ignore " + strings.NewReplacer("\n", " ", "\r", " ").Replace(name) + "\n"},
		"raw text":        {"compose.yaml": web + "# " + name + "\n"},
		"an env file":     {"compose.yaml": web, ".env": name + "=1\nA_HOST_PORT=" + name + "\n" + name + "_HOST_PORT=1\n"},
		"an example":      {"compose.yaml": "services: {web: {image: x, ports: [\"${W}:80\"]}}\n", ".env.example": "W=" + name + "\n"},
		"a document":      {"compose.yaml": web, "README.md": "# " + name + "\n<!-- portmoor:ports -->\n| Service | Port |\n|---|---|\n| " + name + " | " + name + " |\n<!-- /portmoor:ports -->\n"},
		"remembered":      {"compose.yaml": web, "data/ports.json": `{` + strconv.Quote(strings.ToValidUTF8(name, "?")) + `: 1, "web": "` + "x" + `"}`},
		"configuration":   {"compose.yaml": web, ".portmoor.yaml": "strategy: " + q + "\n"},
		"a configured":    {"compose.yaml": web, ".portmoor.yaml": q + ": 1\n"},
		"a group":         {"compose.yaml": web, ".portmoor.yaml": "groups: {" + q + ": {range: 3000-3001, services: [web]}}\nprojects: [{name: " + q + ", files: [compose.yaml]}]\n"},
		"a rule":          {"compose.yaml": web, ".portmoor.yaml": "rules: {" + q + ": error}\n"},
		"a path":          {"compose.yaml": web, ".portmoor.yaml": "ports_file: " + q + "\nenv_files: [" + q + "]\ndocs: [" + q + "]\n"},
		"a source":        {"compose.yaml": web, ".portmoor.yaml": "sources: [{path: " + q + ", key: " + q + "}]\n"},
		"a source's port": {"compose.yaml": web, "s.yaml": "port: " + q + "\n", ".portmoor.yaml": "sources: [{path: s.yaml, key: port}]\n"},
		"a script":        {"compose.yaml": "services: {web: {image: x, ports: [\"28770:80\"]}, b: {image: x, ports: [\"28770:80\"]}}\n", "run.sh": "curl http://localhost:28770/ # " + name + "\n", "docs/" + file: "web listens on port 28770 " + name + "\n"},
	}
}

// quotedYAML is a text in double quotes, escaped byte by byte where it has to be.
func quotedYAML(text string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "?") {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r > 0xffff:
			b.WriteString(`\U` + strings.Repeat("0", 8-len(strconv.FormatInt(int64(r), 16))) + strconv.FormatInt(int64(r), 16))
		case say.Hidden(r) || r < ' ':
			b.WriteString(`\u` + strings.Repeat("0", 4-len(strconv.FormatInt(int64(r), 16))) + strconv.FormatInt(int64(r), 16))
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}
