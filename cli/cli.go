// Package cli is Portmoor's command line: a file per command, each of which
// reads its flags, gathers facts, calls one package per step and prints.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/sirupsen/logrus"
	"github.com/urfave/cli/v2"
	"github.com/xrash/smetrics"
	"golang.org/x/term"
)

// Exit codes. A failure beats findings.
const (
	exitOK       = 0
	exitFindings = 1 // findings, conflicts or pending changes
	exitUsage    = 2
	exitFailure  = 3
)

// Process is what a command may use of the process it runs in.
type Process struct {
	Args    []string // with the program's name first
	Environ []string // NAME=value
	In      io.Reader
	Out     io.Writer // data
	Err     io.Writer // everything else
}

// Run runs the command line and returns the exit code.
func Run(p Process) int {
	logrus.SetOutput(io.Discard) // compose-go logs to the global logger
	c := &commands{Process: p}
	app := c.app()
	args, err := flagsFirst(app, p.Args)
	if err == nil {
		err = app.Run(args)
	}
	return c.exit(err)
}

// commands holds what the commands of one run share.
type commands struct {
	Process
	code int // the worst that has happened so far
}

// fail raises the exit code.
func (c *commands) fail(code int) { c.code = max(c.code, code) }

// problem is an error with the exit code that it means and what to do about it.
type problem struct {
	code    int
	message string // place first, one line
	hint    string // "" for none
}

func (p problem) Error() string { return p.message }

func usage(hint, format string, args ...any) error {
	return problem{exitUsage, fmt.Sprintf(format, args...), hint}
}

// exit prints an error, if any, and returns the run's exit code.
func (c *commands) exit(err error) int {
	if err == nil {
		return c.code
	}
	var p problem
	if !errors.As(err, &p) {
		p = problem{code: exitFailure, message: err.Error()}
	}
	c.say(p.message, p.hint)
	return max(c.code, p.code)
}

// say prints a line for people, and a hint below it.
func (c *commands) say(message, hint string) {
	fmt.Fprintln(c.Err, visible(message))
	if hint != "" {
		fmt.Fprintln(c.Err, "hint: "+visible(hint))
	}
}

func (c *commands) app() *cli.App {
	app := &cli.App{
		Name:            "portmoor",
		Usage:           "keeps the host ports of Docker Compose projects in order",
		Version:         version(),
		Writer:          c.Out,
		ErrWriter:       c.Err,
		HideHelpCommand: true,
		ExitErrHandler:  func(*cli.Context, error) {},
		Commands:        []*cli.Command{c.lint(), c.migrate(), c.rules()},
		Action:          c.noCommand,
		OnUsageError:    onUsageError,
	}
	for _, cmd := range app.Commands {
		cmd.OnUsageError = onUsageError // is not inherited
		cmd.HideHelpCommand = true
	}
	return app
}

func onUsageError(ctx *cli.Context, err error, _ bool) error {
	name := "portmoor"
	if ctx.Command != nil && ctx.Command.Name != "" && ctx.Command.Name != "portmoor" {
		name += " " + ctx.Command.Name
	}
	return usage("see "+name+" --help", "%s: %s", name, strings.Replace(err.Error(), "flag provided but not defined: ", "unknown flag -", 1))
}

// noCommand is what runs when the first argument is no command.
func (c *commands) noCommand(ctx *cli.Context) error {
	if ctx.Args().Len() == 0 {
		ctx.App.Writer = c.Err
		if err := cli.ShowAppHelp(ctx); err != nil {
			return err
		}
		c.fail(exitUsage)
		return nil
	}
	hint := "see portmoor --help"
	if near := nearest(ctx.Args().First(), ctx.App.Commands); near != "" {
		hint = "did you mean portmoor " + near + "?"
	}
	return usage(hint, "portmoor: unknown command %q", ctx.Args().First())
}

// nearest is the command whose name is closest to a mistyped one, "" when
// none is close.
func nearest(name string, all []*cli.Command) string {
	best, distance := "", 3
	for _, cmd := range all {
		if d := smetrics.WagnerFischer(name, cmd.Name, 1, 1, 1); d < distance {
			best, distance = cmd.Name, d
		}
	}
	return best
}

// flagsFirst moves a command's flags before its other arguments, since the
// library takes everything after the first path as a path. What follows "--"
// stays: it may begin with a dash.
func flagsFirst(app *cli.App, args []string) ([]string, error) {
	if len(args) < 2 {
		return args, nil
	}
	cmd := app.Command(args[1])
	if cmd == nil {
		return args, nil
	}
	flags, rest := slices.Clone(args[:2]), []string{}
	for i := 2; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--":
			rest = append(rest, args[i+1:]...)
			return append(append(flags, "--"), rest...), nil
		case len(arg) < 2 || arg[0] != '-':
			rest = append(rest, arg)
		default:
			flags = append(flags, arg)
			if takesValue(cmd, arg) && i+1 < len(args) {
				i++
				flags = append(flags, args[i])
			}
		}
	}
	return append(append(flags, "--"), rest...), nil
}

// takesValue reports whether the argument after a flag is its value.
func takesValue(cmd *cli.Command, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range cmd.Flags {
		if slices.Contains(f.Names(), name) {
			_, isBool := f.(*cli.BoolFlag)
			return !isBool
		}
	}
	return false
}

// terminal is the width of a writer that is a terminal, 0 for any other.
func terminal(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 80
	}
	return width
}

// color reports whether output to w is coloured: as --color says, else on
// terminals unless NO_COLOR is set (no-color.org).
func (c *commands) color(ctx *cli.Context, w io.Writer) bool {
	switch ctx.String("color") {
	case "always":
		return true
	case "never":
		return false
	}
	return terminal(w) > 0 && c.variable("NO_COLOR") == ""
}

// variable is the value of a variable of the process, "" when unset.
func (c *commands) variable(name string) string { return c.environ()[name] }

func (c *commands) environ() map[string]string {
	vars := make(map[string]string, len(c.Environ))
	for _, e := range c.Environ {
		name, value, _ := strings.Cut(e, "=")
		vars[name] = value
	}
	return vars
}
