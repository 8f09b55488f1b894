package mcp_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/portmoor/portmoor/mcp"
)

// What is no message gets an error, and the end of the input is the end of the server.
func ExampleServe() {
	call := func(string, ...string) (int, string, string) { return 0, "{}", "" }
	err := mcp.Serve(context.Background(), strings.NewReader("hello\n"), os.Stdout, mcp.Options{Root: "/srv", Call: call})
	fmt.Println(err)
	// Output:
	// {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"a message is one line of JSON"}}
	// <nil>
}
