package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"
	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/txtar"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/docker/dockertest"
	"github.com/portmoor/portmoor/manual"
)

// fence is a block of code in a page: its indentation, its language and its text.
var fence = regexp.MustCompile("(?ms)^( *)```(\\w*)\n(.*?)^ *```$")

// pages are the documents that people read, by their names without .md.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found, err := filepath.Glob("../docs/*.md")
	if err != nil || len(found) < 15 {
		t.Fatal(found, err)
	}
	texts := map[string]string{}
	for _, path := range append(found, "../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md", "../examples/pmoves/README.md") {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = string(src)
	}
	return texts
}

// TestPages runs every transcript of the documentation, and reads every other block of
// code as what it is: a configuration, a compose file, JSON, commands with flags that
// there are. A block of another kind fails.
func TestPages(t *testing.T) {
	counts := map[string]int{}
	app := (&program{console: &console{}}).app()
	for path, text := range pages(t) {
		if strings.Count(text, "```") != 2*len(fence.FindAllString(text, -1)) {
			t.Errorf("%s: a block of code does not end, or has a language of several words", path)
		}
		for _, m := range fence.FindAllStringSubmatch(text, -1) {
			language, code := m[2], m[3]
			if m[1] != "" {
				code = strings.ReplaceAll("\n"+code, "\n"+m[1], "\n")[1:]
			}
			counts[language]++
			var err error
			switch language {
			case "console": // is run by TestTranscripts
				continue
			case "yaml":
				err = readYAML(t, path, code)
			case "json":
				err = readJSON(code)
			case "toml":
				err = toml.Unmarshal([]byte(code), &map[string]any{})
			case "go":
				_, err = format.Source([]byte(code))
			case "python", "js": // are run by TestTesting
				if filepath.Base(path) != "testing.md" {
					err = fmt.Errorf("nobody runs it")
				}
			case "sh", "bash":
				err = readShell(t, code)
			case "ini": // is run by the tests against an engine
				if filepath.Base(path) != "registry.md" {
					err = fmt.Errorf("nobody runs it")
				}
			case "mermaid":
				err = readDiagram(code)
			default:
				err = fmt.Errorf("nobody reads %q", language)
			}
			if err != nil {
				t.Errorf("%s: %v:\n%s", path, err, code)
			}
		}
		for _, call := range commandsIn(text) {
			if err := knownCommand(app, call); err != nil {
				t.Errorf("%s: %s: %v", path, call, err)
			}
		}
	}
	if counts["yaml"] < 20 || counts["json"] < 10 || counts["sh"] < 15 || counts["console"] < 5 || counts["mermaid"] < 2 {
		t.Errorf("%v", counts)
	}
}

// readYAML reads a block as the file that its keys are of: .portmoor.yaml, else only YAML.
func readYAML(t *testing.T, path, code string) error {
	t.Helper()
	if filepath.Base(path) == "rules.md" { // whose examples are archives of files, and run by TestExamples
		return nil
	}
	var read map[string]any
	if err := yaml.Unmarshal([]byte(code), &read); err != nil {
		return err
	}
	if len(read) == 0 {
		return fmt.Errorf("it has no key")
	}
	if _, compose := read["services"]; compose {
		dir := t.TempDir()
		put(t, filepath.Join(dir, "compose.yaml"), code)
		if _, out, errs := run("portmoor", "lint", "--rule", "invalid-compose", dir); out != "" {
			return fmt.Errorf("no compose file: %s%s", out, errs)
		}
		return nil
	}
	others := []string{"repos", "jobs", "include", "ports", "PRE_COMMANDS", "descriptor_id", "PLUGINS", "registries"}
	if slices.ContainsFunc(others, func(key string) bool { _, ok := read[key]; return ok }) {
		return nil
	}
	_, err := config.Parse(config.Name, []byte(code))
	return err
}

// readJSON reads JSON in which … stands for what is left out.
func readJSON(code string) error {
	return json.Unmarshal([]byte(strings.ReplaceAll(code, "[…]", "[]")), new(any))
}

