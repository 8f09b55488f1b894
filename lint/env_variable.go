package lint

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

var unknownPortVariable = Rule{
	Name:     "unknown-port-variable",
	Title:    "No compose file uses the variable of a port",
	Severity: Warning,
	Doc: `An env file sets a variable that is named like a host port, such as WEB_HOST_PORT, but no compose file of
its projects uses it. It is misspelt, or its service no longer exists, and the port that it should move does not
move.`,
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
			if p.run.passedOn(e.File) || slices.ContainsFunc(p.run.envUsers()[e.File.Path], partial) {
				continue // a service gets all of it, or may use it
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
				if used[name] || p.run.mentions(e.File, name) {
					continue
				}
				f := Finding{File: e.File, Span: e.Line(name), Message: fmt.Sprintf("no compose file uses %s", name), Hint: "remove it, or correct the name"}
				if near := nearestHostPort(name, used); near != "" {
					f.Hint = "did you mean " + near + "?"
				}
				p.Report(f)
			}
		}
	},
}

// partial reports a project of which nobody knows what it lacks.
func partial(p *compose.Project) bool { return p.Partial }

// nearestHostPort is the used variable that a misspelt one is closest to, "" when none
// is close. What all of them end with makes none of them alike.
func nearestHostPort(name string, used map[string]bool) string {
	const ending = "_HOST_PORT"
	var known []string
	for other := range used {
		if service, is := strings.CutSuffix(other, ending); is {
			known = append(known, service)
		}
	}
	slices.Sort(known)
	if near := say.Nearest(strings.TrimSuffix(name, ending), known); near != "" {
		return near + ending
	}
	return ""
}

// passedOn reports an env file that a service names under env_file.
func (r *run) passedOn(env *source.File) bool {
	for _, p := range r.envUsers()[env.Path] {
		for _, f := range p.Files {
			for _, doc := range r.contents(f).values() {
				root, _ := doc.(map[string]any)
				services, _ := root["services"].(map[string]any)
				for _, s := range services {
					service, _ := s.(map[string]any)
					named := slices.Collect(maps.Values(texts(service["env_file"])))
					if one, ok := service["env_file"].(string); ok {
						named = append(named, one)
					}
					if slices.ContainsFunc(named, func(n string) bool { return filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(n)) == env.Path }) {
						return true
					}
				}
			}
		}
	}
	return false
}

// mentions reports a name that a compose file passes on without a value, as
// environment: [NAME] does.
func (r *run) mentions(env *source.File, name string) bool {
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`)
	for _, p := range r.envUsers()[env.Path] {
		for _, f := range p.Files {
			if word.Match(f.Src) {
				return true
			}
		}
	}
	return false
}

var hostPortName = regexp.MustCompile(`_HOST_PORT(_RANGE)?$`)
