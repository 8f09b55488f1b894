package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lint/report"
)

func (c *commands) lint() *cli.Command {
	return &cli.Command{
		Name:      "lint",
		Usage:     "report what is wrong with the host ports of compose files",
		ArgsUsage: "[PATH...]",
		Flags: append(projectFlags(),
			&cli.StringFlag{Name: "format", Value: "text", Usage: "how to print findings, `FORMAT` is " + choice(formatNames)},
			&cli.StringSliceFlag{Name: "rule", Usage: "run only `RULE`, even when it is off; may be repeated"},
			&cli.StringFlag{Name: "fail-on", Value: "warning", Usage: "exit with 1 from `SEVERITY` on, which is " + choice(failOnNames)},
			&cli.BoolFlag{Name: "fix", Usage: "mend what can be mended safely", DisableDefaultText: true},
			&cli.BoolFlag{Name: "diff", Usage: "show what --fix would change", DisableDefaultText: true},
		),
		Action: c.runLint,
	}
}

// runLint loads, lints, reports, and mends where asked to.
func (c *commands) runLint(ctx *cli.Context) error {
	if err := cmp.Or(oneOf(ctx, "format", formatNames), oneOf(ctx, "fail-on", failOnNames)); err != nil {
		return err
	}
	if ctx.Bool("diff") && ctx.String("format") == "json" {
		return usage("give one of the two", "portmoor lint: --diff and --format json exclude each other")
	}
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	options, err := w.lintOptions(ctx)
	if err != nil {
		return err
	}
	c.unreadable(w)
	findings := lint.Run(w.projects, options)
	if ctx.Bool("fix") || ctx.Bool("diff") {
		if findings, err = c.fix(ctx, w, options, findings); err != nil {
			return err
		}
	}
	threshold := severities[ctx.String("fail-on")]
	if slices.ContainsFunc(findings, func(f lint.Finding) bool { return f.Severity >= threshold }) {
		c.fail(exitFindings)
	}
	return c.report(ctx, w, findings)
}

func (c *commands) report(ctx *cli.Context, w *workspace, findings []lint.Finding) error {
	run := report.Run{Findings: findings, Files: w.files(), Base: w.base, Color: c.color(ctx, c.Out), Width: terminal(c.Out)}
	if ctx.String("format") == "json" {
		return report.JSON(c.Out, run)
	}
	if !ctx.Bool("diff") {
		if err := report.Text(c.Out, run); err != nil {
			return err
		}
	}
	summary := report.Summary(run)
	if rules := ctx.StringSlice("rule"); len(rules) > 0 {
		summary += " (only " + strings.Join(rules, ", ") + ")"
	}
	fmt.Fprintln(c.Err, summary)
	return nil
}

// unreadable reports the files that could not be read; the rest is linted.
func (c *commands) unreadable(w *workspace) {
	for _, p := range w.projects {
		for _, q := range p.Problems {
			if q.Unreadable {
				c.say(w.show(q.File.Path)+": "+q.Message, q.Hint)
				c.fail(exitFailure)
			}
		}
	}
}

var severities = map[string]lint.Severity{"error": lint.Error, "warning": lint.Warning, "info": lint.Info, "off": lint.Off}

// ruleOptions are the options that each rule has in the configuration.
func ruleOptions() map[string][]string {
	options := map[string][]string{}
	for _, r := range lint.Rules() {
		options[r.Name] = nil
	}
	options["unquoted-port"] = []string{"all"}
	return options
}

// lintOptions turn flags and configuration into options, and fill in the
// facts that rules can't look up themselves.
func (w *workspace) lintOptions(ctx *cli.Context) (lint.Options, error) {
	o := lint.Options{Strategies: w.strategy, Settings: map[string]lint.Setting{}, Only: ctx.StringSlice("rule")}
	known := ruleOptions()
	for _, name := range o.Only {
		if _, ok := known[name]; !ok {
			return o, unknownRule("portmoor lint: --rule", name)
		}
	}
	for name, rule := range w.config.Rules {
		setting := lint.Setting{All: rule.Options["all"] == "true"}
		if level, ok := severities[rule.Severity]; ok {
			setting.Severity = &level
		}
		o.Settings[name] = setting
	}
	o.Facts = w.facts()
	return o, nil
}

// facts are what the rules know of env files besides their values.
func (w *workspace) facts() lint.Facts {
	f := lint.Facts{Examples: map[string][]compose.EnvFile{}, Tracked: map[string]bool{}}
	for _, p := range w.projects {
		for _, e := range p.Env.Files() {
			f.Tracked[e.File.Path] = !compose.GitIgnored(e.File.Path)
		}
		if _, done := f.Examples[p.Dir]; !done && slices.ContainsFunc(p.Mappings, lacksDefault) {
			f.Examples[p.Dir] = w.loader.Examples(p.Dir)
		}
	}
	return f
}

func lacksDefault(m compose.Mapping) bool { return m.HostPort.Var != "" && m.HostPort.Default == "" }
