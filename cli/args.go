package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/manual"
	"github.com/portmoor/portmoor/say"
)

// helpLast makes "help lint" what "lint --help" is, and "version", as other tools have
// it, what "--version" is.
func helpLast(args []string) []string {
	switch {
	case len(args) < 2:
		return args
	case args[1] == "version", len(args) == 2 && (args[1] == "-v" || args[1] == "-V"), len(args) == 3 && args[1] == "help" && args[2] == "version":
		return []string{args[0], "--version"}
	case args[1] == "help":
		return slices.Concat(args[:1], args[2:], []string{"--help"})
	}
	return args
}

// commandFirst moves the flags that stand before the command behind it, where the
// command has them.
func commandFirst(app *cli.App, args []string) ([]string, error) {
	var every cli.Command // that has the flags of all
	for _, cmd := range app.Commands {
		every.Flags = append(every.Flags, cmd.Flags...)
	}
	at := 1
	for at < len(args) && len(args[at]) > 1 && args[at][0] == '-' {
		name := strings.TrimLeft(args[at], "-")
		switch {
		case name == "help" || name == "h" || name == "version" || args[at] == "--":
			return args, nil
		case flagOf(&every, args[at]) == nil:
			flag, _, _ := strings.Cut(args[at], "=")
			return nil, say.Usagef(meantFlag(flag, every.Flags, "see portmoor --help"), "portmoor: unknown flag %s", flag)
		case takesValue(&every, args[at]):
			at++
		}
		at++
	}
	if at == 1 {
		return args, nil
	}
	if at >= len(args) {
		return nil, say.Usagef("write a command before it: "+say.Words(slices.Concat([]string{"portmoor", "detect"}, args[1:])), "portmoor: %s is a flag of commands", args[1])
	}
	return slices.Concat(args[:1], args[at:at+1], args[1:at], args[at+1:]), nil
}

// flagsFirst moves a command's flags before its other arguments, since the
// library takes everything after the first path as a path. What follows "--"
// stays: it may begin with a dash.
func flagsFirst(app *cli.App, args []string) ([]string, error) {
	args, err := commandFirst(app, args)
	if err != nil || len(args) < 2 {
		return args, err
	}
	cmd := app.Command(args[1])
	if cmd == nil {
		return args, nil
	}
	flags, rest := slices.Clone(args[:2]), []string{}
	passed, foreign := []string{"--"}, "" // what docker compose up would be given
	for i := 2; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--":
			rest, passed, i = append(rest, args[i+1:]...), append(passed, args[i+1:]...), len(args)
		case (len(arg) < 2 || arg[0] != '-') && cmd.Name == "run":
			return nil, say.Usagef("write "+say.Words(slices.Concat([]string{"portmoor"}, flags[1:], []string{"--"}, args[i:])), "portmoor %s: the command goes behind --", cmd.Name)
		case len(arg) < 2 || arg[0] != '-':
			rest, passed = append(rest, arg), append(passed, arg)
		case arg == "--help" || arg == "-h":
			return []string{args[0], cmd.Name, "--help"}, nil // it takes a path for a topic
		case (cmd.Name == "up" || cmd.Name == "compose") && flagOf(cmd, arg) == nil && meantFlag(arg, cmd.Flags, "") == "":
			passed, foreign = append(passed, arg), cmp.Or(foreign, arg)
		default:
			flags = append(flags, inFull(cmd, arg))
			if !takesValue(cmd, arg) {
				continue
			}
			if i++; i == len(args) {
				return nil, say.Usagef("see portmoor "+cmd.Name+" --help", "portmoor %s: flag %s needs a value", cmd.Name, arg)
			}
			flags = append(flags, args[i])
		}
	}
	for _, f := range cmd.Flags { // the library copies what has several names as JSON, which no path need be
		if s, ok := f.(*cli.StringSliceFlag); ok {
			s.Aliases = nil
		}
	}
	if foreign != "" {
		return nil, say.Usagef("those that are for docker go after --: "+say.Words(slices.Concat([]string{"portmoor"}, flags[1:], passed)), "portmoor %s: unknown flag %s", cmd.Name, foreign)
	}
	return append(append(flags, "--"), rest...), nil
}

// takesValue reports whether the argument after a flag is its value.
func takesValue(cmd *cli.Command, arg string) bool {
	f := flagOf(cmd, arg)
	_, isBool := f.(*cli.BoolFlag)
	return f != nil && !isBool && !strings.Contains(arg, "=")
}

// inFull is a flag by its long name, since the library refuses -f beside --file.
func inFull(cmd *cli.Command, arg string) string {
	f := flagOf(cmd, arg)
	if f == nil {
		return arg
	}
	_, value, assigned := strings.Cut(arg, "=")
	if assigned {
		value = "=" + value
	}
	return "--" + f.Names()[0] + value
}

// flagOf is the command's flag that an argument names, nil for none.
func flagOf(cmd *cli.Command, arg string) cli.Flag {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	for _, f := range cmd.Flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func onUsageError(ctx *cli.Context, err error, _ bool) error {
	name := "portmoor"
	if ctx.Command != nil && ctx.Command.Name != "" && ctx.Command.Name != "portmoor" {
		name += " " + ctx.Command.Name
	}
	message := strings.NewReplacer(" for flag -", " for flag --", " for -", " for --").Replace(err.Error())
	if text, ok := strings.CutSuffix(message, ": parse error"); ok {
		hint := "see " + name + " --help"
		if strings.HasSuffix(text, "--wait") {
			hint = "write a duration, such as 30s or 2m"
		}
		return say.Usagef(hint, "%s: %s", name, text)
	}
	if flag, ok := strings.CutPrefix(message, "flag provided but not defined: "); ok {
		if len(flag) > len("-x") {
			flag = "-" + flag
		}
		message = "unknown flag " + flag
		var flags []cli.Flag
		if ctx.Command != nil {
			flags = ctx.Command.Flags
		}
		return say.Usagef(meantFlag(flag, flags, "see "+name+" --help"), "%s: %s", name, message)
	}
	return say.Usagef("see "+name+" --help", "%s: %s", name, message)
}

// meantFlag is the hint for a misspelt flag.
func meantFlag(flag string, flags []cli.Flag, otherwise string) string {
	names := lists.Map(flags, func(f cli.Flag) string { return f.Names()[0] })
	if len(flag) <= len("--x") {
		return otherwise
	}
	return say.Meant("--", strings.TrimLeft(flag, "-"), names, otherwise)
}

// noCommand is what runs when the first argument is no command.
func (c *program) noCommand(ctx *cli.Context) error {
	if ctx.Args().Len() == 0 {
		return greeter{c}.welcome(ctx.Context, ctx.App.Usage)
	}
	names := lists.Map(ctx.App.Commands, func(cmd *cli.Command) string { return cmd.Name })
	hint, args := "see portmoor --help", ctx.Args().Slice()
	if meant := manual.Meant(args); meant != "" {
		hint = meant
	} else if near := say.Nearest(args[0], names); near != "" {
		words := []string{"portmoor", near}
		if slices.ContainsFunc(args[1:], func(arg string) bool { return strings.HasPrefix(arg, "-") }) { // they may say which project it is
			words = append(words, args[1:]...)
		}
		hint = "did you mean " + say.Words(words) + "?"
	}
	return say.Usagef(hint, "portmoor: unknown command %q", args[0])
}
