package cli

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
)

// oneProjectFlags are the flags of commands about one project, which is found
// as docker compose finds it.
func oneProjectFlags(more ...cli.Flag) []cli.Flag {
	return append([]cli.Flag{
		&cli.StringSliceFlag{Name: "file", Aliases: []string{"f"}, Usage: "load `FILE`s as the project, as docker compose -f does", TakesFile: true},
		&cli.StringFlag{Name: "project-name", Aliases: []string{"p"}, Usage: "call the project `NAME`"},
		&cli.StringSliceFlag{Name: "profile", Usage: "take `PROFILE` for chosen; may be repeated"},
		&cli.StringSliceFlag{Name: "env-file", Usage: "read `FILE` instead of .env; may be repeated", TakesFile: true},
		&cli.StringFlag{Name: "ports-file", Usage: "keep the assignments in `FILE`", EnvVars: []string{"PORTMOOR_PORTS_FILE"}, TakesFile: true},
		&cli.StringFlag{Name: "config", Usage: "read `FILE` instead of the nearest " + configName, TakesFile: true},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more", DisableDefaultText: true},
	}, more...)
}

// stack is the one project that a command is about, with what is remembered of
// it. It holds the lock until it is closed.
type stack struct {
	*workspace
	project *compose.Project
	names   strategies.Names
	store   *allocate.Store
	ports   string // the path of the ports file
	units   []allocate.Unit
	served  map[string][]*compose.Mapping // those that a unit is for, by its key
	machine *allocate.Machine

	override bool     // whether literals may move, into an override file
	only     []string // the services that are started; nil for those that profiles start
}

// access is what a command is about to do with what is remembered.
type access int

const (
	reading   access = iota // nothing: no lock is taken
	writing                 // change it, under the lock
	assigning               // also choose ports, for which the engine is asked
	resetting               // also put aside a ports file that can't be read
)

// openStack finds and loads the project and reads what is remembered of it.
func (c *commands) openStack(ctx *cli.Context, to access) (*stack, error) {
	s := &stack{workspace: &workspace{context: map[string]bool{}}, override: ctx.String("override") != ""}
	var err error
	if s.base, err = os.Getwd(); err != nil {
		return nil, err
	}
	group, err := s.findProject(ctx, c.environ())
	if err != nil {
		return nil, err
	}
	if err := s.configure(ctx.String("config"), group.Files[0]); err != nil {
		return nil, err
	}
	return s, c.load(ctx, s, group, to)
}

// load loads a project into a stack.
func (c *commands) load(ctx *cli.Context, s *stack, group compose.Group, to access) (err error) {
	if path := ctx.String("override"); path != "" { // what it moved is planned anew
		abs := tree.Absolute(s.base, path)[0]
		group.Files = slices.DeleteFunc(slices.Clone(group.Files), func(f string) bool { return f == abs })
		if len(group.Files) == 0 {
			return say.Usagef("name a new file", "%s: is the compose file itself", say.Visible(path))
		}
	}
	for _, p := range s.configured() {
		if slices.Equal(p.Files[:1], group.Files[:1]) && len(ctx.StringSlice("file")) == 0 {
			group = p
		}
	}
	group.Profiles = slices.Concat(group.Profiles, ctx.StringSlice("profile"))
	if group.EnvFiles, err = s.envFiles(ctx, c.environ(), group.EnvFiles); err != nil {
		return err
	}
	s.loader = compose.NewLoader(compose.LoadOptions{Environ: c.environ(), EnvFiles: s.absolute(s.config.EnvFiles), Name: ctx.String("project-name")})
	near := discover.Around(s.loader, group.Dir, discover.Options{Options: tree.Options{Base: s.home, Ignore: s.config.Ignore}, Files: s.config.Files})
	all := s.loader.Load(append([]compose.Group{group}, near...))
	s.project, s.projects = all[0], all[:1]
	s.names = strategies.Name(all)
	if err := s.checkName(ctx.String("project-name")); err != nil {
		return err
	}
	for _, q := range s.project.Problems {
		return say.Failf(cmp.Or(q.Hint, "mend the file"), "%s: %s", s.place(q.File, q.Span), q.Message)
	}
	if err := s.refuseInvalid(); err != nil {
		return err
	}
	paths, err := s.paths(ctx, c.environ())
	if err != nil {
		return err
	}
	s.ports = paths.Ports
	open := allocate.Read
	if to != reading {
		open = allocate.Open
		if err := s.writable(); err != nil {
			return err
		}
	}
	if to == assigning {
		c.askEngine(ctx.Context) // an engine that stalls must not do so under the lock
	}
	paths.Forgiving = to == resetting
	if s.store, err = open(paths); err != nil {
		return s.storeProblem(err)
	}
	s.units = s.gatherUnits()
	return nil
}

// checkName refuses a project name that docker compose does: it makes a valid one
// of what name: and the folder say, and of nothing else. A name in an env file is
// not used where the configuration has one.
func (s *stack) checkName(given string) error {
	name := cmp.Or(given, s.environ()["COMPOSE_PROJECT_NAME"])
	if name == "" && s.project.Group.Name == "" {
		name, _ = s.project.Env.Lookup("COMPOSE_PROJECT_NAME")
	}
	if name == loader.NormalizeProjectName(name) {
		return nil
	}
	return say.Usagef("it has lower-case letters, digits, - and _ only, and begins with a letter or a digit; docker compose would refuse it too", "project name %q is not valid", name)
}

