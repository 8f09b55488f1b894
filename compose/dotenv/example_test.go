package dotenv_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose/dotenv"
)

// The block is put behind what people wrote, and taken out again.
func ExamplePut() {
	src, err := dotenv.Put([]byte("SECRET=x\n"), []dotenv.Variable{{Name: "COMPOSE_PROJECT_NAME", Value: "shop"}})
	fmt.Printf("%s%v\n", src, err)
	src, err = dotenv.Cut(src)
	fmt.Printf("%s%v\n", src, err)
	// Output:
	// SECRET=x
	// # >>> portmoor: host ports of this checkout, for docker compose. Do not edit: they are written anew, and portmoor reset takes them out.
	// COMPOSE_PROJECT_NAME=shop
	// # <<< portmoor
	// <nil>
	// SECRET=x
	// <nil>
}
