package isolate_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/stack/isolate"
)

// What has to change of a project so that it runs beside another checkout of it.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "compose.yaml")
	err = os.WriteFile(file, []byte(`name: shop
services:
  web:
    image: nginx
    ports: ["8080:80"]
  db:
    image: postgres
    container_name: shop-db
    volumes: [data:/data, old:/old]
volumes: {data: {name: shop-data}, old: {external: true}}
`), 0o600)
	if err != nil {
		fmt.Println(err)
		return
	}
	p := compose.NewLoader(compose.LoadOptions{}).Load([]compose.Group{{Dir: dir, Files: []string{file}}})[0]
	plan := isolate.Plan{Header: "# of a second checkout\n", Name: "review-1a2b3c4d", Apart: true, To: func(m compose.Mapping) ports.Range { return ports.From(18080, 1) }}
	o, err := plan.Override(p, p.Group.Files, filepath.Join(dir, "mine.yaml"))
	fmt.Printf("%s%v\n%v\n", o.Text, o.Shared[0].Message, err)
	// Output:
	// # of a second checkout
	// services:
	//   "db":
	//     container_name: "review-1a2b3c4d-shop-db"
	//     networks:
	//       default:
	//         aliases: ["shop-db"]
	//   "web":
	//     ports: !override
	//       - "18080:80"
	// volumes:
	//   "data":
	//     name: "review-1a2b3c4d_data"
	// volume old is external: every checkout has its data in common
	// <nil>
}
