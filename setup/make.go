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
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

const (
	targetsName = "portmoor.mk"
	makeHeader  = "# Written by portmoor init --make.\n"
	makeUsage   = `# PROFILE are the profiles to choose, ARGS more arguments: make ports-auto-detect PROFILE="data gpu".

.PHONY: %s

# What the Makefile itself calls PROFILE or ARGS is something else.
portmoor_args = $(if $(findstring file,$(origin PROFILE)),,$(PROFILE:%%=--profile %%)) $(if $(findstring file,$(origin ARGS)),,$(ARGS))
`
	// makeEnvFiles has docker compose read what portmoor up passes to it, each time it is
	// run. What the user or the Makefile says of it stays; so does an --env-file, which wins.
	makeEnvFiles = `
# The other lines of docker compose read the same env files, and the ports that are remembered.
portmoor_comma := ,
portmoor_empty :=
portmoor_env_files := %s
ifeq ($(origin COMPOSE_ENV_FILES) $(words $(CURDIR)) $(findstring $(portmoor_comma),$(CURDIR)),undefined 1 )
export COMPOSE_ENV_FILES = $(subst $(portmoor_empty) $(portmoor_empty),$(portmoor_comma),$(strip $(shell for f in $(portmoor_env_files:%%='%%'); do test -e "$$f" && echo "$$f"; done)))
endif
`
)

// included matches the line of a Makefile that includes the targets.
var included = pattern.Lazy(`(?m)^[ ]*[-s]?include\s(?:.*[\s/])?(?:portmoor|\*)\.mk\b`)

// prefixed matches a Makefile whose recipes do not begin with a tab.
var prefixed = pattern.Lazy(`(?m)^[ ]*\.RECIPEPREFIX\b`)

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
	included := p.makefiles()
	if len(included) == 0 {
		return p.keep(filepath.Join(p.root, targetsName), "is not written: docker compose finds none of the compose files by itself; list those to start under projects in "+config.Name)
	}
	for _, m := range included {
		if err := p.include(m); err != nil {
			return err
		}
	}
	return nil
}

