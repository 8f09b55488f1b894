package lint

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/around"
	"github.com/portmoor/portmoor/lint/text"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

var unknownPortVariable = Rule{
	Name:     "unknown-port-variable",
	Title:    "No compose file uses the variable of a port",
	Severity: Warning,
	Doc: `An env file sets a variable that is named like a host port, such as WEB_HOST_PORT, but no compose file of
its projects uses it. It is misspelt, or its service no longer exists, and the port that it should move does not
move. One that the way back from dynamic uses again is to be kept.`,
	Check: func(p *Pass) {
		for _, e := range p.Project.Env.Files() {
			users := p.run.envUsers()[e.File.Path]
			if users[0] != p.index {
				continue // which says it for all of them
			}
			named := slices.DeleteFunc(slices.Sorted(maps.Keys(e.Vars)), func(n string) bool { return !hostPortName().MatchString(n) })
			if len(named) == 0 {
				continue
			}
			if p.run.passed()[e.File.Path] || slices.ContainsFunc(users, func(i int) bool { return partial(p.run.projects[i]) }) {
				continue // a service gets all of it, or may use it
			}
			used, back, words := map[string]bool{}, map[string]bool{}, sync.OnceValue(func() map[string]bool { return around.Words(p.run.projects, users) })
			for _, i := range users {
				p.run.restored(i, back)
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
				if back[name] {
					f.Hint = "keep it for the way back, which uses it again: " + p.commands().Migrate("--strategy", "hybrid")
				} else if looked++; looked <= maxNearest {
					if near := say.NearestBefore("_HOST_PORT", name, slices.Sorted(maps.Keys(used))); near != "" {
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

// restored adds the variables of the host texts which the configuration has for a
// project's mappings that are dynamic now.
func (r *run) restored(index int, by map[string]bool) {
	if r.options.Remembered != nil {
		for _, text := range r.options.Remembered(r.projects[index]) {
			for _, name := range source.Variables(text) {
				by[name] = true
			}
		}
	}
}

// maxNearest bounds the misspelt names for which the nearest one is looked up.
const maxNearest = 20

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

var hostPortName = pattern.Lazy(`_HOST_PORT(_RANGE)?$`)
