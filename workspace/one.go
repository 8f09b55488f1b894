package workspace

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// OpenOne finds and loads the one project that a request is about, as docker
// compose finds it: that of -f, of COMPOSE_FILE, or of the nearest folder from Dir
// upward. What stops docker compose from loading it is an error.
func OpenOne(r Request) (*Workspace, *compose.Project, error) {
	if r.Stack != "" {
		return openStack(r)
	}
	group, bounds, err := r.findOne()
	if err != nil {
		return nil, nil, err
	}
	group, _ = r.isolated(group)
	w := &Workspace{Dir: r.Dir, Bounds: bounds, alone: true, git: r.Git, context: map[string]bool{}}
	if err := w.configure(r, group.Files[0]); err != nil {
		return nil, nil, err
	}
	return w.Only(r, group)
}

// Only is the workspace of one project, loaded under the environment of a request,
// as a command about that project alone has it.
func (w *Workspace) Only(r Request, group compose.Group) (*Workspace, *compose.Project, error) {
	one := &Workspace{Dir: w.Dir, Home: w.Home, Config: w.Config, Bounds: w.Bounds, About: r.Command(), alone: w.alone, environ: r.Environ, git: w.git, isolate: r.Isolate, context: map[string]bool{}, ignored: map[string]bool{}}
	if named := cmp.Or(r.PortsFile, r.Environ[PortsFileVariable]); named != "" {
		one.portsFile = tree.Absolute(w.Dir, named)[0]
	}
	except := tree.Absolute(w.Dir, r.Except...)
	group.Files = slices.DeleteFunc(slices.Clone(group.Files), func(f string) bool { return slices.Contains(except, f) })
	if len(group.Files) == 0 {
		return nil, nil, say.Usagef("name a new file", "%s: is the compose file itself", r.Except[0])
	}
	for _, p := range one.configured() {
		if slices.Equal(p.Files[:1], group.Files[:1]) && len(r.Files) == 0 {
			group = p
		}
	}
	group, one.Isolation = r.isolated(group)
	name := r.Name
	if one.Isolation != nil {
		name, one.Bounds = one.Isolation.Name, one.Bounds.And(one.Isolation.Own()...)
	}
	if err := refuseBoth(one, r); err != nil {
		return nil, nil, err
	}
	group.Profiles = slices.Concat(group.Profiles, r.Profiles)
	var err error
	if group.EnvFiles, err = r.envFiles(group.EnvFiles); err != nil {
		return nil, nil, err
	}
	one.loader = compose.NewLoader(compose.LoadOptions{Environ: r.Environ, EnvFiles: one.Absolute(one.Config.EnvFiles...), Name: name, Alternatives: one.Config.Alternatives, Deploy: one.Config.Deploy, Watch: r.Watch})
	all := one.loader.Load(append([]compose.Group{group}, discover.Around(one.loader, group.Dir, one.discovery())...))
	p := all[0]
	p.Renamed = p.Renamed && (one.Isolation == nil || one.Isolation.Given != "")
	one.keepPrivate(all)
	one.Projects, one.Neighbours = all[:1], all[1:]
	one.About = one.AboutOne(p)
	if one.Isolation != nil {
		one.About.Isolated, one.About.Compose.Name = true, p.Name
		one.About.Compose.Files = one.shown(one.Dir, append(slices.Clone(group.Files), one.Isolation.Overrides()...))
	}
	if err := r.checkName(p); err != nil {
		return nil, nil, err
	}
	for _, q := range p.Problems {
		return nil, nil, say.Failf(cmp.Or(q.Hint, "fix the file"), "%s: %s", one.Place(q.File, q.Span), q.Message)
	}
	return one, p, nil
}

// Environ is the environment of the process that the project was loaded under.
func (w *Workspace) Environ() map[string]string { return w.environ }

