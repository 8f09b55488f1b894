package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/complete"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/workspace"
)

func completionCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the script that makes a shell complete commands and flags",
		ArgsUsage: "SHELL",
		Description: `SHELL is ` + say.Or(complete.Shells()) + `. It also completes services, rules and the values of flags. What the
examples show is for the shell that runs; in the shell's startup file it is for every one.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "word", Usage: "say what `WORD` can become behind the words after --, as the script asks", Hidden: true},
		},
		Action: completer{c}.runCompletion,
	}
}

// completer is the program at work for completion.
type completer struct{ *program }

// runCompletion prints a script, or answers one. Whoever types is never disturbed: where
// there is nothing to say the answer is empty.
func (c completer) runCompletion(ctx *cli.Context) error {
	args, word := ctx.Args().Slice(), ctx.String("word")
	if len(args) == 0 {
		return say.Usagef("choose "+say.Or(complete.Shells()), "portmoor completion: no shell is named")
	}
	script := complete.Script(args[0])
	switch {
	case script == "":
		return say.Usagef(say.Meant("", args[0], complete.Shells(), "choose "+say.Or(complete.Shells())), "portmoor completion: the shell %q is unknown", args[0])
	case ctx.IsSet("word"):
		_ = say.Guard(func() { _ = complete.Write(c.Out, c.grammar(ctx.App.Commands).Ask(args[1:], word)) })
		return nil
	case len(args) > 1:
		return say.Usagef("name one", "portmoor completion: too many shells")
	}
	_, err := fmt.Fprint(c.Out, script)
	return err
}

// grammar is what can be typed.
func (c completer) grammar(commands []*cli.Command) complete.Grammar {
	g := complete.Grammar{
		Flags: []complete.Flag{{Names: []string{"help", "h"}, About: "show help", Bool: true}, {Names: []string{"version"}, About: "print the version", Bool: true}},
		Known: map[string]func(complete.Typed) []complete.Candidate{
			"PROTOCOL": func(complete.Typed) []complete.Candidate { return complete.Words([]string{"tcp", "udp", "sctp"}) },
			"SHELL":    func(complete.Typed) []complete.Candidate { return complete.Words(complete.Shells()) },
			"RULE": func(complete.Typed) []complete.Candidate {
				return lists.Map(lint.Rules(), func(r lint.Rule) complete.Candidate { return complete.Candidate{Word: r.Name, About: r.Title} })
			},
		},
	}
	g.Project(c.project)
	for _, cmd := range commands {
		if !cmd.Hidden {
			g.Commands = append(g.Commands, complete.Command{Name: cmd.Name, About: cmd.Usage, Args: cmd.ArgsUsage, Flags: typedFlags(cmd.Flags)})
		}
	}
	return g
}

// typedFlags are the flags that help shows.
func typedFlags(flags []cli.Flag) (all []complete.Flag) {
	for _, f := range flags {
		if v, ok := f.(cli.VisibleFlag); ok && !v.IsVisible() {
			continue
		}
		one := complete.Flag{Names: f.Names()}
		if d, ok := f.(cli.DocGenerationFlag); ok {
			one.About, one.Bool = d.GetUsage(), !d.TakesValue()
		}
		if d, ok := f.(cli.DocGenerationSliceFlag); ok {
			one.Many = d.IsSliceFlag()
		}
		if of, ok := f.(oneOf); ok {
			one.Values = of.values
		}
		all = append(all, one)
	}
	return all
}

// project is the one that the words before the cursor are about, nil for none: what is
// wrong with it is nothing to be told here. No engine is asked.
func (c completer) project(t complete.Typed) *compose.Project {
	last := func(flag string) string { return strings.Join(t.Flags[flag][max(0, len(t.Flags[flag])-1):], "") }
	r := workspace.Request{
		Dir: c.dir, Files: t.Flags["file"], EnvFiles: t.Flags["env-file"], Profiles: t.Flags["profile"], Config: last("config"),
		Name: last("project-name"), PortsFile: last("ports-file"), Environ: c.environ(), Git: c.environ(), Rules: lint.RuleOptions(),
	}
	_, p, err := workspace.OpenOne(r)
	if err != nil {
		return nil
	}
	return p
}
