package cli

import (
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/workspace"
)

// whichProject is the heading of the flags that many commands share.
const whichProject = "Which project"

// projectFlags are the flags of every command that reads compose files.
func projectFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "file", Aliases: []string{"f"}, Category: whichProject, Usage: "load `FILE`s as one project, as docker compose -f does", TakesFile: true},
		&cli.StringSliceFlag{Name: "profile", Category: whichProject, Usage: "choose `PROFILE`, as docker compose --profile does; may be repeated"},
		configFlag(),
		oneOfFlag("strategy", "", "what host ports should be written as, `STRATEGY` is "+say.Or(strategyNames), strategyNames),
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say what is passed over, and every reason", DisableDefaultText: true},
		oneOfFlag("color", "", "when to colour the output, `WHEN` is "+say.Or(colorNames), colorNames),
	}
}

// configFlag is --config.
func configFlag() cli.Flag {
	return &cli.StringFlag{Name: "config", Category: whichProject, Usage: "read `FILE` instead of the nearest " + config.Name, TakesFile: true}
}

// The values of flags that take one of a few.
var (
	strategyNames = lists.Map(strategies.All, func(s strategies.Strategy) string { return string(s) })
	colorNames    = []string{"auto", "always", "never"}
	formatNames   = []string{"text", "json"}
	reportNames   = []string{"text", "concise", "json", "sarif", "github", "gitlab", "junit", "checkstyle"}
	failOnNames   = []string{"error", "warning", "info"}
)

// oneProjectFlags are the flags of commands about one project, which is found
// as docker compose finds it.
func oneProjectFlags(more ...cli.Flag) []cli.Flag {
	return append([]cli.Flag{
		&cli.StringSliceFlag{Name: "file", Aliases: []string{"f"}, Category: whichProject, Usage: "load `FILE`s as the project, as docker compose -f does", TakesFile: true},
		&cli.StringFlag{Name: "project-name", Aliases: []string{"p"}, Category: whichProject, Usage: "call the project `NAME`"},
		&cli.StringSliceFlag{Name: "profile", Category: whichProject, Usage: "choose `PROFILE`; may be repeated"},
		&cli.StringSliceFlag{Name: "env-file", Category: whichProject, Usage: "read `FILE` instead of .env; may be repeated", TakesFile: true},
		&cli.StringFlag{Name: "ports-file", Category: whichProject, Usage: "keep the assignments in `FILE`", DefaultText: "$" + workspace.PortsFileVariable, TakesFile: true},
		configFlag(),
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more", DisableDefaultText: true},
	}, more...)
}

// formatFlag is --format, of which the first name is the default.
func formatFlag(usage string, names ...string) cli.Flag {
	return oneOfFlag("format", names[0], usage+", `FORMAT` is "+say.Or(names), names)
}

// oneOfFlag is a flag whose value is one of a few, which is checked before anything
// else is done.
func oneOfFlag(name, value, usage string, values []string) cli.Flag {
	return oneOf{&cli.StringFlag{Name: name, Value: value, Usage: usage, Action: func(ctx *cli.Context, v string) error {
		if !slices.Contains(values, v) {
			return say.Usagef("choose "+say.Or(values), "portmoor %s: --%s %q is unknown", ctx.Command.Name, name, v)
		}
		return nil
	}}, values}
}

type oneOf struct {
	*cli.StringFlag
	values []string // for completion
}

// request is what the flags say a command is about.
func (c *program) request(ctx *cli.Context) workspace.Request {
	c.name = ctx.Command.Name
	r := workspace.Request{
		Dir: c.dir, Paths: ctx.Args().Slice(), Files: ctx.StringSlice("file"), EnvFiles: ctx.StringSlice("env-file"), Profiles: ctx.StringSlice("profile"),
		Config: ctx.String("config"), Name: ctx.String("project-name"), Stack: ctx.String("stack"), PortsFile: ctx.String("ports-file"), Strategy: ctx.String("strategy"), Environ: c.environ(), Git: c.environ(),
		Rules: lint.RuleOptions(), Verbose: ctx.Bool("verbose"), Watch: c.Watch,
	}
	if path := ctx.String("override"); path != "" { // what it moved is planned again
		r.Except = []string{path}
	}
	return r
}

// openAll finds and loads the projects that a request is about.
func (c *program) openAll(r workspace.Request) (*workspace.Workspace, error) {
	if err := c.checkPaths(r); err != nil {
		return nil, err
	}
	w, notes, err := workspace.Open(r)
	c.tellAll(notes)
	return w, err
}

// checkPaths refuses arguments that exclude each other.
func (c *program) checkPaths(r workspace.Request) error {
	switch {
	case len(r.Files) > 0 && len(r.Paths) > 0:
		return say.Usagef("give either -f or paths", "portmoor %s: -f and the path %s exclude each other", c.name, r.Paths[0])
	case r.Stdin != nil && len(r.Files)+len(r.Paths) > 0:
		return say.Usagef("give one of the two", "portmoor %s: standard input and paths exclude each other", c.name)
	case slices.Contains(r.Paths, "") || slices.Contains(r.Files, ""):
		return say.Usagef("name a file or a folder", "portmoor %s: a path is empty", c.name)
	}
	return nil
}

// openOne finds the project that the flags are about, and what is remembered of it.
func (c *program) openOne(ctx *cli.Context, o stack.Options) (*stack.Stack, error) {
	return openRequest(c.requestOne(ctx), o)
}

// requestOne is request for a command about one project, whose arguments are no paths.
func (c *program) requestOne(ctx *cli.Context) workspace.Request {
	r := c.request(ctx)
	r.Paths = nil
	switch {
	case ctx.Bool("isolate"):
		r.Isolate = workspace.Isolated
	case ctx.IsSet("isolate"):
		r.Isolate = workspace.NotIsolated
	}
	return r
}

func openRequest(r workspace.Request, o stack.Options) (*stack.Stack, error) {
	w, project, err := workspace.OpenOne(r)
	if err != nil {
		return nil, err
	}
	return stack.Open(w, project, o)
}
