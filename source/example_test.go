package source_test

import (
	"fmt"

	"github.com/portmoor/portmoor/source"
)

// A node knows its bytes, whatever is around it.
func ExampleParse() {
	src := []byte("\ufeff# é\r\nservices:\r\n  web: {ports: [\"8080:80\"]}\r\n")
	f := source.Parse("compose.yaml", src)
	services := source.Value(source.Root(f.Docs[0]), "services")
	entry := source.Value(source.Value(services, "web"), "ports").Content[0]
	span := f.Span(entry)
	line, column := f.Position(span.Start)
	fmt.Printf("%s at %d:%d, bytes %d to %d\n", src[span.Start:span.End], line, column, span.Start, span.End)
	// Output: "8080:80" at 3:17, bytes 36 to 45
}

// What other readers of a file would stumble over is a problem with a place.
func ExampleProblem() {
	f := source.Parse("compose.yaml", []byte("services:\n  web: {}\n  web: {}\n"))
	for _, p := range f.Problems {
		line, column := f.Position(p.Span.Start)
		fmt.Printf("%d:%d: %s; %s\n", line, column, p.Message, p.Hint)
	}
	// Output: 3:3: key "web" is already set on line 2; remove one of the two
}
