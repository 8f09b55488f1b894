package setup

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

const (
	targetsName = "portmoor.mk"
	makeHeader  = "# Written by portmoor init --make.\n"
	makeUsage   = `# PROFILE are the profiles to choose, ARGS more arguments: make ports-auto-detect PROFILE="data gpu".

.PHONY: ports-auto-detect ports-validate ports-show ports-reset first-run-multi-host
`
	// makeEnvFiles has docker compose read what portmoor up passes to it. What the user
	// or the Makefile says of it stays; so does an --env-file, which wins.
	makeEnvFiles = `
# The other lines of docker compose read the same env files, and the ports that are remembered.
ifeq ($(origin COMPOSE_ENV_FILES),undefined)
portmoor_comma := ,
portmoor_empty :=
export COMPOSE_ENV_FILES := $(subst $(portmoor_empty) $(portmoor_empty),$(portmoor_comma),$(wildcard %s))
endif
`
)

// included matches the line of a Makefile that includes the targets.
var included = regexp.MustCompile(`(?m)^[ ]*[-s]?include\s.*\bportmoor\.mk\b`)

// makefiles are the names that make looks for, in its order.
var makefiles = []string{"GNUmakefile", "makefile", "Makefile"}

// makefile is where targets are included, and the projects that they are about.
type makefile struct {
	path     string
	projects []*compose.Project
}

// targets plans a file of targets beside each Makefile that people use: the nearest one
// above each project. Where there is none, it is one beside the project, or at the root
// for several.
func (p *planner) targets() error {
	if len(p.w.Projects) == 0 {
		return p.keep(filepath.Join(p.root, targetsName), "is not written: no compose file is here or below")
	}
	for _, m := range p.makefiles() {
		if err := p.include(m); err != nil {
			return err
		}
	}
	return nil
}

// makefiles are those that targets are included in. One in the folder of a project is
// about that project alone, another about all that are below it.
func (p *planner) makefiles() (all []makefile) {
	var mains []*compose.Project
	for _, folder := range lists.Group(p.w.Projects, func(q *compose.Project) string { return q.Dir }) {
		mains = append(mains, p.mains(folder)...)
	}
	fallback := p.root
	if dirs := lists.Keys(mains, func(q *compose.Project) string { return q.Dir }); len(dirs) == 1 {
		fallback = mains[0].Dir
	}
	for _, q := range mains {
		path := cmp.Or(p.nearest(q.Dir), filepath.Join(fallback, "Makefile"))
		i := slices.IndexFunc(all, func(m makefile) bool { return m.path == path })
		if i < 0 {
			all, i = append(all, makefile{path: path}), len(all)
		}
		all[i].projects = append(all[i].projects, q)
	}
	for i, m := range all {
		here := lists.Only(m.projects, func(q *compose.Project) bool { return q.Dir == filepath.Dir(m.path) })
		if len(here) > 0 {
			all[i].projects = here
		}
	}
	return all
}

// mains are the projects of a folder that people start: those that the configuration
// settles, else what docker compose finds there by itself, else the only one there is.
func (p *planner) mains(folder []*compose.Project) []*compose.Project {
	settled := lists.Only(folder, p.w.Settled)
	found := lists.Only(folder, func(q *compose.Project) bool { return discover.Standard(q.Group.Files[0]) && !q.Group.Overlay })
	switch {
	case len(settled) > 0:
		return settled
	case len(found) > 0:
		return found[:1]
	case len(folder) == 1:
		return folder
	}
	return nil
}

// nearest is the Makefile of a folder or of the nearest one above it, "" for none.
func (p *planner) nearest(dir string) string {
	for ; tree.Within(p.root, dir); dir = filepath.Dir(dir) {
		for _, name := range makefiles {
			if path := filepath.Join(dir, name); tree.Exists(path) {
				return path
			}
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return ""
}

// include plans the targets, and the line of the Makefile that includes them.
func (p *planner) include(m makefile) error {
	path := filepath.Join(filepath.Dir(m.path), targetsName)
	old, err := p.read(path)
	if err != nil {
		return err
	}
	if old != nil && !bytes.HasPrefix(old, []byte(makeHeader)) {
		return p.keep(path, "exists already, and was not written by init")
	}
	switch text := p.targetsOf(m); {
	case bytes.Equal(old, text):
		_ = p.keep(path, "has the targets already")
	default:
		_ = p.write(path, old, text, "written")
	}
	if tree.IsSymlink(m.path) {
		return p.keep(m.path, "is a symlink: add this to it:\ninclude "+targetsName)
	}
	src, err := p.read(m.path)
	if err != nil {
		return err
	}
	for n, line := range slices.Collect(strings.Lines(string(src))) {
		if strings.Contains(line, "--env-file") && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			_ = p.keep(m.path, fmt.Sprintf("line %d passes --env-file itself: add --env-file .ports.env after it", n+1))
			break
		}
	}
	if included.Match(src) {
		return p.keep(m.path, "includes the targets already")
	}
	return p.write(m.path, src, append(ended(src), "include "+targetsName+"\n"...), "includes "+targetsName)
}

// targetsOf are the targets of a Makefile: a line a project.
func (p *planner) targetsOf(m makefile) []byte {
	dir := filepath.Dir(m.path)
	var out strings.Builder
	out.WriteString(makeHeader + makeUsage)
	if len(m.projects) == 1 {
		if files := p.envFiles(dir, m.projects[0]); files != nil {
			fmt.Fprintf(&out, makeEnvFiles, strings.Join(files, " "))
		}
	}
	for _, target := range []struct {
		name string
		line func(about say.About) []string // of which the last one takes more arguments
	}{
		{"ports-auto-detect", func(a say.About) []string { return []string{a.Portmoor("detect")} }},
		{"ports-validate", func(a say.About) []string { return []string{a.Portmoor("validate")} }},
		{"ports-show", func(a say.About) []string { return []string{a.Portmoor("show")} }},
		{"ports-reset", func(a say.About) []string { return []string{a.Portmoor("reset")} }},
		{"first-run-multi-host", func(a say.About) []string {
			return []string{a.Portmoor("migrate", "--strategy", "auto", "--write"), a.Portmoor("up", "-d")}
		}},
	} {
		fmt.Fprintf(&out, "\n%s:\n", target.name)
		for _, q := range m.projects {
			about := p.w.AboutFrom(dir, q)
			about.Ours.Config, about.Search.Config = "", "" // the nearest one is found
			lines := lists.Map(target.line(about), recipe)
			fmt.Fprintf(&out, "\t%s $(PROFILE:%%=--profile %%) $(ARGS)\n", strings.Join(lines, "\n\t"))
		}
	}
	return []byte(out.String())
}

// recipe is a command as a line of a recipe: make would take each dollar for a variable
// or a call of its own.
func recipe(command string) string { return strings.ReplaceAll(command, "$", "$$") }

// plainPath is what make takes for one file and nothing else.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9_./@+-]+$`)

// envFiles are the env files of a project with the ports that are remembered, as make
// finds them; nil where it could not.
func (p *planner) envFiles(dir string, q *compose.Project) (words []string) {
	files := q.Group.EnvFiles
	if files == nil {
		files = []string{filepath.Join(q.Dir, ".env")}
	}
	files = slices.Concat(files, p.w.Absolute(p.w.Config.EnvFiles...), []string{p.w.PortsEnvFile(q)})
	for _, f := range slices.Compact(files) {
		path := say.Path(dir, f)
		if filepath.IsAbs(path) || !plainPath.MatchString(path) {
			return nil
		}
		words = append(words, "$(CURDIR)/"+path)
	}
	return words
}
