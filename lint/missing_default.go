package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/strategies"
)

var missingDefault = Rule{
	Name:     "missing-default",
	Title:    "The host port is a variable without a default",
	Severity: Warning,
	Doc: `The host port is a variable without a default. If nothing sets it, as in a fresh clone, Docker picks a new
port at every start, and no file says which. Give it a default, ${WEB_PORT:-8080}, or make it required,
${WEB_PORT:?}. A variable that an env file in the repository sets is not reported; one that Compose is given by
--env-file has to be listed under env_files in the configuration. --fix takes the default from an example env file
of the project, such as .env.example.`,
	Bad: `-- .env.example --
WEB_PORT=8080
-- compose.yaml --
services:
  web:
    image: example/web
    ports: ["${WEB_PORT}:80"]
`,
	Good: `services:
  web:
    image: example/web
    ports: ["${WEB_PORT:-8080}:80", "${ADMIN_PORT:?}:81"]
`,
	Check: func(p *Pass) {
		if p.run.inner[p.index] {
			return // what includes it may give it an env file, and shows the same mappings
		}
		dynamic := map[compose.Place]bool{} // that become so
		for _, c := range p.plan().Changes {
			if c.Decision.Kind == strategies.Ephemeral {
				dynamic[c.Mapping.Place()] = true
			}
		}
		for _, m := range p.Project.Mappings {
			e := m.HostPort
			if m.Inherited || m.Invalid != "" || e.Var == "" || e.Default != "" || e.Op == "?" || e.Op == ":?" || p.setInRepository(e.Var) {
				continue
			}
			if dynamic[m.Place()] {
				continue // a default would be dropped again
			}
			f := aboutHost(m)
			f.Message = fmt.Sprintf("variable %s has no default: if it is not set, Docker picks a new host port at every start", e.Var)
			if file, _, set := p.Project.Env.Setter(e.Var); set {
				f.Related = []Related{relatedLine(file, e.Var, "it is set here, but Git ignores this file")}
			}
			f.Hint = fmt.Sprintf("give it a default, such as ${%s:-%s}", e.Var, cmp.Or(m.Container.String(), "8080"))
			if port, from := p.example(e.Var); port != "" {
				f.Hint = fmt.Sprintf("write ${%s:-%s}", e.Var, port)
				f.Related = append(f.Related, relatedLine(from, e.Var, "its example value is here"))
				if m.Locked == "" && !slices.Contains(compose.Variables(m.Target), e.Var) {
					f.Fix = []rewrite.Edit{rewrite.Replace(m, "${"+e.Var+":-"+port+"}")}
				}
			}
			p.Report(f)
		}
	},
}

// setInRepository reports whether an env file that everyone has sets a variable.
func (p *Pass) setInRepository(variable string) bool {
	for _, f := range p.Project.Env.Files() {
		if f.Vars[variable] != "" && p.Facts.Tracked[f.File.Path] {
			return true
		}
	}
	return false
}

// example is a variable's port in the project's example env files, "" for none.
func (p *Pass) example(variable string) (string, compose.EnvFile) {
	for _, f := range p.Facts.Examples[p.Project.Dir] {
		if port := strings.TrimSpace(f.Vars[variable]); isPort(port) {
			return port, f
		}
	}
	return "", compose.EnvFile{}
}

// isPort reports a port or a range that can stand as a default.
func isPort(text string) bool {
	first, last, isRange := strings.Cut(text, "-")
	for _, n := range []string{first, last} {
		if n == "" && !isRange {
			continue
		}
		if port, err := strconv.Atoi(n); err != nil || port < 1 || port > 65535 {
			return false
		}
	}
	return first != ""
}
