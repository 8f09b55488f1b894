package variable_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose/variable"
)

// A host port that is a variable, taken apart and looked up.
func ExampleParse() {
	e := variable.Parse("${WEB_PORT:-8080}")
	text, err := variable.Expand(e.Text, variable.Unset)
	fmt.Println(e.Var, e.Op, e.Default, text, err)

	file, _, _ := variable.ParseFile(".env", []byte("WEB_PORT=18080\n"), variable.Unset)
	text, err = variable.Expand(e.Text, func(name string) (string, bool) {
		value, set := file.Vars[name]
		return value, set
	})
	fmt.Println(text, err)
	// Output:
	// WEB_PORT :- 8080 8080 <nil>
	// 18080 <nil>
}
