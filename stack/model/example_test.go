package model_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/stack/model"
)

// What docker compose up starts for one service.
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
	// Output:
	// [db web] <nil>
}
