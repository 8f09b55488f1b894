package cli

import (
	"bytes"
	"os"
	"os/signal"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/child"
	"github.com/portmoor/portmoor/mcp"
)

func mcpCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "mcp",
		Usage: "answer agents, over the Model Context Protocol",
		Description: `Agents may ask about the working folder and what is below it: ports, list, detect (which assigns
nothing), lint and explain_conflict. With --allow-write there are also up and assign.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "allow-write", Usage: "also offer what writes files or starts something", DisableDefaultText: true},
		},
		Action: agency{c}.runMCP,
	}
}

// agency is the program at work for agents.
type agency struct{ *program }

// runMCP answers until the input ends, or it is told to end.
func (c agency) runMCP(ctx *cli.Context) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	until, stop := signal.NotifyContext(ctx.Context, child.Endings()...)
	defer stop()
	return mcp.Serve(until, c.In, c.Out, mcp.Options{Root: root, Version: version(), AllowWrite: ctx.Bool("allow-write"), Call: c.call})
}

// call runs a command in a folder, with the environment of this one and no input.
func (c agency) call(dir string, args ...string) (code int, out, said string) {
	var printed, told bytes.Buffer
	code = Run(Process{
		Args: append([]string{"portmoor"}, args...), Environ: c.Environ, Dir: dir, In: &bytes.Buffer{}, Out: &printed, Err: &told, Now: c.Now,
		BarDelay: c.BarDelay, EngineTimeout: c.EngineTimeout, Watch: c.Watch,
	})
	return code, printed.String(), told.String()
}
