//go:build unix

package child_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/portmoor/portmoor/child"
)

// A program that ends with a code.
func Example() {
	p := child.Program{Path: "sh", Args: []string{"-c", "cat; exit 3"}, In: strings.NewReader("hello\n"), Out: os.Stdout}
	fmt.Println(p.Pass(context.Background()))
	// Output:
	// hello
	// 3 <nil>
}
