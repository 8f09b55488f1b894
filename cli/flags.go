package cli

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/say"
)

// projectFlags are the flags of every command that reads compose files.
func projectFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "file", Aliases: []string{"f"}, Usage: "load `FILE`s as one project, as docker compose -f does", TakesFile: true},
		&cli.StringSliceFlag{Name: "profile", Usage: "take `PROFILE` for chosen, as docker compose --profile does; may be repeated"},
		&cli.StringFlag{Name: "config", Usage: "read `FILE` instead of the nearest " + configName, TakesFile: true},
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

// pathsOf are the files and folders that a command is about; all of them exist.
func (c *commands) pathsOf(ctx *cli.Context) ([]string, error) {
	files, args := ctx.StringSlice("file"), ctx.Args().Slice()
	if len(files) > 0 && len(args) > 0 {
		return nil, say.Usagef("give either -f or paths", "portmoor %s: -f and the path %s exclude each other", ctx.Command.Name, args[0])
	}
	paths := slices.Concat(files, args)
	if name := ctx.String("stdin-filename"); name != "" || ctx.Command.Name == "lint" && slices.Contains(args, "-") {
		if len(paths) > 1 || len(paths) == 1 && paths[0] != "-" {
			return nil, say.Usagef("give one of the two", "portmoor %s: standard input and paths exclude each other", ctx.Command.Name)
		}
		return []string{"-"}, nil
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	for _, path := range paths {
		if path == "" {
			return nil, say.Usagef("name a file or a folder", "portmoor %s: a path is empty", ctx.Command.Name)
		}
		switch info, err := os.Stat(path); {
		case errors.Is(err, fs.ErrPermission):
			return nil, say.Failf("", "%s: permission denied", path)
		case err != nil:
			return nil, say.Usagef("name a compose file or a folder that has one", "%s: no such file or folder", path)
		case info.IsDir() && len(files) > 0:
			return nil, say.Usagef("name a compose file", "%s: is a folder, and -f takes files", path)
		}
	}
	return paths, nil
}
