package cli

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
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
		&cli.StringFlag{Name: "config", Usage: "read `FILE` instead of the nearest " + config.Name, TakesFile: true},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more", DisableDefaultText: true},
	}, more...)
}

// stack is the one project that a command is about, with what is remembered of
// it. It holds the lock until it is closed.
type stack struct {
	*space
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
	w, p, err := workspace.OpenOne(c.request(ctx))
	if err != nil {
		return nil, err
	}
	return c.load(ctx, w, p, to)
}

// load reads what is remembered of a project.
func (c *commands) load(ctx *cli.Context, w *workspace.Workspace, p *compose.Project, to access) (*stack, error) {
	s := &stack{space: &space{Workspace: w}, project: p, override: ctx.String("override") != ""}
	s.names = strategies.Name(slices.Concat(w.Projects, w.Neighbours))
	if err := s.refuseInvalid(); err != nil {
		return nil, err
	}
	paths, err := s.paths(ctx, c.environ())
	if err != nil {
		return nil, err
	}
	s.ports = paths.Ports
	open := allocate.Read
	if to != reading {
		open = allocate.Open
		if err := s.writable(); err != nil {
			return nil, err
		}
	}
	if to == assigning {
		c.askEngine(ctx.Context) // an engine that stalls must not do so under the lock
	}
	paths.Forgiving = to == resetting
	if s.store, err = open(paths); err != nil {
		return nil, s.storeProblem(err)
	}
	s.units = s.gatherUnits()
	return s, nil
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
	ports, identity := s.PortsFile(s.project), s.project.Name
	if file := ctx.String("ports-file"); file != "" {
		ports = tree.Absolute(s.Dir, file)[0]
	}
	checkout := s.project.Dir
	if resolved, err := filepath.EvalSymlinks(checkout); err == nil {
		checkout = resolved
	}
	if rel, err := filepath.Rel(s.project.Dir, ports); err == nil {
		identity += " " + filepath.ToSlash(rel)
	}
	return allocate.Paths{Ports: ports, Ledger: tree.Absolute(s.Dir, ledger)[0], Checkout: checkout, Project: identity}, nil
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
		all = append(all, say.Failf(hint, "%s", e.Error()))
	}
	return errors.Join(all...)
}
