package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/strategies"
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
	machine *allocate.Machine

	override bool // whether literals may move, into an override file
}

// openStack finds and loads the project and reads what is remembered of it,
// under the lock for a command that writes.
func (c *commands) openStack(ctx *cli.Context, writes bool) (*stack, error) {
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
	return s, c.load(ctx, s, group, writes)
}

// load loads a project into a stack.
func (c *commands) load(ctx *cli.Context, s *stack, group compose.Group, writes bool) (err error) {
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
	near := s.loader.Around(group.Dir, compose.DiscoverOptions{Base: s.home, Ignore: s.config.Ignore, Files: s.config.Files})
	all := s.loader.Load(append([]compose.Group{group}, near...))
	s.project, s.projects = all[0], all[:1]
	s.names = strategies.Name(all)
	for _, q := range s.project.Problems {
		return problem{exitFailure, s.place(q.File, q.Span) + ": " + q.Message, cmp.Or(q.Hint, "mend the file")}
	}
	if err := s.refuseInvalid(); err != nil {
		return err
	}
	paths, err := s.paths(ctx, c.environ())
	if err != nil {
		return err
	}
	s.ports = paths.Ports
	if writes {
		if err := s.writable(); err != nil {
			return err
		}
	}
	paths.Forgiving = ctx.Command.Name == "reset"
	open := allocate.Read
	if writes {
		open = allocate.Open
	}
	if s.store, err = open(paths); err != nil {
		return s.storeProblem(err)
	}
	s.units = s.gatherUnits()
	return nil
}

// envFiles are those of --env-file, else of COMPOSE_ENV_FILES, else of the
// configuration; nil for the .env of the project. As for docker compose, each of
// the first two has to be there.
func (s *stack) envFiles(ctx *cli.Context, environ map[string]string, configured []string) ([]string, error) {
	files := ctx.StringSlice("env-file")
	if list := environ["COMPOSE_ENV_FILES"]; len(files) == 0 && list != "" {
		files = strings.Split(list, ",")
	}
	if len(files) == 0 {
		return configured, nil
	}
	abs := absolutePaths(s.base, files)
	for i, f := range abs {
		if !exists(f) {
			return nil, usage("mend --env-file or COMPOSE_ENV_FILES; docker compose would refuse it too", "%s: no such file", visible(files[i]))
		}
	}
	return abs, nil
}

// findProject is the project of -f, else that of the folder or of the nearest
// one above it that has a compose file, as docker compose has it.
func (s *stack) findProject(ctx *cli.Context, environ map[string]string) (compose.Group, error) {
	if files := ctx.StringSlice("file"); len(files) > 0 {
		abs := absolutePaths(s.base, files)
		for i, f := range abs {
			if !exists(f) {
				return compose.Group{}, usage("name a compose file", "%s: no such file", files[i])
			}
		}
		return compose.Group{Dir: filepath.Dir(abs[0]), Files: abs}, nil
	}
	for dir := s.base; ; dir = filepath.Dir(dir) {
		if list := environ["COMPOSE_FILE"]; list != "" && dir == s.base {
			abs := absolutePaths(s.base, strings.Split(list, cmp.Or(environ["COMPOSE_PATH_SEPARATOR"], string(os.PathListSeparator))))
			return compose.Group{Dir: filepath.Dir(abs[0]), Files: abs}, nil
		}
		for _, g := range compose.NewLoader(compose.LoadOptions{}).Around(dir, compose.DiscoverOptions{Base: dir}) {
			if compose.Standard(g.Files[0]) && !g.Overlay {
				return g, nil
			}
		}
		if dir == filepath.Dir(dir) {
			return compose.Group{}, usage("go to a folder that has one, or name it with -f", "%s: no compose file here or above", ".")
		}
	}
}

