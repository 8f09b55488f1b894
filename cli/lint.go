package cli

import (
	"fmt"
	"maps"
	"slices"

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
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`text` or json"},
			&cli.StringSliceFlag{Name: "rule", Usage: "run only `NAME`, even when it is off; may be repeated"},
			&cli.StringFlag{Name: "fail-on", Value: "warning", Usage: "exit with 1 on `error`, warning or info"},
			&cli.BoolFlag{Name: "fix", Usage: "mend what can be mended safely"},
			&cli.BoolFlag{Name: "diff", Usage: "show what --fix would change"},
		),
		Action: c.runLint,
	}
}

// runLint loads, lints, reports, and mends where asked to.
func (c *commands) runLint(ctx *cli.Context) error {
	if err := oneOf(ctx, "format", "text", "json"); err != nil {
		return err
	}
	threshold, err := severity(ctx.String("fail-on"))
	if err != nil {
		return usage("it is error, warning or info", "portmoor lint: --fail-on: %s", err)
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
	if ctx.Bool("diff") {
		return nil
	}
	if err := report.Text(c.Out, run); err != nil {
		return err
	}
	fmt.Fprintln(c.Err, report.Summary(run))
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

func severity(name string) (lint.Severity, error) {
	switch name {
	case "error":
		return lint.Error, nil
	case "warning":
		return lint.Warning, nil
	case "info":
		return lint.Info, nil
	case "off":
		return lint.Off, nil
	}
	return lint.Off, fmt.Errorf("severity %q is unknown", name)
}

// lintOptions turn flags and configuration into options, and fill in the
// facts that rules can't look up themselves.
func (w *workspace) lintOptions(ctx *cli.Context) (lint.Options, error) {
	o := lint.Options{Strategies: w.strategy, Settings: map[string]lint.Setting{}, Only: ctx.StringSlice("rule")}
	known := map[string]bool{}
	for _, r := range lint.Rules() {
		known[r.Name] = true
	}
	for _, name := range o.Only {
		if !known[name] {
			return o, usage("portmoor rules lists them", "portmoor lint: --rule: no rule is named %q", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.config.Rules)) {
		if !known[name] {
			return o, usage("portmoor rules lists them", "%s: no rule is named %q", w.show(w.config.Path), name)
		}
		setting := lint.Setting{All: w.config.Rules[name].Options["all"] == "true"}
		if s := w.config.Rules[name].Severity; s != "" {
			level, err := severity(s)
			if err != nil {
				return o, usage("", "%s: %s", w.show(w.config.Path), err)
			}
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