// readShell has the shell look at commands without running them.
func readShell(t *testing.T, code string) error {
	t.Helper()
	shell, err := exec.LookPath("bash")
	if err != nil {
		return nil //nolint:nilerr // a machine without one has nothing to ask
	}
	cmd := exec.CommandContext(t.Context(), shell, "-n")
	cmd.Stdin = strings.NewReader(code)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

var (
	diagramHead = regexp.MustCompile(`^flowchart (?:TD|LR)$`)
	diagramNode = `[A-Z](?:\["[^"]+"\]|\{[^{}"]+\})?`
	diagramLine = regexp.MustCompile(`^    ` + diagramNode + ` -->(?:\|[^|]+\|)? ` + diagramNode + `$`)
)

// readDiagram reads the part of Mermaid that the pages use: a flowchart, one arrow a line.
func readDiagram(code string) error {
	lines := strings.Split(strings.TrimSuffix(code, "\n"), "\n")
	if !diagramHead.MatchString(lines[0]) {
		return fmt.Errorf("not a flowchart")
	}
	for _, line := range lines[1:] {
		if !diagramLine.MatchString(line) {
			return fmt.Errorf("not an arrow: %s", line)
		}
	}
	return nil
}

// transcripts are the files and the engine that the transcripts of a page meet, in
// testdata/docs/PAGE.txtar: the file "engine" has a container a line, "docker" is run for
// docker. What names examples/ is run in this repository.
func transcripts(t *testing.T, name string) (dir string) {
	t.Helper()
	if filepath.Separator != '/' {
		t.Skip("the transcripts are of sh")
	}
	dir = filepath.Join(t.TempDir(), "shop")
	archive, err := txtar.ParseFile(filepath.Join("testdata", "docs", name+".txtar"))
	if os.IsNotExist(err) {
		archive = &txtar.Archive{}
	} else if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, ".keep"), "")
	list := []map[string]any{}
	for _, f := range archive.Files {
		switch f.Name {
		case "engine":
			for line := range strings.SplitSeq(strings.TrimSpace(string(f.Data)), "\n") {
				list = append(list, container(t, line, dir))
			}
		case "docker":
			bin := t.TempDir()
			if err := os.WriteFile(filepath.Join(bin, "docker"), f.Data, 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		default:
			put(t, filepath.Join(dir, f.Name), string(f.Data))
		}
	}
	engine := dockertest.Start(t, "127.0.0.1")
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	engine.Set(string(text), nil)
	t.Setenv("DOCKER_HOST", engine.Endpoint)
	t.Setenv("PORTMOOR_LEDGER", filepath.Join(dir, "..", "ledger.json"))
	return dir
}

// container reads "PROJECT SERVICE ADDRESS HOST CONTAINER"; those of project shop are of
// the folder, and "-" is no project.
func container(t *testing.T, line, dir string) map[string]any {
	t.Helper()
	var project, service, address string
	var host, inside int
	if _, err := fmt.Sscan(line, &project, &service, &address, &host, &inside); err != nil {
		t.Fatal(line, err)
	}
	if project != "shop" {
		dir = "/srv/" + project
	}
	name := project + "-" + service + "-1"
	if project == "-" { // a container that Compose has not started
		name, project, service, dir = service, "", "", ""
	}
	return map[string]any{
		"Id": name, "Names": []string{"/" + name}, "State": "running",
		"Ports":  []map[string]any{{"IP": address, "PrivatePort": inside, "PublicPort": host, "Type": "tcp"}},
		"Labels": map[string]string{"com.docker.compose.project": project, "com.docker.compose.service": service, "com.docker.compose.project.working_dir": dir, "com.docker.compose.container-number": "1"},
	}
}

// TestTranscripts runs what the pages show, in order: the output must be what it prints,
// but where a line "…" stands for lines left out. -update writes what has none of those.
func TestTranscripts(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range pages(t) {
		if !strings.Contains(text, "```console\n") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			dir := transcripts(t, strings.TrimSuffix(filepath.Base(path), ".md"))
			written := fence.ReplaceAllStringFunc(text, func(block string) string {
				body, found := strings.CutPrefix(block, "```console\n")
				if !found {
					return block
				}
				return "```console\n" + transcript(t, strings.TrimSuffix(body, "```"), dir, root) + "```"
			})
			if written != text && *update {
				put(t, path, written)
			}
		})
	}
}

