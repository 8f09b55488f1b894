package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/migrate"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/workspace"
)

func migrateCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:      "migrate",
		Usage:     "rewrite the host ports of compose files to one strategy",
		ArgsUsage: "[PATH...]",
		Description: `Shows a diff of what would change; --write makes the changes. Only the bytes of host
ports change, and every file is verified with compose-go before the first is written.`,
		Flags: append(projectFlags(),
			&cli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "write the changes", DisableDefaultText: true},
			&cli.BoolFlag{Name: "check", Usage: "list what would change, and exit with 1 if anything would", DisableDefaultText: true},
			&cli.BoolFlag{Name: "strict", Usage: "with --check, exit with 1 also if fixed host ports are left that can't be rewritten", DisableDefaultText: true},
			&cli.BoolFlag{Name: "detect", Usage: "with --write, assign the ports of every project that follows auto, as detect does; of one alone they are, unless --detect=false", DisableDefaultText: true},
			&cli.BoolFlag{Name: "pin", Usage: "give each host port that Docker picks a default, or those of the services named as arguments; a path then has a slash, as ./app", DisableDefaultText: true},
			&cli.BoolFlag{Name: "isolate", Usage: "also take out the names of containers, networks, volumes, configs and secrets that a second checkout can't have", DisableDefaultText: true},
			&cli.BoolFlag{Name: "references", Usage: "list where the repository writes host ports that can be others then, instead; nothing is edited", DisableDefaultText: true},
			formatFlag("how to print the plan", formatNames...),
		),
		Action: c.runMigrate,
	}
}

// runMigrate plans, verifies, and then shows or writes.
func (c *program) runMigrate(ctx *cli.Context) error {
	write, check, strict, r := ctx.Bool("write"), ctx.Bool("check"), ctx.Bool("strict"), c.request(ctx)
	switch {
	case write && check:
		return say.Usagef("give one of the two", "portmoor migrate: --write and --check exclude each other")
	case strict && !check:
		return say.Usagef("give both", "portmoor migrate: --strict is for --check")
	case ctx.Bool("references") && (write || check):
		return say.Usagef("leave the other out", "portmoor migrate: --references edits nothing, and checks nothing")
	case ctx.Bool("detect") && !write:
		return say.Usagef("add --write", "portmoor migrate: --detect needs --write")
	}
	o := migrate.Options{Pin: ctx.Bool("pin"), Isolate: ctx.Bool("isolate")}
	if o.Pin {
		o.Services = lists.Only(r.Paths, func(word string) bool { return !say.IsPath(word) })
		r.Paths = lists.Only(r.Paths, say.IsPath)
	}
	w, err := c.openAll(r)
	if err != nil {
		return err
	}
	given := migrate.Assigned(w)
	detect := migrate.One(w)
	if ctx.IsSet("detect") {
		detect = ctx.Bool("detect")
	}
	if n := len(given); write && detect && n > 1 && c.variable(workspace.PortsFileVariable) != "" {
		return say.Usagef("unset it, or migrate one project at a time", "portmoor migrate: %s names one ports file, but %d projects would get ports", workspace.PortsFileVariable, n)
	}
	m, notes, err := migrate.Plan(w, o)
	c.tellAll(notes)
	if err != nil {
		return err
	}
	if ctx.Bool("references") {
		return migrator{c}.showReferences(w, m, ctx.String("format") == "json")
	}
	if check && (len(m.Outputs) > 0 || strict && len(m.Left()) > 0) {
		c.fail(exitFindings)
	}
	if write {
		if err := m.Write(); err != nil {
			return err
		}
	}
	show := migrationView{w, m, r.Strategy, ctx.String("format") == "json", write, check, r.Verbose, c.style(ctx)}
	if err := (migrator{c}).showMigration(show); err != nil || !write {
		return err
	}
	switch {
	case detect:
		migrator{c}.detectAll(ctx.Context, r, w, given)
	case len(given) > 0 && !ctx.IsSet("detect"):
		c.say(fmt.Sprintf("no port is assigned, since this is about %s", say.Count(len(compose.Main(w.Projects)), "project")),
			"to assign those of one: "+w.AboutOne(given[0]).Portmoor("detect")+"; of all: "+w.About.Portmoor("migrate", "--write", "--detect"))
	}
	return nil
}

// detectAll does what detect does for the projects of a migration.
func (c migrator) detectAll(ctx context.Context, r workspace.Request, w *workspace.Workspace, given []*compose.Project) {
	var made []string
	for _, p := range given {
		s, outcomes, err := c.detectOnly(ctx, r, w, p.Group)
		c.exit(err) // the other projects have their ports all the same
		if moved := c.reportMoves(s, outcomes); moved > 0 {
			c.tellMoved(moved, s)
		}
		if s != nil {
			made = append(made, stack.Unignored(s)...)
		}
	}
	c.tellUnignored(w, made)
}

// detectOnly does what detect does for one project of several.
func (c migrator) detectOnly(ctx context.Context, r workspace.Request, w *workspace.Workspace, group compose.Group) (*stack.Stack, []allocate.Outcome, error) {
	one, p, err := w.Only(r, group)
	if err != nil {
		return nil, nil, err
	}
	s, err := stack.Open(one, p, stack.Options{Access: stack.Writing})
	if err != nil {
		return nil, nil, err
	}
	outcomes, err := s.Detect(c.ask(ctx), false)
	return s, outcomes, err
}
