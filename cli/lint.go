package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lint/mend"
	"github.com/portmoor/portmoor/lint/report"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

func lintCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:      "lint",
		Usage:     "report what is wrong with the host ports of compose files",
		ArgsUsage: "[PATH...]",
		Flags: append(projectFlags(),
			formatFlag("how to print findings", reportNames...),
			&cli.BoolFlag{Name: "full", Usage: "show every finding, each with all there is to say; text shows of many only some", DisableDefaultText: true},
			&cli.BoolFlag{Name: "statistics", Usage: "show only how many findings of each rule there are, in text, concise and json", DisableDefaultText: true},
			&cli.StringSliceFlag{Name: "rule", Usage: "run only `RULE`, even when it is off; may be repeated"},
			oneOfFlag("fail-on", "warning", "exit with 1 from `SEVERITY` on, which is "+say.Or(failOnNames), failOnNames),
			&cli.StringFlag{Name: "baseline", Usage: "leave out the findings that `FILE` records", TakesFile: true},
			&cli.StringFlag{Name: "write-baseline", Usage: "record all findings in `FILE`, for --baseline", TakesFile: true},
			&cli.BoolFlag{Name: "show-suppressed", Usage: "also show the findings that comments and the baseline leave out, in text and json", DisableDefaultText: true},
			&cli.StringFlag{Name: "stdin-filename", Usage: "read standard input as the text of `FILE`", TakesFile: true},
			&cli.BoolFlag{Name: "fix", Usage: "fix what can be fixed safely", DisableDefaultText: true},
			&cli.BoolFlag{Name: "diff", Usage: "show what --fix would change", DisableDefaultText: true},
		),
		Action: c.runLint,
	}
}

