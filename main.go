// Portmoor keeps the host ports of Docker Compose projects in order.
package main

import (
	"os"
	"time"

	"github.com/portmoor/portmoor/cli"
)

func main() {
	os.Exit(cli.Run(cli.Process{
		Args: os.Args, Environ: os.Environ(),
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now(),
	}))
}
