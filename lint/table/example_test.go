package table_test

import (
	"fmt"

	"github.com/portmoor/portmoor/lint/table"
)

// The rows of a table, and where their ports stand.
func Example() {
	src := []byte(`<!-- portmoor:ports -->
| Service | Port                  |
|---------|-----------------------|
| web     | http://localhost:8080 |
<!-- /portmoor:ports -->
`)
	rows, _ := table.Read(src, table.Find(src)[0])
	for _, r := range rows {
		fmt.Printf("%s %s\n", r.Service, src[r.Ports[0][0].Start:r.Ports[0][0].End])
	}
	// Output: web 8080
}