// findOne is the project of -f, else that of the folder or of the nearest
// one above it that has a compose file, as docker compose has it.
func (r Request) findOne() (compose.Group, tree.Bounds, error) {
	if len(r.Files) > 0 {
		abs := tree.Absolute(r.Dir, r.Files...)
		for i, f := range abs {
			switch info, err := os.Stat(f); {
			case err != nil:
				return compose.Group{}, tree.Bounds{}, say.Usagef("name a compose file", "%s: no such file", r.Files[i])
			case info.IsDir():
				return compose.Group{}, tree.Bounds{}, say.Usagef("name a compose file in it", "%s: is a folder, and -f takes files", r.Files[i])
			}
		}
		return compose.Group{Dir: filepath.Dir(abs[0]), Files: abs}, r.bounds(abs...), nil
	}
	envFiles, err := r.envFiles([]string{filepath.Join(r.Dir, ".env")})
	if err != nil {
		return compose.Group{}, tree.Bounds{}, err
	}
	env := compose.NewLoader(compose.LoadOptions{}).Env(envFiles...)
	listed := discover.Listed(r.Dir, func(name string) (string, bool) { // the environment wins, for each of the two variables
		if value, set := r.Environ[name]; set {
			return value, true
		}
		return env.Lookup(name)
	})
	_, asked := r.Environ["COMPOSE_FILE"] // by who runs the program, and not by the repository
	switch {
	case slices.Contains(listed, ""):
		return compose.Group{}, tree.Bounds{}, say.Usagef("name a file there, or unset it; docker compose would refuse it too", "COMPOSE_FILE names a file without a name")
	case asked:
		return r.withEnvFiles(compose.Group{Dir: filepath.Dir(listed[0]), Files: listed}), r.bounds(listed...).And(listed...), nil
	case listed != nil:
		return r.withEnvFiles(compose.Group{Dir: filepath.Dir(listed[0]), Files: listed}), r.bounds(r.Dir), nil
	}
	for dir := r.Dir; ; dir = filepath.Dir(dir) {
		if g, there := discover.ByName(dir); there {
			return r.withEnvFiles(g), r.bounds(dir), nil
		}
		if dir == filepath.Dir(dir) {
			return compose.Group{}, tree.Bounds{}, r.absent()
		}
	}
}

// withEnvFiles adds the .env of the working folder to that of the project, over
// which it wins, as docker compose does when no -f is given.
func (r Request) withEnvFiles(g compose.Group) compose.Group {
	if here := filepath.Join(r.Dir, ".env"); g.Dir != r.Dir && tree.Exists(here) {
		g.EnvFiles = slices.DeleteFunc([]string{filepath.Join(g.Dir, ".env"), here}, func(f string) bool { return !tree.Exists(f) })
	}
	return g
}

// envFiles are those of the request, else of COMPOSE_ENV_FILES, else of the
// configuration; nil for the .env of the project. As for docker compose, each of
// the first two has to be there. Those that we have written are left out.
func (r Request) envFiles(configured []string) ([]string, error) {
	files := r.EnvFiles
	if list := r.Environ["COMPOSE_ENV_FILES"]; len(files) == 0 && list != "" {
		files = strings.Split(list, ",")
	}
	if disabled, err := strconv.ParseBool(r.Environ["COMPOSE_DISABLE_ENV_FILE"]); len(files) == 0 && err == nil && disabled {
		return []string{}, nil
	}
	if len(files) == 0 {
		return configured, nil
	}
	abs := tree.Absolute(r.Dir, files...)
	for i, f := range abs {
		if !tree.Exists(f) {
			return nil, say.Usagef("fix --env-file or COMPOSE_ENV_FILES; docker compose would refuse it too", "%s: no such file", files[i])
		}
	}
	return slices.DeleteFunc(abs, writtenByUs), nil
}

// writtenByUs reports an env file of the ports that are remembered, which pin nothing and
// hide no pin.
func writtenByUs(path string) bool {
	src, err := tree.ReadIf(path, tree.MaxFile)
	return err == nil && bytes.HasPrefix(src, []byte(PortsEnvHeader))
}

// checkName refuses a project name that docker compose does: it makes a valid one
// of what name: and the folder say, and of nothing else. A name in an env file is
// not used where the configuration has one.
func (r Request) checkName(p *compose.Project) error {
	name := r.givenName()
	written := fmt.Sprintf("project name %q", name)
	if f, value, set := p.Env.Setter(nameVariable); name == "" && p.Group.Name == "" && set {
		line, _ := f.File.Position(f.Line(nameVariable).Start)
		name, written = value, fmt.Sprintf("%s:%d: project name", f.File.Path, line)
	}
	if name == loader.NormalizeProjectName(name) {
		return nil
	}
	return say.Usagef("it has lower-case letters, digits, - and _ only, and begins with a letter or a digit; docker compose would refuse it too", "%s is not valid", written)
}