func (s *stack) paths(ctx *cli.Context, environ map[string]string) (allocate.Paths, error) {
	ledger := environ["PORTMOOR_LEDGER"]
	if ledger == "" {
		home := cmp.Or(environ["HOME"], environ["USERPROFILE"])
		state := cmp.Or(environ["XDG_STATE_HOME"], filepath.Join(home, ".local", "state"))
		if !filepath.IsAbs(state) {
			return allocate.Paths{}, problem{exitFailure, "there is no home folder to keep the ledger in", "set PORTMOOR_LEDGER to a file"}
		}
		ledger = filepath.Join(state, "portmoor", "ledger.json")
	}
	ports, identity := s.portsFile(s.project), s.project.Name
	if file := ctx.String("ports-file"); file != "" {
		ports = absolutePaths(s.base, []string{file})[0]
	}
	checkout := s.project.Dir
	if resolved, err := filepath.EvalSymlinks(checkout); err == nil {
		checkout = resolved
	}
	if rel, err := filepath.Rel(s.project.Dir, ports); err == nil {
		identity += " " + filepath.ToSlash(rel)
	}
	return allocate.Paths{Ports: ports, Ledger: absolutePaths(s.base, []string{ledger})[0], Checkout: checkout, Project: identity}, nil
}

func (s *stack) storeProblem(err error) error {
	var all []error
	for _, e := range joined(err) {
		hint := "run it again; what was there is as it was"
		switch {
		case errors.Is(e, allocate.ErrCorrupt):
			hint = "mend the file, or move it away: it stays as it is, and no port was assigned"
		case errors.Is(e, fs.ErrPermission):
			hint = "write where you may: --ports-file names another file of assignments, PORTMOOR_LEDGER another ledger"
		}
		all = append(all, problem{exitFailure, s.shorten(e.Error()), hint})
	}
	return errors.Join(all...)
}

// gatherUnits are what the project's assignments are for, sorted by key: one for
// each variable, and for each number. What Docker picks the port of has none.
func (s *stack) gatherUnits() []allocate.Unit {
	services := map[string]compose.Service{}
	for _, svc := range s.project.Services {
		services[svc.Name] = svc
	}
	var mappings []*compose.Mapping
	for i := range s.project.Mappings {
		m := &s.project.Mappings[i]
		if svc := services[m.Service]; m.Dropped == compose.Published && !svc.HostNetwork && svc.Scale > 0 && hasFixedPort(m) {
			mappings = append(mappings, m)
		}
	}
	slices.SortStableFunc(mappings, func(a, b *compose.Mapping) int {
		return cmp.Compare(s.names.AssignmentKey(*a), s.names.AssignmentKey(*b))
	})
	var units []allocate.Unit
	at := map[string]int{} // by variable, and by key
	for _, m := range mappings {
		key := s.names.AssignmentKey(*m)
		by := cmp.Or(m.HostPort.Var, key)
		i, known := at[by]
		if !known {
			i = len(units)
			at[by] = i
			units = append(units, *s.newUnit(key, m))
		}
		s.serve(&units[i], m, services)
	}
	return units
}

// hasFixedPort reports whether a mapping has a host port that is not Docker's
// choice.
func hasFixedPort(m *compose.Mapping) bool {
	picks := m.HostPort.Ports.Width() > 1 && m.Container.Width() == 1 // Docker picks one of the range
	return !picks && (!m.HostPort.Ports.Zero() || !m.HostPort.DefaultPorts.Zero())
}

// serve lets a unit serve one more mapping. Two that bind one socket at the same
// time can't share a variable.
func (s *stack) serve(u *allocate.Unit, m *compose.Mapping, services map[string]compose.Service) {
	socket := allocate.Socket{Address: m.HostIP, Protocol: m.Protocol}
	together := len(s.project.TogetherBy(services[u.Service].Profiles, services[m.Service].Profiles)) < 2
	if m.Service != u.Service && together && slices.ContainsFunc(u.Sockets, func(other allocate.Socket) bool { return allocate.Overlap(socket, other) }) {
		u.Broken = fmt.Sprintf("%s is the host port of service %s too", u.Var, m.Service)
		u.BrokenHint = "give each of the two a variable of its own"
	}
	if !slices.Contains(u.Sockets, socket) {
		u.Sockets = append(u.Sockets, socket)
	}
}

