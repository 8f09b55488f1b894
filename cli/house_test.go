package cli

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// production parses every Go file of the module but tests, by its path with slashes.
func production(t *testing.T) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	set, files := token.NewFileSet(), map[string]*ast.File{}
	err := fs.WalkDir(os.DirFS(".."), ".", func(name string, e fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return err
		case e.IsDir() && (base == "testdata" || base == "examples" || base == "e2e" || name != "." && base[0] == '.'):
			return fs.SkipDir
		case e.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		files[name], err = parser.ParseFile(set, filepath.Join("..", name), nil, parser.ParseComments)
		return err
	})
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	return set, files
}

// readsFlags are the functions that may see the command line beside the one of each
// command that begins with run: they turn flags into values.
var readsFlags = []string{
	"beforeCommand", "lintRequest", "noArguments", "noCommand", "onUsageError", "openOne", "readQuestion", "request", "requestOne", "style",
}

// laterCommands are the files of commands that came after the house was built. Each may
// have 150 lines beside those of cli.
var laterCommands = []string{
	"cli/completion.go", "cli/compose.go", "cli/doctor.go", "cli/help.go", "cli/list.go", "cli/mcp.go", "cli/run.go", "cli/serve.go", "cli/services.go", "cli/welcome.go",
}

// TestHouse holds the code against the rules of its size and of who sees the command
// line. A command that grows a law of its own, or hands its flags on, fails here
// before anyone has to find it in a review.
func TestHouse(t *testing.T) {
	set, files := production(t)
	lines, methods := map[string]int{}, map[string]int{}
	for name, f := range files {
		room := path.Dir(name)
		length := set.Position(f.FileEnd).Line
		switch later := slices.Contains(laterCommands, name); {
		case !later:
			lines[room] += length
		case length > 150:
			t.Errorf("%s has %d lines", name, length)
		}
		if room == "cli" && length > 300 {
			t.Errorf("%s has %d lines", name, length)
		}
		runs := 0
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := set.Position(fn.End()).Line - set.Position(fn.Pos()).Line + 1; n > 60 {
				t.Errorf("%s: %s has %d lines", name, fn.Name.Name, n)
			}
			if fn.Recv != nil {
				methods[room+"."+strings.TrimPrefix(written(set, fn.Recv.List[0].Type), "*")]++
			}
			if !strings.Contains(written(set, fn.Type.Params), "*cli.Context") {
				continue
			}
			switch run := strings.HasPrefix(fn.Name.Name, "run"); {
			case run && runs > 0 || !run && !slices.Contains(readsFlags, fn.Name.Name):
				t.Errorf("%s: %s takes a *cli.Context: turn the flags into values in the command's run function", name, fn.Name.Name)
			case run:
				runs++
			}
		}
	}
	most := map[string]int{"cli": 3300, "compose": 3000, "lint": 3000}
	for room, n := range lines {
		if limit, named := most[room]; n > limit && named || n > 2000 && !named {
			t.Errorf("%s has %d lines", room, n)
		}
	}
	for receiver, n := range methods {
		if n > 40 {
			t.Errorf("%s has %d methods", receiver, n)
		}
	}
}

func written(set *token.FileSet, n ast.Node) string {
	start, end := set.Position(n.Pos()), set.Position(n.End())
	src, err := os.ReadFile(start.Filename)
	if err != nil {
		return err.Error()
	}
	return string(src[start.Offset:end.Offset])
}

// TestMap holds the map of the house, the rules of depguard, against what the packages
// import: each has a rule, which allows what it imports and nothing else. A permission
// that nobody uses is a door that stays open.
func TestMap(t *testing.T) {
	_, files := production(t)
	src, err := os.ReadFile("../.golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]struct {
						Files []string
						Allow []string
					}
				}
			}
		}
	}
	if err := yaml.Unmarshal(src, &config); err != nil {
		t.Fatal(err)
	}
	used := map[string]map[string]bool{} // by room
	for name, f := range files {
		room := path.Dir(name)
		if used[room] == nil {
			used[room] = map[string]bool{}
		}
		for _, i := range f.Imports {
			if imported := strings.Trim(i.Path.Value, `"`); strings.Contains(strings.Split(imported, "/")[0], ".") {
				used[room][imported+"$"] = true
			}
		}
	}
	testing := []string{"compose/corpustest", "docker/dockertest"}
	ruled := map[string]bool{}
	for name, rule := range config.Linters.Settings.Depguard.Rules {
		room := path.Dir(strings.TrimPrefix(rule.Files[0], "${base-path}/"))
		ruled[room] = true
		allowed := map[string]bool{}
		for _, a := range rule.Allow {
			allowed[a] = true
		}
		delete(allowed, "$gostd")
		if !maps.Equal(allowed, used[room]) {
			t.Errorf("%s (%s): allowed is\n\t%s\nand imported\n\t%s", name, room, sorted(allowed), sorted(used[room]))
		}
	}
	for room := range used {
		if !ruled[room] && !slices.Contains(testing, room) {
			t.Errorf("%s has no rule", room)
		}
	}
	if len(ruled) < 20 || !bytes.Contains(src, []byte("this room never touches the network")) {
		t.Errorf("%d rules", len(ruled))
	}
}

func sorted(set map[string]bool) string { return fmt.Sprint(slices.Sorted(maps.Keys(set))) }

// TestExamples: every room has an example that runs, so that its page in go doc shows
// code that is true.
func TestExamples(t *testing.T) {
	_, files := production(t)
	rooms := map[string]bool{}
	for name := range files {
		rooms[path.Dir(name)] = true
	}
	for _, tests := range []string{".", "compose/corpustest", "docker/dockertest"} {
		delete(rooms, tests)
	}
	for room := range rooms {
		src, err := os.ReadFile(filepath.Join("..", room, "example_test.go"))
		if err != nil || !bytes.Contains(src, []byte("\nfunc Example")) || !bytes.Contains(src, []byte("// Output:")) {
			t.Errorf("%s has no example that runs: %v", room, err)
		}
	}
}
