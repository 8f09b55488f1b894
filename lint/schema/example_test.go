package schema_test

import (
	"fmt"

	"github.com/portmoor/portmoor/lint/schema"
	"github.com/portmoor/portmoor/source"
)

// Where a file breaks the Compose schema.
func ExampleViolations() {
	f := source.Parse("compose.yaml", []byte("services:\n  web:\n    imge: nginx\n"))
	for _, v := range schema.Violations(f, f.Values()) {
		line, column := f.Position(v.Span.Start)
		fmt.Printf("%d:%d: %s; %s\n", line, column, v.Message, v.Hint)
	}
	// Output: 3:5: unknown key "imge" in services.web; did you mean image?
}
