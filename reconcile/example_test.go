package reconcile_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/reconcile"
	"github.com/portmoor/portmoor/workspace"
)

// Two services of a project want 8080. The plan is written for people to review, and
// carried out as it was read back.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	stack := `services:
  api: {image: api, ports: ["8080:80"]}
  web: {image: web, ports: ["8080:80"]}
`
	if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(stack), 0o644); err != nil {
		log.Fatal(err)
	}

	request := workspace.Request{Dir: dir}
	w, _, err := workspace.Open(request)
	if err != nil {
		log.Fatal(err)
	}
	inv, _, err := reconcile.Read(w)
	if err != nil {
		log.Fatal(err)
	}
	p, err := inv.Plan(reconcile.Search{})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range p.Services {
		fmt.Printf("%s: %d → %d\n", s.Name, s.Port.Port, s.New)
	}

	doc := reconcile.Document{Path: filepath.Join(dir, "plan.md"), About: request}
	if err := doc.Save(w, p); err != nil {
		log.Fatal(err)
	}
	decided, err := doc.Open() // what people have made of it
	if err != nil {
		log.Fatal(err)
	}
	outputs, _, err := doc.Apply(w, decided)
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range outputs {
		fmt.Printf("%s:\n%s", w.Show(o.Path), o.After)
	}
	// Output:
	// api: 8080 → 8080
	// web: 8080 → 8081
	// compose.yaml:
	// services:
	//   api: {image: api, ports: ["8080:80"]}
	//   web: {image: web, ports: ["8081:80"]}
}
