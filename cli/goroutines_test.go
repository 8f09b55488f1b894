package cli

import (
	"go/ast"
	"testing"
)

// TestGoroutines: a panic in a goroutine ends the program, whoever waits for it, so that
// each begins with a function that guards what it calls.
func TestGoroutines(t *testing.T) {
	set, files := production(t)
	found := 0
	check := func(at ast.Node, call ast.Expr) {
		found++
		guarded := false
		if f, literal := call.(*ast.FuncLit); literal {
			ast.Inspect(f.Body, func(n ast.Node) bool {
				selector, ok := n.(*ast.SelectorExpr)
				guarded = guarded || ok && written(set, selector) == "say.Guard"
				return true
			})
		}
		if !guarded {
			t.Errorf("%s: a panic here ends the program: call say.Guard", set.Position(at.Pos()))
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				check(n, n.Call.Fun)
			case *ast.CallExpr:
				selector, ok := n.Fun.(*ast.SelectorExpr)
				switch {
				case !ok:
				case (selector.Sel.Name == "Go" || selector.Sel.Name == "TryGo") && len(n.Args) == 1: // of errgroup and sync
					check(n, n.Args[0])
				case written(set, selector) == "time.AfterFunc":
					check(n, n.Args[1])
				}
			}
			return true
		})
	}
	if found < 10 {
		t.Errorf("%d goroutines", found)
	}
}