// runLint loads, lints, reports, and fixes where asked to.
func (c *program) runLint(ctx *cli.Context) error {
	show := shown{
		format: ctx.String("format"), diff: ctx.Bool("diff"), fix: ctx.Bool("fix"), suppressed: ctx.Bool("show-suppressed"),
		full: ctx.Bool("full"), statistics: ctx.Bool("statistics"), rules: ctx.StringSlice("rule"), style: c.style(ctx),
	}
	leave, write := ctx.String("baseline"), ctx.String("write-baseline")
	if err := show.check(); err != nil {
		return err
	}
	if write != "" && (show.fix || show.diff || leave != "") {
		return say.Usagef("write the baseline first", "portmoor lint: --write-baseline excludes --baseline, --fix and --diff")
	}
	r, err := c.lintRequest(ctx)
	if err != nil {
		return err
	}
	w, err := c.openAll(r)
	if err != nil {
		return err
	}
	l, notes, err := mend.New(w, show.rules)
	c.tellAll(notes)
	if err != nil {
		return err
	}
	switch {
	case leave != "":
		err = l.LeaveOut(leave)
	case write == "":
		err = l.LeaveOutKnown()
	}
	if err != nil {
		return err
	}
	findings := l.Find()
	c.tellAll(l.Bugs)
	if write != "" {
		return linter{c}.writeBaseline(l, write, findings)
	}
	if show.fix || show.diff {
		if findings, err = (linter{c}).fix(l, w, findings, show); err != nil {
			return err
		}
	}
	if threshold, _ := lint.ParseSeverity(ctx.String("fail-on")); slices.ContainsFunc(findings, func(f lint.Finding) bool { return f.Severity >= threshold }) {
		c.fail(exitFindings)
	}
	return linter{c}.report(l, w, findings, show)
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

// shown is what the flags of lint say about its output.
type shown struct {
	format     string
	diff, fix  bool
	suppressed bool     // whether findings are shown that are left out
	full       bool     // whether text has every finding, and all there is to say
	statistics bool     // whether findings are only counted
	rules      []string // the only ones that ran; nil for all
	style      style
}

// check refuses flags that exclude each other.
func (s shown) check() error {
	switch {
	case s.diff && s.format != "text":
		return say.Usagef("give one of the two", "portmoor lint: --diff and --format %s exclude each other", s.format)
	case s.diff && s.statistics:
		return say.Usagef("give one of the two", "portmoor lint: --diff and --statistics exclude each other")
	case s.suppressed && !slices.Contains([]string{"text", "json", "sarif", "junit"}, s.format):
		return say.Usagef("choose text or json; sarif and junit always have them", "portmoor lint: --format %s has no place for suppressed findings", s.format)
	case s.statistics && s.suppressed:
		return say.Usagef("give one of the two", "portmoor lint: --statistics and --show-suppressed exclude each other")
	case s.statistics && counts[s.format] == nil:
		return say.Usagef("leave one of the two out; with --statistics go text, concise and json", "portmoor lint: --statistics counts findings, which --format %s lists", s.format)
	}
	return nil
}

// linter is the program at work for lint.
type linter struct{ *program }

func (c linter) writeBaseline(l *mend.Linter, path string, findings []lint.Finding) error {
	if err := l.WriteBaseline(path, findings); err != nil {
		return err
	}
	fmt.Fprintf(c.Err, "%s written to %s\n", say.Count(len(findings), "finding"), say.Visible(path))
	return nil
}

// fix writes what fixing makes of files, or shows it. It returns the findings that
// are left; those that there were when nothing is written.
func (c linter) fix(l *mend.Linter, w *workspace.Workspace, findings []lint.Finding, show shown) ([]lint.Finding, error) {
	fixed, notes := l.Fix(findings)
	c.tellAll(notes)
	var err error
	switch {
	case show.diff:
		return findings, c.diff(w.Dir, fixed.Outputs, show.style)
	case w.Stdin != "":
		err = c.writeStdin(w, fixed.Outputs)
	default:
		if _, err = rewrite.WriteAll(w.Bounds, fixed.Outputs); err != nil {
			err = say.Failf("nothing else was fixed", "%s", err)
		}
	}
	if n := len(findings) - len(fixed.Left); err == nil && n > 0 {
		fmt.Fprintf(c.Err, "fixed %s in %s\n", say.Count(n, "finding"), say.Count(len(fixed.Outputs), "file"))
	}
	return fixed.Left, err
}

// writeStdin prints the text that standard input has become.
func (c linter) writeStdin(w *workspace.Workspace, outputs []rewrite.Output) error {
	src := w.StdinText()
	for _, o := range outputs {
		if o.Path == w.Stdin {
			src = o.After
		}
	}
	_, err := c.Out.Write(src)
	return err
}

// report prints findings.
func (c linter) report(l *mend.Linter, w *workspace.Workspace, findings []lint.Finding, show shown) error {
	run := report.Run{
		Findings: findings, Ignored: l.Ignored, Known: l.Known, ShowSuppressed: show.suppressed, Unseen: l.Unseen, Files: w.FilesAsked(), Base: w.Dir, Root: w.Home, Version: version(),
		Color: show.style.color, Width: show.style.width,
		Full: show.full, All: len(show.rules) > 0 || w.Stdin != "", See: l.See, Next: l.Next(findings),
	}
	out := c.Out
	if w.Stdin != "" && show.fix {
		out = c.Err // the fixed text is on standard output
	}
	write := formats[show.format]
	if show.statistics {
		write = counts[show.format]
	}
	if !show.diff {
		if err := write(out, run); err != nil || show.format != "text" && show.format != "concise" {
			return err
		}
	}
	summary := report.Summary(run)
	if len(show.rules) > 0 {
		summary += " (only " + strings.Join(show.rules, ", ") + ")"
	}
	if n := len(l.Known); n > 0 {
		summary += fmt.Sprintf("; %d more in the baseline", n)
	}
	c.say(summary, l.Advice(findings))
	return nil
}

// formats are how findings are printed, and counts how their numbers are.
var (
	formats = map[string]func(io.Writer, report.Run) error{
		"text": report.Text, "concise": report.Concise, "json": report.JSON, "sarif": report.SARIF, "github": report.GitHub,
		"gitlab": report.GitLab, "junit": report.JUnit, "checkstyle": report.Checkstyle,
	}
	counts = map[string]func(io.Writer, report.Run) error{"text": report.Statistics, "concise": report.ConciseStatistics, "json": report.JSONStatistics}
)
