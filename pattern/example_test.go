package pattern_test

import (
	"fmt"

	"github.com/portmoor/portmoor/pattern"
)

func ExampleLazy() {
	yaml := pattern.Lazy(`\.ya?ml$`)
	fmt.Println(yaml().MatchString("compose.yaml"), yaml().MatchString("compose.json"))
	// Output: true false
}
