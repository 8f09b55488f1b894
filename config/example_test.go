package config_test

import (
	"fmt"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/say"
)

// What is wrong with a file is told all at once, each with its place.
func ExampleParse() {
	_, err := config.Parse(".portmoor.yaml", []byte("stratgy: auto\nrange: 9000-8000\n"))
	for _, e := range say.Each(err) {
		fmt.Println(e, "|", say.Of(e).Hint)
	}
	// Output:
	// .portmoor.yaml:1:1: unknown key "stratgy" | did you mean strategy?
	// .portmoor.yaml:2:8: range 9000-8000 ends before it begins |
}

// Remembered host ports are spliced in; every other byte stays.
func ExampleSetDefaults() {
	out, err := config.SetDefaults([]byte("strategy: dynamic   # for now\n"), map[string]map[string]string{"stacks/app": {"web:80": "${WEB_PORT:-8080}"}})
	fmt.Printf("%s%v\n", out, err)
	// Output:
	// strategy: dynamic   # for now
	// defaults:
	//   stacks/app:
	//     "web:80": "${WEB_PORT:-8080}"
	// <nil>
}
