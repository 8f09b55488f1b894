package text_test

import (
	"fmt"

	"github.com/portmoor/portmoor/lint/text"
)

// The ports of URLs that lead to this machine, as an env file has them.
func Example() {
	src := []byte("# http://localhost:1\nURL=http://127.0.0.1:8080/ # http://localhost:2\nOTHER=http://example.com:3\n")
	for _, line := range text.EnvLines(src) {
		for _, port := range text.LocalPorts(src, line) {
			fmt.Printf("%s\n", src[port.Start:port.End])
		}
	}
	// Output: 8080
}
