package lint

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

var defaultMismatch = Rule{
	Name:     "default-mismatch",
	Title:    "One variable has two different defaults",
	Severity: Warning,
	Doc: `The variable of a host port has another default elsewhere in the project, so that the two places mean
different ports while the variable is unset. Write the same default in both.`,
	Bad: `services:
  web:
    image: example/web
    ports: ["${WEB_PORT:-8080}:80"]
    environment:
      PUBLIC_URL: http://localhost:${WEB_PORT:-8000}
`,
	Good: `services:
  web:
    image: example/web
    ports: ["${WEB_PORT:-8080}:80"]
    environment:
      PUBLIC_URL: http://localhost:${WEB_PORT:-8080}
`,
	Check: func(p *Pass) {
		first := map[string]Related{}
		defaults := map[string]string{}
		for m := range p.written() {
			if e := m.HostPort; e.Var != "" && e.Default != "" && (e.Op == ":-" || e.Op == "-") && defaults[e.Var] == "" {
				defaults[e.Var] = e.Default
				first[e.Var] = relatedTo(*m, "its default is "+e.Default+" here")
			}
		}
		if len(defaults) == 0 {
			return
		}
		for _, f := range p.Project.Files {
			for _, at := range withDefault.FindAllSubmatchIndex(f.Src, -1) {
				name, text := string(f.Src[at[2]:at[3]]), string(f.Src[at[4]:at[5]])
				span := source.Span{Start: at[0], End: at[1]}
				if want, ok := defaults[name]; !ok || samePort(text, want) || f.Comment(at[0]) || span == first[name].Span || notInterpolated(f.Src, span) {
					continue
				}
				p.Report(Finding{
					File: f, Span: span,
					Message: fmt.Sprintf("variable %s has the default %s here and %s elsewhere", name, text, defaults[name]),
					Hint:    "write the same default in both",
					Related: []Related{first[name]},
				})
			}
		}
	},
}

// notInterpolated reports what Compose leaves as it is: a dollar sign that is
// written twice, and the key of a mapping.
func notInterpolated(src []byte, span source.Span) bool {
	if span.Start > 0 && src[span.Start-1] == '$' {
		return true
	}
	rest := bytes.TrimLeft(src[span.End:], "\"'")
	return bytes.HasPrefix(rest, []byte(": ")) || bytes.HasPrefix(rest, []byte(":\n"))
}

func samePort(a, b string) bool {
	x, errX := ports.Parse(a)
	y, errY := ports.Parse(b)
	return a == b || errX == nil && errY == nil && x == y
}

// withDefault is a variable with a default that holds no other variable.
var withDefault = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*):?-([^${}"'\s]+)\}`)