// transcript runs the commands of one block, and returns it as it should be.
func transcript(t *testing.T, block, dir, root string) string {
	t.Helper()
	var now strings.Builder
	for _, step := range strings.Split("\n"+block, "\n$ ")[1:] {
		command, want, _ := strings.Cut(step, "\n")
		if want != "" && !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
		cmd.Dir = dir
		if strings.Contains(command, "examples/") {
			cmd.Dir = root
		}
		out, _ := cmd.CombinedOutput() // what fails says so
		got := string(out)
		if !strings.Contains(want, "…\n") {
			now.WriteString("$ " + command + "\n" + got)
			if diff := gocmp.Diff(want, got); diff != "" && !*update {
				t.Errorf("$ %s (-the page +what it prints):\n%s", command, diff)
			}
			continue
		}
		now.WriteString("$ " + command + "\n" + want)
		if problem := elided(got, want); problem != "" {
			t.Errorf("$ %s: %s\nof:\n%s", command, problem, got)
		}
	}
	return now.String()
}

// elided says what of a text with lines "…" is not in the other; "" when it is.
func elided(got, want string) string {
	for i, part := range strings.Split(want, "…\n") {
		at := strings.Index(got, part)
		if at < 0 || i == 0 && at > 0 {
			return "not printed:\n" + part
		}
		got = got[at+len(part):]
	}
	if got != "" && !strings.HasSuffix(want, "…\n") {
		return "also printed:\n" + got
	}
	return ""
}

var (
	inlineCode = regexp.MustCompile("`(portmoor [^`]+)`")
	called     = regexp.MustCompile(`(?:^|[\s"(;&|=])(portmoor(?: +[^\s"|;&()#<>` + "`" + `]+)+)`)
)

// commandsIn are the commands of Portmoor in the code of a page, each with its arguments.
func commandsIn(text string) []string {
	var calls []string
	prose := fence.ReplaceAllString(text, "")
	for _, m := range inlineCode.FindAllStringSubmatch(prose, -1) {
		calls = append(calls, m[1])
	}
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		if block[2] == "go" || block[2] == "python" || block[2] == "js" {
			continue
		}
		for line := range strings.Lines(block[3]) {
			line, _, _ = strings.Cut(line, " # ")
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			for _, m := range called.FindAllStringSubmatch(line, -1) {
				calls = append(calls, m[1])
			}
		}
	}
	return calls
}

// knownCommand says what a command line has that the program has not.
func knownCommand(app *cli.App, call string) error {
	words := strings.Fields(call)[1:]
	if strings.HasPrefix(words[0], "-") {
		return nil
	}
	cmd := app.Command(strings.TrimRight(words[0], ".,:"))
	switch {
	case cmd == nil && words[0] == strings.ToUpper(words[0]): // COMMAND stands for any
		return nil
	case cmd == nil:
		return fmt.Errorf("there is no such command")
	}
	for _, word := range words[1:] {
		if word == "--" {
			break
		}
		if word = strings.Trim(word, "[],.:…"); strings.HasPrefix(word, "-") && word != "-" && word != "--help" && flagOf(cmd, word) == nil {
			return fmt.Errorf("there is no flag %s", word)
		}
	}
	return nil
}

// TestCommandTable: README.md lists the commands as portmoor --help does.
func TestCommandTable(t *testing.T) {
	readme := pages(t)["../README.md"]
	_, table, found := strings.Cut(readme, "\n## Commands\n")
	table, _, ends := strings.Cut(table, "\n## ")
	if !found || !ends {
		t.Fatal("README.md has no table of commands")
	}
	var job string
	listed := map[string][]string{}
	row := regexp.MustCompile("(?m)^\\| ([a-z ]*)\\|( `[a-z`, ]+`) \\|")
	for _, m := range row.FindAllStringSubmatch(table, -1) {
		job = cmp.Or(strings.TrimSpace(m[1]), job)
		listed[job] = append(listed[job], strings.Fields(strings.NewReplacer("`", "", ",", "").Replace(m[2]))...)
	}
	want := map[string][]string{}
	for _, j := range manual.Jobs {
		want[strings.ToLower(j.Title)] = j.Commands
	}
	if diff := gocmp.Diff(want, listed); diff != "" {
		t.Errorf("README.md lists other commands than portmoor --help (-help +README.md):\n%s", diff)
	}
}
