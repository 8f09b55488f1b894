package references_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/reconcile/references"
)

// piper moves from 5002 to 5003, and face keeps 5002. One number is that of piper,
// one that of face, one nobody can say, and one is no port at all.
func ExampleFind() {
	root, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(root) }()
	text := `piper: http://localhost:5002/speak

face: http://localhost:5002/detect

http://localhost:5002/health

The model has 5002 parameters.
`
	if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(text), 0o644); err != nil {
		log.Fatal(err)
	}

	found := references.Find(references.Query{Root: root, Subjects: []references.Subject{
		{Name: "piper", Was: 5002, Is: 5003},
		{Name: "face", Was: 5002, Is: 5002},
	}})
	verdicts := map[references.Verdict]string{references.Change: "change", references.Open: "open", references.Left: "left"}
	for _, r := range found.References {
		fmt.Printf("%d:%d %s: %s\n", r.Line, r.Column, verdicts[r.Verdict], r.Reason)
	}
	// Output:
	// 1:25 change: named on the line
	// 3:24 left: named on the line: face keeps 5002
	// 5:18 open: nothing near it says whose it is: face, piper
	// 7:15 left: a quantity
}
