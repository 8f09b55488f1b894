package around_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/around"
)

// Which services are only there to be extended.
func ExampleNeverRun() {
	loader := compose.NewLoader(compose.LoadOptions{})
	loader.Add("/app/compose.yaml", []byte(`services:
  base: {image: nginx, profiles: [template]}
  web: {extends: base, profiles: !override []}
`))
	projects := loader.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})
	never := around.NeverRun(projects, nil)
	fmt.Println(never[0]["base"], never[0]["web"])
	// Output: true false
}
