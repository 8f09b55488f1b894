// Package cli is Portmoor's command line: a file per command, each of which
// reads its flags, gathers facts, calls one package per step and prints.
package cli

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/gc"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
)

// Exit codes. A failure beats findings.
const (
	exitOK       = 0
	exitFindings = 1 // findings, conflicts or pending changes
	exitUsage    = 2
	exitFailure  = 3

	exitInterrupted = 130 // by the user, as shells have it
)

// Process is what a command may use of the process it runs in.
type Process struct {
	Args    []string // with the program's name first
	Environ []string // NAME=value
	Dir     string   // the working folder, absolute; "" for that of the process
	In      io.Reader
	Out     io.Writer // data
	Err     io.Writer // everything else
	Now     time.Time // when it was started; documents with a date have it from here

	// BarDelay is how long a terminal waits for a progress bar; 0 for a second,
	// less for no time at all.
	BarDelay time.Duration
	// EngineTimeout is how long the Docker engine may take for an answer; 0 for
	// docker.Timeout.
	EngineTimeout time.Duration
	// Watch is called at each step of the work on a project; nil for nobody.
	Watch func(step, path string)
}

// Run runs the command line and returns the exit code.
func Run(p Process) int {
	logrus.SetOutput(io.Discard) // compose-go logs to the global logger
	log.SetOutput(io.Discard)    // so does net/http, with what an engine sends unasked
	logrus.SetLevel(logrus.PanicLevel)
	out := &output{Writer: p.Out}
	p.Out = out
	c := &program{console: &console{Process: p}}
	if c.dir = p.Dir; c.dir == "" {
		c.dir, _ = os.Getwd() // without one paths are shown whole
	}
	app := c.app()
	args, err := flagsFirst(app, helpLast(p.Args))
	if err == nil {
		if bug := say.Guard(func() { err = c.answer(app, args) }); bug != nil {
			err = bug
		}
	}
	if out.err != nil && !errors.Is(err, out.err) {
		err = errors.Join(err, out.err)
	}
	return c.exit(err)
}

// program is one run of the command line: what its commands share.
type program struct {
	*console

	engine *stack.Engine // nil until the engine was asked
}

// console is where a run speaks, and what it has come to so far.
type console struct {
	Process
	name string // of the command that runs
	dir  string // the working folder, which paths are shown relative to
	code int    // the worst that has happened so far
}

// fail raises the exit code.
func (c *console) fail(code int) { c.code = max(c.code, code) }

// exit prints an error, if any, or each of those that it joins, and returns
// the run's exit code.
func (c *console) exit(err error) int {
	c.tellAll(lists.Map(say.Each(err), say.Of))
	return c.code
}

// tellAll prints problems, with a hint that several have once, and raises the exit
// code to what they mean.
func (c *console) tellAll(all []say.Problem) {
	for _, p := range say.Once(all) {
		c.say(p.Error(), p.Hint)
		c.fail(codes[p.Kind])
	}
}

// codes are the exit codes of the kinds of problems.
var codes = map[say.Kind]int{say.Failure: exitFailure, say.Usage: exitUsage, say.Finding: exitFindings, say.Note: exitOK, say.Interrupted: exitInterrupted}

// say prints a line for people, and a hint below it.
func (c *console) say(message, hint string) {
	fmt.Fprintln(c.Err, say.Visible(say.Shown(c.dir, message)))
	if hint != "" {
		fmt.Fprintln(c.Err, "hint: "+say.Visible(hint))
	}
}

func (c *program) app() *cli.App {
	app := &cli.App{
		Name:           "portmoor",
		Usage:          "keeps the host ports of Docker Compose projects in order",
		Writer:         c.Out,
		ErrWriter:      c.Err,
		HideHelp:       true, // answer has it
		ExitErrHandler: func(*cli.Context, error) {},
		Commands:       []*cli.Command{lintCommand(c), migrateCommand(c), reconcileCommand(c), rulesCommand(c), detectCommand(c), validateCommand(c), upCommand(c), composeCommand(c), portCommand(c), syncCommand(c), showCommand(c), assignCommand(c), getCommand(c), envCommand(c), runCommand(c), resetCommand(c), serveCommand(c), servicesCommand(c), listCommand(c), mcpCommand(c), doctorCommand(c), initCommand(c), docsCommand(c), completionCommand(c)},
		Action:         c.noCommand,
		OnUsageError:   onUsageError,

		DisableSliceFlagSeparator: true, // a path may hold a comma
	}
	for _, cmd := range app.Commands {
		cmd.OnUsageError = onUsageError // is not inherited
		cmd.HideHelp = true
		cmd.Before = beforeCommand
	}
	return app
}

// batch are the commands that read much, decide, print and end.
var batch = []string{"lint", "migrate", "reconcile", "detect", "validate", "port", "show"}

// beforeCommand sets the garbage collector as it suits a command.
func beforeCommand(ctx *cli.Context) error {
	collect := gc.Usual
	if slices.Contains(batch, ctx.Command.Name) && !ctx.Bool("watch") {
		collect = gc.Batch
	}
	collect()
	if ctx.Command.ArgsUsage != "" {
		return nil
	}
	return noArguments(ctx)
}

// noArguments refuses what a command would not look at.
func noArguments(ctx *cli.Context) error {
	if ctx.Args().Len() == 0 {
		return nil
	}
	return say.Usagef("it is about the whole project; -f and -p say which", "portmoor %s: takes no arguments, but was given %q", ctx.Command.Name, ctx.Args().First())
}

// variable is the value of a variable of the process, "" when unset.
func (c *console) variable(name string) string { return c.environ()[name] }

func (c *console) environ() map[string]string {
	vars := make(map[string]string, len(c.Environ))
	for _, e := range c.Environ {
		name, value, _ := strings.Cut(e, "=")
		vars[name] = value
	}
	return vars
}
