package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lint/mend"
	"github.com/portmoor/portmoor/say"
)

func rulesCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:      "rules",
		Usage:     "list the rules of lint, or explain one",
		ArgsUsage: "[RULE]",
		Action: func(ctx *cli.Context) error {
			if ctx.Args().Len() > 1 {
				return say.Usagef("name one rule", "portmoor rules: too many arguments")
			}
			if name := ctx.Args().First(); name != "" {
				return c.explain(name)
			}
			return c.listRules()
		},
	}
}

func (c *program) listRules() error {
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	for _, r := range lint.Rules() {
		fmt.Fprintf(t, "%s\t%s\t%s\n", r.Name, r.Severity, r.Title)
	}
	return t.Flush()
}

func (c *program) explain(name string) error {
	for _, r := range lint.Rules() {
		if r.Name == name {
			doc := r.Doc
			if width := terminal(c.Out); width > 0 {
				doc = say.Wrap(strings.ReplaceAll(doc, "\n", " "), width, 0, 0)
			}
			fmt.Fprintf(c.Out, "%s (%s)\n\n%s\n\nBad:\n\n%s\nGood:\n\n%s", r.Name, r.Severity, doc, indent(r.Bad), indent(r.Good))
			return nil
		}
	}
	return mend.UnknownRule("portmoor rules", name)
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + line)
	}
	return b.String()
}
