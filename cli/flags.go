package cli

import (
	"cmp"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/workspace"
)

// projectFlags are the flags of every command that reads compose files.
func projectFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "file", Aliases: []string{"f"}, Usage: "load `FILE`s as one project, as docker compose -f does", TakesFile: true},
		&cli.StringSliceFlag{Name: "profile", Usage: "take `PROFILE` for chosen, as docker compose --profile does; may be repeated"},
		&cli.StringFlag{Name: "config", Usage: "read `FILE` instead of the nearest " + config.Name, TakesFile: true},
		&cli.StringFlag{Name: "strategy", Usage: "what host ports should be written as, `STRATEGY` is " + say.Or(strategyNames)},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say what is passed over, and every reason", DisableDefaultText: true},
		&cli.StringFlag{Name: "color", Usage: "when to colour the output, `WHEN` is " + say.Or(colorNames)},
	}
}

// The values of flags that take one of a few.
var (
	strategyNames = []string{"auto", "hybrid", "dynamic"}
	colorNames    = []string{"auto", "always", "never"}
	formatNames   = []string{"text", "json"}
	reportNames   = []string{"text", "json", "sarif", "github", "gitlab", "junit", "checkstyle"}
	failOnNames   = []string{"error", "warning", "info"}
)

// oneOf checks the value of a flag.
func oneOf(ctx *cli.Context, flag string, values []string) error {
	if v := ctx.String(flag); ctx.IsSet(flag) && !slices.Contains(values, v) {
		return say.Usagef("choose "+say.Or(values), "portmoor %s: --%s %q is unknown", ctx.Command.Name, flag, v)
	}
	return nil
}

// request is what the flags say a command is about.
func (c *commands) request(ctx *cli.Context) workspace.Request {
	r := workspace.Request{
		Dir: c.dir, Paths: ctx.Args().Slice(), Files: ctx.StringSlice("file"), EnvFiles: ctx.StringSlice("env-file"), Profiles: ctx.StringSlice("profile"),
		Config: ctx.String("config"), Name: ctx.String("project-name"), Strategy: ctx.String("strategy"), Environ: c.environ(),
		Rules: lint.RuleOptions(), Verbose: ctx.Bool("verbose"),
	}
	if path := ctx.String("override"); path != "" { // what it moved is planned again
		r.Except = []string{path}
	}
	return r
}

// space is the workspace of a command about several projects.
type space struct {
	*workspace.Workspace

	baseline map[string]bool // fingerprints of known findings; nil without a baseline
	known    int             // findings that the baseline left out
}

// open finds and loads the projects that the arguments name.
func (c *commands) open(ctx *cli.Context, r workspace.Request) (*space, error) {
	if err := cmp.Or(oneOf(ctx, "strategy", strategyNames), oneOf(ctx, "color", colorNames), checkPaths(ctx, r)); err != nil {
		return nil, err
	}
	w, notes, err := workspace.Open(r)
	c.tellAll(notes)
	if err != nil {
		return nil, err
	}
	return &space{Workspace: w}, nil
}

// checkPaths refuses arguments that exclude each other.
func checkPaths(ctx *cli.Context, r workspace.Request) error {
	switch name := ctx.Command.Name; {
	case len(r.Files) > 0 && len(r.Paths) > 0:
		return say.Usagef("give either -f or paths", "portmoor %s: -f and the path %s exclude each other", name, r.Paths[0])
	case r.Stdin != nil && len(r.Files)+len(r.Paths) > 0:
		return say.Usagef("give one of the two", "portmoor %s: standard input and paths exclude each other", name)
	case slices.Contains(r.Paths, "") || slices.Contains(r.Files, ""):
		return say.Usagef("name a file or a folder", "portmoor %s: a path is empty", name)
	}
	return nil
}
