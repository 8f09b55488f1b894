package complete_test

import (
	"os"

	"github.com/portmoor/portmoor/complete"
)

func Example() {
	format := complete.Flag{Names: []string{"format"}, About: "how to print, `FORMAT` is text or json", Values: []string{"text", "json"}}
	g := complete.Grammar{Commands: []complete.Command{{Name: "port", About: "print the host ports", Flags: []complete.Flag{format}}}}
	for _, typed := range [][]string{{"po"}, {"port", "--fo"}, {"port", "--format", "j"}} {
		if err := complete.Write(os.Stdout, g.Ask(typed[:len(typed)-1], typed[len(typed)-1])); err != nil {
			return
		}
	}
	// Output:
	// port	print the host ports
	// --format	how to print, FORMAT is text or json
	// json
}
