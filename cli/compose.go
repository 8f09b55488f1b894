package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/checkout"
	"github.com/portmoor/portmoor/checkout/follow"
	"github.com/portmoor/portmoor/child"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
)

func composeCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:      "compose",
		Usage:     "run docker compose for the project as up has started it",
		ArgsUsage: "-- ARGS",
		Description: `Runs docker compose with the project's files, name, profiles and env files, with the remembered ports and,
in a checkout that is isolated, with what isolates it: portmoor compose -- logs -f web. Exit code, signals and
terminal are those of docker compose.`,
		Flags:  oneProjectFlags(),
		Action: starter{c}.runCompose,
	}
}

// refused is the exit code of a docker command that does not know its arguments.
const refused = 125

// runCompose passes its arguments on.
func (c starter) runCompose(ctx *cli.Context) error {
	args := ctx.Args().Slice()
	if len(args) == 0 {
		return say.Usagef("write portmoor compose -- ps", "portmoor compose: want the arguments of docker compose")
	}
	if name, _, _ := strings.Cut(args[0], "="); slices.Contains(projectWords, name) {
		return say.Usagef("write it before --", "portmoor compose: %s says which project it is", name)
	}
	s, err := c.openOne(ctx, stack.Options{})
	if err != nil {
		return err
	}
	if _, err := checkout.Write(s, nil); err != nil { // the files may have changed since
		return err
	}
	path := child.Composer()
	if path == "" {
		return errNoDocker
	}
	p := child.Program{Path: path, Args: slices.Concat([]string{"compose"}, s.ComposeArgs(), args), Environ: c.composing(), Dir: s.Dir, In: c.In, Out: c.stdout(), Err: c.Err}
	code, err := p.Pass(ctx.Context)
	c.code = max(c.code, code)
	if code == refused { // without its plugin it takes our arguments for its own
		_, err = c.composeCommand(ctx.Context)
	}
	return err
}

// follow writes the block in .env as the project is now, where it was asked for, where
// there is one, and for a checkout that is isolated.
func (c isolator) follow(s *stack.Stack, asked bool, overrides ...string) {
	if !asked && !follow.Has(s) && (s.Isolation == nil || follow.Refused(s) != nil) {
		return // which was said when it began
	}
	host := ""
	if c.engine != nil {
		host = c.engine.Host
	}
	notes, err := follow.Write(s, host, overrides...)
	if err != nil && !asked { // it is no matter of what was asked
		note := say.Of(err)
		note.Kind, err = say.Note, nil
		notes = append(notes, note)
	}
	c.tellAll(notes)
	c.exit(err)
}
