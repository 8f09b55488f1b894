package names_test

import (
	"os"

	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/live/names"
)

// A site of a Caddyfile for each service that speaks HTTP.
func ExampleWrite() {
	ports := []live.Port{{Service: "web", ContainerPort: 80, Protocol: "tcp", HostPort: 10000, URL: "http://localhost:10000"}}
	_ = names.Write(os.Stdout, names.Caddy, names.Of("shop", ports))
	// Output:
	// http://web.shop.localhost {
	// 	reverse_proxy http://localhost:10000
	// }
}
