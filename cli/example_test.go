package cli_test

import (
	"fmt"
	"os"

	"github.com/portmoor/portmoor/cli"
)

// The whole program is a function of its process.
func ExampleRun() {
	code := cli.Run(cli.Process{Args: []string{"portmoor", "migrat"}, Out: os.Stdout, Err: os.Stdout})
	fmt.Println("exit", code)
	// Output:
	// portmoor: unknown command "migrat"
	// hint: did you mean portmoor migrate?
	// exit 2
}