// newUnit says what a mapping wants and who says so: the process environment,
// an env file, what is remembered, or the compose file.
func (s *stack) newUnit(key string, m *compose.Mapping) *allocate.Unit {
	u := &allocate.Unit{Key: key, Service: m.Service, Want: m.HostPort.Ports, Place: s.place(m.File, m.Host)}
	u.Range, u.Explicit = s.rangeOf(m.Service)
	if m.Locked == "" {
		u.Var = m.HostPort.Var
	}
	u.Movable = u.Var != "" || s.override && m.Locked == ""
	remembered, known := s.store.Assigned[key]
	assigned := compose.PortRange{First: remembered.Port, Last: remembered.Port + max(m.HostPort.Ports.Width(), m.HostPort.DefaultPorts.Width(), 1) - 1}
	own := known && u.Want == assigned && !remembered.Pinned // a value that is our own assignment is no pin
	pinned := u.Var != "" && !own && s.pin(u, m)
	switch {
	case pinned:
	case known && u.Movable:
		u.Source, u.Want = allocate.Assigned, assigned
		if remembered.Manual {
			u.Source = allocate.Manual
		}
	case u.Want.Zero():
		u.Want = m.HostPort.DefaultPorts
	case u.Var == "" && u.Want != m.HostPort.DefaultPorts:
		u.Source = allocate.EnvFile // some variable in a text of several parts
	}
	return u
}

// pin finds who sets a unit's variable, if anybody does.
func (s *stack) pin(u *allocate.Unit, m *compose.Mapping) bool {
	place, source := s.setter(m, u.Var)
	if place != "" {
		u.Place, u.Source = place, source
	}
	return place != ""
}

// setter is where a variable of a mapping gets its value, "" for nowhere.
func (s *stack) setter(m *compose.Mapping, name string) (place string, source allocate.Source) {
	if s.environ()[name] != "" {
		return name + " in the environment", allocate.Environment
	}
	f, set := m.Setter(name)
	if !set || f.Vars[name] == "" {
		return "", allocate.Default
	}
	line, _ := f.File.Position(f.Line(name).Start)
	return fmt.Sprintf("%s:%d", s.show(f.File.Path), line), allocate.EnvFile
}

// refuseInvalid refuses what docker compose would refuse, and says which value
// of a variable is to blame.
func (s *stack) refuseInvalid() error {
	for _, m := range s.project.Mappings {
		if m.Invalid == "" || m.Dropped != compose.Published {
			continue
		}
		hint := "mend the file"
		text := string(m.File.Src[m.Entry.Start:m.Entry.End])
		for _, name := range s.project.Variables() {
			place, source := s.setter(&m, name)
			if place != "" && (strings.Contains(text, "$"+name) || strings.Contains(text, "${"+name)) {
				hint = "mend " + place
				if source == allocate.EnvFile {
					hint = "mend " + name + " at " + place
				}
			}
		}
		return problem{exitFailure, s.place(m.File, m.Entry) + ": " + m.Invalid, hint}
	}
	return nil
}

// environ is the environment of the process, as the loader has it.
func (s *stack) environ() map[string]string { return s.loader.Environ() }

// rangeOf is where new ports of a service are chosen from.
func (s *stack) rangeOf(service string) (ports compose.PortRange, explicit bool) {
	for _, name := range slices.Sorted(maps.Keys(s.config.Groups)) {
		for _, pattern := range s.config.Groups[name].Services {
			if matched, err := path.Match(pattern, service); err == nil && matched {
				return compose.PortRange(s.config.Groups[name].Range), true
			}
		}
	}
	if r := compose.PortRange(s.config.Range); !r.Zero() {
		return r, true
	}
	return compose.PortRange{First: 10000, Last: 11000}, false
}

// options say what may be chosen, and what never runs together.
func (s *stack) options() allocate.Options {
	o := allocate.Options{Unchoosable: []compose.PortRange{{First: 1, Last: 1024}, {First: 6881, Last: 6889}}}
	for _, r := range s.config.Reserved {
		o.Unchoosable = append(o.Unchoosable, compose.PortRange(r))
	}
	ephemeral := compose.PortRange(s.config.Ephemeral)
	if ephemeral.Zero() {
		ephemeral = compose.PortRange{First: 32768, Last: 60999}
	}
	o.Avoided = append(o.Avoided, ephemeral)
	for _, port := range lint.BlockedPorts {
		o.Avoided = append(o.Avoided, compose.PortRange{First: port, Last: port})
	}
	profiles := map[string][]string{}
	for _, svc := range s.project.Services {
		profiles[svc.Name] = svc.Profiles
	}
	o.Together = func(a, b int) bool {
		return len(s.project.TogetherBy(profiles[s.units[a].Service], profiles[s.units[b].Service])) < 2
	}
	return o
}
