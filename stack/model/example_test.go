package model_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/stack/model"
)

// What docker compose up starts for one service, and the file that moves its literal.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "compose.yaml")
	err = os.WriteFile(file, []byte(`services:
  web:
    image: nginx
    ports: ["8080:80"]
    depends_on: [db]
  db:
    image: postgres
  other:
    image: nginx
`), 0o600)
	if err != nil {
		fmt.Println(err)
		return
	}
	p := compose.NewLoader(compose.LoadOptions{}).Load([]compose.Group{{Dir: dir, Files: []string{file}}})[0]
	started, err := model.Started(p, []string{"--build", "web"}, func(string) error { return nil })
	fmt.Println(started, err)
	text, err := model.Override(p, p.Group.Files, filepath.Join(dir, "mine.yaml"), func(compose.Mapping) ports.Range { return ports.From(18080, 1) })
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// [db web] <nil>
	// # Host ports that portmoor found free on this machine; portmoor detect --override writes it.
	// services:
	//   "web":
	//     ports: !override
	//       - "18080:80"
	// <nil>
}
