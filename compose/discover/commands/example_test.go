package commands_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose/discover/commands"
)

// What a Makefile calls.
func ExampleRead() {
	for _, c := range commands.Read("/shop/Makefile", []byte("DC := docker compose -f a.yml\nup:\n\t$(DC) -f b.yml up -d\n")) {
		fmt.Println(c.Files, c.Starts)
	}
	// Output: [a.yml b.yml] true
}
