package cli

import (
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/manual"
)

// answer runs the command line, unless it asks for help or the version: that is data.
func (c *console) answer(app *cli.App, args []string) error {
	switch {
	case len(args) > 1 && args[1] == "--version":
		_, err := io.WriteString(c.Out, manual.Version(build()))
		return err
	case len(args) > 1 && isHelp(args[1]):
		return c.help(app, nil)
	case len(args) == 3 && isHelp(args[2]) && app.Command(args[1]) != nil: // as flagsFirst puts it
		return c.help(app, app.Command(args[1]))
	}
	return app.Run(args)
}

func isHelp(arg string) bool { return arg == "--help" || arg == "-h" }

// help writes the manual of a command, or of all for nil, as wide as standard output is.
func (c *console) help(app *cli.App, cmd *cli.Command) error {
	width := terminal(c.Out)
	var text string
	if cmd != nil {
		text = pageOf(cmd).Text(width)
	} else {
		text = manual.Overview(app.Usage, lists.Map(app.Commands, pageOf), []manual.Flag{helpFlag, versionFlag}, width)
	}
	_, err := io.WriteString(c.Out, text)
	return err
}

var (
	helpFlag    = manual.Flag{Names: []string{"help", "h"}, Says: "show this help"}
	versionFlag = manual.Flag{Names: []string{"version"}, Says: "print the version"}
)

// Manual is what help has: what the program is, and a page for each command.
func Manual() (about string, pages []manual.Page) {
	app := (&program{console: &console{}}).app()
	return app.Usage, lists.Map(app.Commands, pageOf)
}

// pageOf is the manual of a command: what the room of manuals has, and its flags.
func pageOf(cmd *cli.Command) manual.Page {
	p := manual.Of(cmd.Name)
	p.Usage, p.Args, p.Description = cmd.Usage, cmd.ArgsUsage, cmd.Description
	shown := lists.Only(cmd.Flags, func(f cli.Flag) bool { v, ok := f.(cli.VisibleFlag); return !ok || v.IsVisible() })
	p.Flags = append(lists.Map(shown, flagPage), helpFlag)
	return p
}

// flagPage is a flag as manuals have it. The library marks the name of its value with
// backquotes in what it says.
func flagPage(f cli.Flag) manual.Flag {
	page := manual.Flag{Names: f.Names()}
	doc, documented := f.(cli.DocGenerationFlag)
	if !documented {
		return page
	}
	before, rest, _ := strings.Cut(doc.GetUsage(), "`")
	name, after, _ := strings.Cut(rest, "`")
	page.Says = before + name + after
	if doc.TakesValue() {
		page.Value = name
	}
	if _, several := f.(*cli.StringSliceFlag); several && !strings.Contains(page.Says, "may be repeated") {
		page.Says += "; may be repeated"
	}
	switch text := strings.Trim(doc.GetDefaultText(), `"`); text {
	case "false", "0s": // off, which is plain
	default:
		page.Default = text
	}
	if grouped, ok := f.(cli.CategorizableFlag); ok {
		page.Group = grouped.GetCategory()
	}
	return page
}
