package lint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/portmoor/portmoor/lint/schema"
)

var unknownPortVariable = Rule{
	Name:     "unknown-port-variable",
	Severity: Warning,
	Doc: `An env file sets a variable that is named like a host port, such as WEB_HOST_PORT, but no compose file of
its projects uses it: it is misspelt, or its service is gone, and the port that it is meant to move stays where it is.`,
	Bad: `-- .env --
WBE_HOST_PORT=9000
-- compose.yaml --
services:
  web:
    image: example/web
    ports: ["${WEB_HOST_PORT:-8080}:80"]
`,
	Good: `-- .env --
WEB_HOST_PORT=9000
-- compose.yaml --
services:
  web:
    image: example/web
    ports: ["${WEB_HOST_PORT:-8080}:80"]
`,
	Check: func(p *Pass) {
		for _, e := range p.Project.Env.Files() {
			named := slices.DeleteFunc(slices.Sorted(maps.Keys(e.Vars)), func(n string) bool { return !hostPortName.MatchString(n) })
			if len(named) == 0 {
				continue
			}
			used := map[string]bool{}
			for _, project := range p.run.envUsers()[e.File.Path] {
				for _, f := range project.Files {
					for _, name := range f.Variables() {
						used[name] = true
					}
				}
			}
			for _, name := range named {
				if used[name] {
					continue
				}
				f := Finding{File: e.File, Span: e.Line(name), Message: fmt.Sprintf("no compose file uses %s", name), Hint: "remove it, or correct the name"}
				if near := schema.Nearest(name, slices.Sorted(maps.Keys(used))); near != "" {
					f.Hint = "did you mean " + near + "?"
				}
				p.Report(f)
			}
		}
	},
}

var hostPortName = regexp.MustCompile(`_HOST_PORT(_RANGE)?$`)
