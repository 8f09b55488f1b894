package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// securityTable is a table of docs/security.md: what is in its cells, by the first one.
func securityTable(t *testing.T, heading, first string) map[string][][]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, part, found := strings.Cut(string(page), "\n## "+heading+"\n")
	part, _, _ = strings.Cut(part, "\n## ")
	rows := map[string][][]string{}
	for line := range strings.Lines(part) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| "+first+" |") {
			continue
		}
		var row [][]string
		for _, cell := range cells[1:] {
			var words []string
			for word := range strings.SplitSeq(cell, ",") {
				if word = strings.Trim(strings.TrimSpace(word), "`"); word != "nothing" {
					words = append(words, word)
				}
			}
			slices.Sort(words)
			row = append(row, words)
		}
		rows[strings.Trim(strings.TrimSpace(cells[0]), "`")] = row
	}
	if !found || len(rows) < 5 {
		t.Fatalf("docs/security.md: %q has %d rows", heading, len(rows))
	}
	return rows
}

// TestSecurityCommands: every command has its row.
func TestSecurityCommands(t *testing.T) {
	rows := slices.Collect(maps.Keys(securityTable(t, "By command", "command")))
	for _, c := range (&program{console: &console{}}).app().Commands {
		if !slices.ContainsFunc(rows, func(row string) bool { return row == c.Name || strings.HasPrefix(row, c.Name+" ") }) {
			t.Errorf("docs/security.md has no row for %s", c.Name)
		}
	}
}

// anyVariable is the row of variables whose names are not in the code.
const anyVariable = "any variable that a compose file names"

// TestSecurityVariables holds the variables of docs/security.md against those that the
// code asks the environment for.
func TestSecurityVariables(t *testing.T) {
	asked := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"testdata", "examples", "e2e", "dockertest", "corpustest", ".git", ".ci"}, d.Name()):
			return fs.SkipDir
		case d.IsDir():
			return askedIn(path, asked)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := slices.Sorted(maps.Keys(securityTable(t, "Which variables count", "variable")))
	if diff := cmp.Diff(slices.Sorted(maps.Keys(asked)), rows); diff != "" {
		t.Errorf("docs/security.md lists other variables than the code asks for (-code +page):\n%s", diff)
	}
}

var variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)

// askedIn adds the variables that the files of a folder ask the environment for: keys of
// maps that are called environ, and arguments of functions that look one up.
func askedIn(dir string, asked map[string]bool) error {
	all, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	constants := map[string]string{} // of the package
	var files []*ast.File
	for _, path := range all {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				addConstants(g, constants)
			}
		}
	}
	for _, f := range files {
		for _, d := range f.Decls {
			known := maps.Clone(constants)
			ast.Inspect(d, func(n ast.Node) bool {
				if g, ok := n.(*ast.GenDecl); ok {
					addConstants(g, known)
				}
				return true
			})
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.IndexExpr:
					if strings.EqualFold(lastName(n.X), "environ") {
						asked[keyOf(n.Index, known)] = true
					}
				case *ast.CallExpr:
					name := strings.ToLower(lastName(n.Fun))
					if slices.Contains([]string{"variable", "lookup", "setter", "getenv", "lookupenv"}, name) && len(n.Args) == 1 {
						if key := keyOf(n.Args[0], known); key != anyVariable {
							asked[key] = true
						}
					}
				}
				return true
			})
		}
	}
	delete(asked, "")
	return nil
}

func addConstants(g *ast.GenDecl, to map[string]string) {
	if g.Tok != token.CONST {
		return
	}
	for _, s := range g.Specs {
		if v, ok := s.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
			for i, name := range v.Names {
				if text, ok := literal(v.Values[i]); ok {
					to[name.Name] = text
				}
			}
		}
	}
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// keyOf is the name of a variable, with a star for a number behind it; "" for what is none.
func keyOf(e ast.Expr, constants map[string]string) string {
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 2 { // fmt.Sprint("NAME_", i)
		if text, ok := literal(call.Args[0]); ok {
			return text + "*"
		}
	}
	text, ok := literal(e)
	if name, is := e.(*ast.Ident); is && !ok {
		text, ok = constants[name.Name]
	}
	switch {
	case !ok:
		return anyVariable
	case variableName.MatchString(text):
		return text
	}
	return ""
}

// lastName is the last name of a.b, of a.b() and of b.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.CallExpr:
		return lastName(e.Fun)
	}
	return ""
}
