package lint

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lint/text"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
)

var unknownPortVariable = Rule{
	Name:     "unknown-port-variable",
	Title:    "No compose file uses the variable of a port",
	Severity: Warning,
	Doc: `An env file sets a variable that is named like a host port, such as WEB_HOST_PORT, but no compose file of
its projects uses it. It is misspelt, or its service no longer exists, and the port that it should move does not
move.`,
	Check: func(p *Pass) {
		for _, e := range p.Project.Env.Files() {
			users := p.run.envUsers()[e.File.Path]
			if users[0] != p.index {
				continue // which says it for all of them
			}
			named := slices.DeleteFunc(slices.Sorted(maps.Keys(e.Vars)), func(n string) bool { return !hostPortName.MatchString(n) })
			if len(named) == 0 {
				continue
			}
			if p.run.passed()[e.File.Path] || slices.ContainsFunc(users, func(i int) bool { return partial(p.run.projects[i]) }) {
				continue // a service gets all of it, or may use it
			}
			used, words := map[string]bool{}, sync.OnceValue(func() map[string]bool { return p.run.words(users) })
			for _, i := range users {
				for _, f := range p.run.projects[i].Files {
					lists.Add(used, f.Variables()...)
				}
			}
			looked := 0
			for _, name := range named {
				if used[name] || mentioned(words(), name) {
					continue
				}
				f := Finding{File: e.File, Span: e.Line(name), Message: fmt.Sprintf("no compose file uses %s", name), Hint: "remove it, or correct the name"}
				if looked++; looked <= maxNearest {
					if near := nearestHostPort(name, used); near != "" {
						f.Hint = "did you mean " + near + "?"
					}
				}
				p.Report(f)
			}
		}
	},
}

// partial reports a project of which nobody knows what it lacks.
func partial(p *compose.Project) bool { return p.Partial }

// maxNearest bounds the misspelt names for which the nearest one is looked up.
const maxNearest = 20

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

// passedOn are the env files, by path, that a service of a project that reads them
// names under env_file.
func (r *run) passedOn() map[string]bool {
	passed := map[string]bool{}
	for _, p := range r.projects {
		reads := lists.Keys(p.Env.Files(), func(e variable.File) string { return e.File.Path })
		if len(reads) == 0 {
			continue
		}
		for _, f := range p.Files {
			for _, doc := range r.contents(f).values() {
				root, _ := doc.(map[string]any)
				services, _ := root["services"].(map[string]any)
				for _, s := range services {
					service, _ := s.(map[string]any)
					named := slices.Collect(maps.Values(text.All(service["env_file"])))
					if one, ok := service["env_file"].(string); ok {
						named = append(named, one)
					}
					for _, n := range named {
						if path := filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(n)); reads[path] {
							passed[path] = true
						}
					}
				}
			}
		}
	}
	return passed
}

// words are those of all files of some projects.
func (r *run) words(projects []int) map[string]bool {
	all := map[string]bool{}
	for _, i := range projects {
		for _, f := range r.projects[i].Files {
			maps.Copy(all, text.Words(f.Src))
		}
	}
	return all
}

// mentioned reports a name that a compose file passes on without a value, as
// environment: [NAME] does: each of its words is there.
func mentioned(words map[string]bool, name string) bool {
	for part := range text.Words([]byte(name)) {
		if !words[part] {
			return false
		}
	}
	return true
}

var hostPortName = regexp.MustCompile(`_HOST_PORT(_RANGE)?$`)
