package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lint/report"
	"github.com/portmoor/portmoor/lint/schema"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

func (c *program) lint() *cli.Command {
	return &cli.Command{
		Name:      "lint",
		Usage:     "report what is wrong with the host ports of compose files",
		ArgsUsage: "[PATH...]",
		Flags: append(projectFlags(),
			&cli.StringFlag{Name: "format", Value: "text", Usage: "how to print findings, `FORMAT` is " + say.Or(reportNames)},
			&cli.StringSliceFlag{Name: "rule", Usage: "run only `RULE`, even when it is off; may be repeated"},
			&cli.StringFlag{Name: "fail-on", Value: "warning", Usage: "exit with 1 from `SEVERITY` on, which is " + say.Or(failOnNames)},
			&cli.StringFlag{Name: "baseline", Usage: "leave out the findings that `FILE` has", TakesFile: true},
			&cli.StringFlag{Name: "write-baseline", Usage: "write all findings to `FILE`, for --baseline", TakesFile: true},
			&cli.StringFlag{Name: "stdin-filename", Usage: "read standard input as the text of `FILE`", TakesFile: true},
			&cli.BoolFlag{Name: "fix", Usage: "mend what can be mended safely", DisableDefaultText: true},
			&cli.BoolFlag{Name: "diff", Usage: "show what --fix would change", DisableDefaultText: true},
		),
		Action: c.runLint,
	}
}

