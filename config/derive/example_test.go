package derive_test

import (
	"fmt"

	"github.com/portmoor/portmoor/config/derive"
)

// A value with the address of a database in it.
func ExampleParse() {
	v, err := derive.Parse("postgres://app@{db:5432}/app")
	text, missing := v.With(func(p derive.Port) string { return map[string]string{"db:5432": "localhost:15432"}[p.String()] })
	fmt.Println(text, missing, err)
	// Output: postgres://app@localhost:15432/app [] <nil>
}