// envFiles are those of --env-file, else of COMPOSE_ENV_FILES, else of the
// configuration; nil for the .env of the project. As for docker compose, each of
// the first two has to be there.
func (s *stack) envFiles(ctx *cli.Context, environ map[string]string, configured []string) ([]string, error) {
	files := ctx.StringSlice("env-file")
	if list := environ["COMPOSE_ENV_FILES"]; len(files) == 0 && list != "" {
		files = strings.Split(list, ",")
	}
	if disabled, err := strconv.ParseBool(environ["COMPOSE_DISABLE_ENV_FILE"]); len(files) == 0 && err == nil && disabled {
		return []string{}, nil
	}
	if len(files) == 0 {
		return configured, nil
	}
	abs := tree.Absolute(s.base, files...)
	for i, f := range abs {
		if !tree.Exists(f) {
			return nil, say.Usagef("mend --env-file or COMPOSE_ENV_FILES; docker compose would refuse it too", "%s: no such file", say.Visible(files[i]))
		}
	}
	return abs, nil
}

// findProject is the project of -f, else that of the folder or of the nearest
// one above it that has a compose file, as docker compose has it.
func (s *stack) findProject(ctx *cli.Context, environ map[string]string) (compose.Group, error) {
	if files := ctx.StringSlice("file"); len(files) > 0 {
		abs := tree.Absolute(s.base, files...)
		for i, f := range abs {
			switch info, err := os.Stat(f); {
			case err != nil:
				return compose.Group{}, say.Usagef("name a compose file", "%s: no such file", files[i])
			case info.IsDir():
				return compose.Group{}, say.Usagef("name a compose file in it", "%s: is a folder, and -f takes files", files[i])
			}
		}
		return compose.Group{Dir: filepath.Dir(abs[0]), Files: abs}, nil
	}
	for dir := s.base; ; dir = filepath.Dir(dir) {
		if list := environ["COMPOSE_FILE"]; list != "" && dir == s.base {
			abs := tree.Absolute(s.base, strings.Split(list, cmp.Or(environ["COMPOSE_PATH_SEPARATOR"], string(os.PathListSeparator)))...)
			return s.withEnvFiles(compose.Group{Dir: filepath.Dir(abs[0]), Files: abs}), nil
		}
		if g, named := discover.ByEnvFile(compose.NewLoader(compose.LoadOptions{}), dir); named && dir == s.base {
			return s.withEnvFiles(g), nil
		}
		if g, there := discover.ByName(dir); there {
			return s.withEnvFiles(g), nil
		}
		if dir == filepath.Dir(dir) {
			return compose.Group{}, say.Usagef("go to a folder that has one, or name it with -f", "%s: no compose file here or above", ".")
		}
	}
}

// withEnvFiles adds the .env of the working folder to that of the project, over
// which it wins, as docker compose does when no -f is given.
func (s *stack) withEnvFiles(g compose.Group) compose.Group {
	if here := filepath.Join(s.base, ".env"); g.Dir != s.base && tree.Exists(here) {
		g.EnvFiles = slices.DeleteFunc([]string{filepath.Join(g.Dir, ".env"), here}, func(f string) bool { return !tree.Exists(f) })
	}
	return g
}

func (s *stack) paths(ctx *cli.Context, environ map[string]string) (allocate.Paths, error) {
	ledger := environ["PORTMOOR_LEDGER"]
	if ledger == "" {
		home := cmp.Or(environ["HOME"], environ["USERPROFILE"])
		state := cmp.Or(environ["XDG_STATE_HOME"], filepath.Join(home, ".local", "state"))
		if !filepath.IsAbs(state) {
			return allocate.Paths{}, say.Failf("set PORTMOOR_LEDGER to a file", "there is no home folder to keep the ledger in")
		}
		ledger = filepath.Join(state, "portmoor", "ledger.json")
	}
	ports, identity := s.portsFile(s.project), s.project.Name
	if file := ctx.String("ports-file"); file != "" {
		ports = tree.Absolute(s.base, file)[0]
	}
	checkout := s.project.Dir
	if resolved, err := filepath.EvalSymlinks(checkout); err == nil {
		checkout = resolved
	}
	if rel, err := filepath.Rel(s.project.Dir, ports); err == nil {
		identity += " " + filepath.ToSlash(rel)
	}
	return allocate.Paths{Ports: ports, Ledger: tree.Absolute(s.base, ledger)[0], Checkout: checkout, Project: identity}, nil
}

// portsFile is where the ports of a project are remembered.
func (w *workspace) portsFile(p *compose.Project) string {
	return w.fileOf(p, cmp.Or(w.config.PortsFile, "data/ports.json"))
}

// fileOf is a file that a project has in its folder: one that is not what docker
// compose finds there by itself has its name in it.
func (w *workspace) fileOf(p *compose.Project, name string) string {
	path := tree.Absolute(p.Dir, filepath.FromSlash(name))[0]
	if discover.Standard(p.Group.Files[0]) && !p.Group.Overlay && !p.Renamed {
		return path
	}
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + "." + p.Name + ext
}

func (s *stack) storeProblem(err error) error {
	var all []error
	for _, e := range say.Each(err) {
		hint := "run it again; what was there is as it was"
		switch {
		case errors.Is(e, allocate.ErrCorrupt):
			hint = "mend the file, or move it away: it stays as it is, and no port was assigned"
		case errors.Is(e, fs.ErrPermission):
			hint = "write where you may: --ports-file names another file of assignments, PORTMOOR_LEDGER another ledger"
		}
		all = append(all, say.Failf(hint, "%s", s.shorten(e.Error())))
	}
	return errors.Join(all...)
}