// makefiles are those that targets are included in. One in the folder of a project is
// about that project alone, another about all that are below it.
func (p *planner) makefiles() (all []makefile) {
	mains := p.started()
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

// started are the projects that people start, but for those whose names only bash can be
// told: what is written here any shell may run.
func (p *planner) started() (all []*compose.Project) {
	for _, folder := range lists.Group(compose.Main(p.w.Projects), func(q *compose.Project) string { return q.Dir }) {
		all = append(all, p.mains(folder)...)
	}
	return lists.Only(all, func(q *compose.Project) bool {
		return !strings.Contains(p.w.AboutFrom(p.root, q).Portmoor("detect"), "$'")
	})
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
	if tree.IsSymlink(m.path) {
		return p.keep(m.path, "is a symlink, and gets no targets")
	}
	src, err := p.read(m.path)
	if err != nil {
		return err
	}
	if prefixed().Match(src) {
		return p.keep(m.path, "sets .RECIPEPREFIX, and gets no targets")
	}
	if old != nil && !bytes.HasPrefix(old, []byte(makeHeader)) {
		return p.keep(path, "exists already, and was not written by init")
	}
	switch text := p.targetsOf(m, src); {
	case bytes.Equal(old, text):
		_ = p.keep(path, "has the targets already")
	default:
		_ = p.write(path, old, text, "written")
	}
	p.envFileFlags(m, src)
	if included().Match(src) {
		return p.keep(m.path, "includes the targets already")
	}
	text := ended(src)
	if bytes.HasSuffix(bytes.TrimRight(text, "\r\n"), []byte(`\`)) {
		text = append(text, '\n') // the last line goes on
	}
	return p.write(m.path, src, append(text, "-include "+targetsName+"\n"...), "includes "+targetsName)
}

// envFileFlags says where a Makefile passes env files itself, and not that of the ports.
func (p *planner) envFileFlags(m makefile, src []byte) {
	if len(m.projects) != 1 {
		return
	}
	about := p.w.AboutFrom(filepath.Dir(m.path), m.projects[0])
	about.Ours.Config = ""
	for n, line := range slices.Collect(strings.Lines(string(src))) {
		passes := strings.Contains(line, "--env-file") && !strings.Contains(line, filepath.Base(p.w.PortsEnvFile(m.projects[0])))
		if passes && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			_ = p.keep(m.path, fmt.Sprintf("line %d passes --env-file itself, and so not the ports that are remembered; to start the project with both: %s", n+1, about.Portmoor("up")))
			return
		}
	}
}

// aboutNone are the commands of the targets that are about no project.
var aboutNone = map[string]string{"registry-start": "serve", "registry-status": "services"}

// targetsOf are the targets of a Makefile, but for those that it has itself: a line a
// project.
func (p *planner) targetsOf(m makefile, src []byte) []byte {
	dir := filepath.Dir(m.path)
	all := []struct {
		name string
		line func(about say.About) []string // of which the last one takes more arguments
	}{
		{"ports-show", func(a say.About) []string { return []string{a.Portmoor("show")} }},
		{"ports-auto-detect", func(a say.About) []string { return []string{a.Portmoor("detect")} }},
		{"ports-validate", func(a say.About) []string { return []string{a.Portmoor("validate")} }},
		{"ports-reset", func(a say.About) []string { return []string{a.Portmoor("reset")} }},
		{"first-run-multi-host", func(a say.About) []string {
			return []string{a.Portmoor("migrate", "--strategy", "auto", "--write"), a.Portmoor("up", "-d")}
		}},
		{"registry-start", nil},
		{"registry-status", nil},
		{"registry-sync", func(a say.About) []string { return []string{a.Portmoor("sync")} }},
	}
	var names []string
	var rules strings.Builder
	for _, target := range all {
		if regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(target.name) + `\s*:`).Match(src) {
			continue
		}
		names = append(names, target.name)
		fmt.Fprintf(&rules, "\n%s:\n", target.name)
		if command, alone := aboutNone[target.name]; alone {
			fmt.Fprintf(&rules, "\t%s\n", say.About{}.Portmoor(command))
			continue
		}
		for _, q := range m.projects {
			about := p.w.AboutFrom(dir, q)
			about.Ours.Config, about.Search.Config = "", "" // the nearest one is found
			lines := lists.Map(target.line(about), recipe)
			fmt.Fprintf(&rules, "\t%s $(portmoor_args)\n", strings.Join(lines, "\n\t"))
		}
	}
	text := makeHeader + fmt.Sprintf(makeUsage, strings.Join(names, " "))
	if files := p.envFiles(m); files != nil {
		text += fmt.Sprintf(makeEnvFiles, strings.Join(files, " "))
	}
	return []byte(text + rules.String())
}

// recipe is a command as a line of a recipe: make would take each dollar for a variable
// or a call of its own.
func recipe(command string) string { return strings.ReplaceAll(command, "$", "$$") }

// plainPath is what make takes for one file and nothing else.
var plainPath = pattern.Lazy(`^[A-Za-z0-9_./@+-]+$`)

// envFiles are the env files that each docker compose of a Makefile may read, with the
// ports that are remembered, as a shell finds them. They are nil where they are not those
// of every line: for a project in another folder, or with others below it.
func (p *planner) envFiles(m makefile) (words []string) {
	dir := filepath.Dir(m.path)
	others := slices.ContainsFunc(compose.Main(p.w.Projects), func(q *compose.Project) bool { return q.Dir != dir && tree.Within(dir, q.Dir) })
	if below := say.Path(p.root, dir); len(m.projects) != 1 || m.projects[0].Dir != dir || others || !plainPath().MatchString(below) {
		return nil
	}
	q := m.projects[0]
	files := q.Group.EnvFiles
	if files == nil {
		files = []string{filepath.Join(q.Dir, ".env")}
	}
	files = slices.Concat(files, p.w.Absolute(p.w.Config.EnvFiles...), []string{p.w.PortsEnvFile(q)})
	for _, f := range slices.Compact(files) {
		path := say.Path(dir, f)
		if filepath.IsAbs(path) || !plainPath().MatchString(path) {
			return nil
		}
		words = append(words, "$(CURDIR)/"+path)
	}
	return words
}