// runLint loads, lints, reports, and mends where asked to.
func (c *program) runLint(ctx *cli.Context) error {
	if err := cmp.Or(oneOf(ctx, "format", reportNames), oneOf(ctx, "fail-on", failOnNames)); err != nil {
		return err
	}
	if format := ctx.String("format"); ctx.Bool("diff") && format != "text" {
		return say.Usagef("give one of the two", "portmoor lint: --diff and --format %s exclude each other", format)
	}
	if written := ctx.String("write-baseline"); written != "" && (ctx.Bool("fix") || ctx.Bool("diff") || ctx.String("baseline") != "") {
		return say.Usagef("write the baseline first", "portmoor lint: --write-baseline excludes --baseline, --fix and --diff")
	}
	r, err := c.lintRequest(ctx)
	if err != nil {
		return err
	}
	go schema.Prepare() // takes as long as reading a hundred files
	w, err := c.open(ctx, r)
	if err != nil {
		return err
	}
	if err := w.readBaseline(ctx); err != nil {
		return err
	}
	options, err := c.lintOptions(ctx, w)
	if err != nil {
		return err
	}
	c.unreadable(w)
	findings := w.findings(options)
	if path := ctx.String("write-baseline"); path != "" {
		return c.writeBaseline(w, path, findings)
	}
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

// lintRequest is the request of lint, which may be about standard input, and does
// not ask the environment.
func (c *program) lintRequest(ctx *cli.Context) (workspace.Request, error) {
	r := c.request(ctx)
	r.Environ = nil
	r.StdinName = ctx.String("stdin-filename")
	if r.StdinName == "" && !slices.Contains(r.Paths, "-") {
		return r, nil
	}
	if len(r.Paths) == 1 && r.Paths[0] == "-" {
		r.Paths = nil
	}
	src, err := tree.ReadStream(c.In, tree.MaxFile)
	if err != nil && !errors.Is(err, tree.ErrLarge) {
		return r, say.Failf("", "standard input: %s", err)
	}
	r.Stdin = append([]byte{}, src...)
	return r, nil
}

// findings are those that concern a file which was asked for.
func (w *space) findings(options lint.Options) []lint.Finding {
	options.Neighbours = w.Neighbours
	return w.isNew(slices.DeleteFunc(lint.Run(w.Projects, options), func(f lint.Finding) bool { return !w.concerns(f) }))
}

func (w *space) concerns(f lint.Finding) bool {
	return w.Asked(f.File) || slices.ContainsFunc(f.Related, func(r lint.Related) bool { return w.Asked(r.File) })
}

func (c *program) report(ctx *cli.Context, w *space, findings []lint.Finding) error {
	run := report.Run{
		Findings: findings, Files: w.FilesAsked(), Base: w.Dir, Root: w.Home, Version: version(),
		Color: c.color(ctx, c.Out), Width: terminal(c.Out),
	}
	out := c.Out
	if w.Stdin != "" && ctx.Bool("fix") {
		out = c.Err // the mended text is on standard output
	}
	if write, ok := formats[ctx.String("format")]; ok {
		return write(out, run)
	}
	if !ctx.Bool("diff") {
		if err := report.Text(out, run); err != nil {
			return err
		}
	}
	summary := report.Summary(run)
	if rules := ctx.StringSlice("rule"); len(rules) > 0 {
		summary += " (only " + strings.Join(rules, ", ") + ")"
	}
	if w.known > 0 {
		summary += fmt.Sprintf("; %d more in the baseline", w.known)
	}
	fmt.Fprintln(c.Err, summary)
	return nil
}

// formats are those for programs.
var formats = map[string]func(io.Writer, report.Run) error{
	"json": report.JSON, "sarif": report.SARIF, "github": report.GitHub, "gitlab": report.GitLab,
	"junit": report.JUnit, "checkstyle": report.Checkstyle,
}

// unreadable reports the files that could not be read; the rest is linted.
func (c *program) unreadable(w *space) {
	for _, p := range w.Projects {
		for _, q := range p.Problems {
			if q.Unreadable {
				c.say(w.Show(q.File.Path)+": "+q.Message, q.Hint)
				c.fail(exitFailure)
			}
		}
	}
}

var severities = map[string]lint.Severity{"error": lint.Error, "warning": lint.Warning, "info": lint.Info, "off": lint.Off}

// lintOptions turn flags and configuration into options, and fill in the
// facts that rules can't look up themselves.
func (c *program) lintOptions(ctx *cli.Context, w *space) (lint.Options, error) {
	o := lint.Options{Strategies: w.Strategies, Remembered: w.Remembered, Settings: map[string]lint.Setting{}, Only: ctx.StringSlice("rule")}
	known := lint.RuleOptions()
	for _, name := range o.Only {
		if _, ok := known[name]; !ok {
			return o, unknownRule("portmoor lint: --rule", name)
		}
	}
	for name, rule := range w.Config.Rules {
		setting := lint.Setting{All: rule.Options["all"] == "true"}
		if level, ok := severities[rule.Severity]; ok {
			setting.Severity = &level
		}
		o.Settings[name] = setting
	}
	o.Policy = w.Config.Policy()
	for _, name := range slices.Sorted(maps.Keys(w.Config.Groups)) {
		g := w.Config.Groups[name]
		o.Groups = append(o.Groups, lint.Group{Name: name, Range: g.Range, Services: g.Services})
	}
	var err error
	o.Facts, err = c.facts(w)
	return o, err
}

// facts are what the rules know besides the compose files and the values of
// env files.
func (c *program) facts(w *space) (lint.Facts, error) {
	f := lint.Facts{
		Examples: map[string][]compose.EnvFile{}, Tracked: map[string]bool{},
		Symlinks: map[string]bool{}, Assignments: map[*compose.Project]*source.File{}, Docs: map[*compose.Project][]*source.File{},
	}
	read := w.reader()
	for _, p := range w.Projects {
		for _, file := range p.Files {
			f.Symlinks[file.Path] = tree.IsSymlink(file.Path)
		}
		assignments, err := read(w.PortsFile(p))
		if err != nil {
			return f, err
		}
		if bad := c.corrupt(w, assignments); !bad {
			f.Assignments[p] = assignments
		}
		for _, path := range append([]string{filepath.Join(p.Dir, "README.md")}, w.Absolute(w.Config.Docs...)...) {
			doc, err := read(path)
			if err != nil {
				return f, err
			}
			if doc != nil && !slices.Contains(f.Docs[p], doc) {
				f.Docs[p] = append(f.Docs[p], doc)
			}
		}
		for _, e := range p.Env.Files() {
			f.Tracked[e.File.Path] = !tree.GitIgnored(e.File.Path)
		}
		if _, done := f.Examples[p.Dir]; !done && slices.ContainsFunc(p.Mappings, lacksDefault) {
			f.Examples[p.Dir] = w.Examples(p.Dir)
		}
	}
	return f, nil
}

// corrupt reports a file of remembered ports that is not JSON.
func (c *program) corrupt(w *space, f *source.File) bool {
	if f == nil {
		return false
	}
	var assigned map[string]any
	decoder := json.NewDecoder(bytes.NewReader(f.Src))
	err := decoder.Decode(&assigned)
	if err == nil && len(f.Docs) == 1 {
		return false
	}
	c.say(fmt.Sprintf("%s: byte %d: not a file of remembered ports", w.Show(f.Path), decoder.InputOffset()), "mend the file, or remove it")
	c.fail(exitFailure)
	return true
}

// reader reads files that need not exist, each once. Of those that are not
// there it returns nil.
func (w *space) reader() func(path string) (*source.File, error) {
	files := map[string]*source.File{}
	return func(path string) (*source.File, error) {
		if f, done := files[path]; done {
			return f, nil
		}
		src, err := tree.Read(path, tree.MaxFile)
		switch {
		case err == nil && filepath.Ext(path) == ".json":
			files[path] = source.Parse(path, src)
		case err == nil:
			files[path] = &source.File{Path: path, Src: src}
		case errors.Is(err, fs.ErrNotExist):
			files[path] = nil
		default:
			return nil, say.Failf("", "%s: can't be read", w.Show(path))
		}
		return files[path], nil
	}
}

func lacksDefault(m compose.Mapping) bool { return m.HostPort.Var != "" && m.HostPort.Default == "" }
