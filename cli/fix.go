package cli

import (
	"fmt"
	"maps"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
)

// maxFixPasses bounds the passes of --fix: a fix may make room for the next.
const maxFixPasses = 10

// fix makes the safe fixes, pass after pass, verifies each pass and writes the
// result, or with --diff only shows it. It returns the findings that are left;
// with --diff, since nothing is mended, those that there were.
func (c *commands) fix(ctx *cli.Context, w *workspace, options lint.Options, findings []lint.Finding) ([]lint.Finding, error) {
	before, after := map[string][]byte{}, map[string][]byte{}
	projects, left := w.projects, findings
	refused := c.refused(w, fixes(findings, nil, w.context))
	for range maxFixPasses {
		edits := fixes(left, refused, w.context)
		if len(edits) == 0 {
			break
		}
		pass, err := w.apply(projects, edits)
		if err != nil {
			// One that does not fit must not keep the others from being made.
			if left, err = w.without(projects, left, err); err != nil {
				return nil, err
			}
			continue
		}
		for f := range edits {
			if _, seen := before[f.Path]; !seen {
				before[f.Path] = f.Src
			}
		}
		maps.Copy(after, pass)
		projects = w.reload(pass)
		options.Strategies = w.strategy
		left = w.findings(options)
	}
	outputs := make([]rewrite.Output, 0, len(after))
	for _, path := range slices.Sorted(maps.Keys(after)) {
		outputs = append(outputs, rewrite.Output{Path: path, Before: before[path], After: after[path]})
	}
	if ctx.Bool("diff") {
		return findings, c.diff(ctx, w, outputs)
	}
	if w.stdin != "" {
		if err := c.writeStdin(w, after); err != nil {
			return nil, err
		}
	} else if _, err := rewrite.WriteAll(outputs); err != nil {
		return nil, say.Failf("nothing else was mended", "%s", w.shorten(err.Error()))
	}
	if n := len(findings) - len(left); n > 0 {
		fmt.Fprintf(c.Err, "mended %s in %s\n", say.Count(n, "finding"), say.Count(len(outputs), "file"))
	}
	return left, nil
}

// without takes the fixes out of findings that fail by themselves; when none
// does, it returns the error that all of them led to.
func (w *workspace) without(projects []*compose.Project, findings []lint.Finding, err error) ([]lint.Finding, error) {
	findings = slices.Clone(findings)
	unfit := false
	for i, f := range findings {
		if len(f.Fix) == 0 || w.context[f.File.Path] {
			continue
		}
		if _, bad := w.apply(projects, map[*source.File][]rewrite.Edit{f.File: f.Fix}); bad != nil {
			findings[i].Fix, unfit = nil, true
		}
	}
	if unfit {
		err = nil
	}
	return findings, err
}

// writeStdin prints the text that standard input has become.
func (c *commands) writeStdin(w *workspace, after map[string][]byte) error {
	src := after[w.stdin]
	for _, p := range w.projects {
		for _, f := range p.Files {
			if src == nil && f.Path == w.stdin {
				src = f.Src
			}
		}
	}
	_, err := c.Out.Write(src)
	return err
}

// refused are the files to mend that can't be written.
func (c *commands) refused(w *workspace, edits map[*source.File][]rewrite.Edit) map[string]bool {
	refused := map[string]bool{}
	for f := range edits {
		refused[f.Path] = tree.IsSymlink(f.Path)
	}
	for _, path := range slices.Sorted(maps.Keys(refused)) {
		if refused[path] {
			c.refuseSymlink(w, path)
		}
	}
	return refused
}

// fixes collects the edits of a pass, but for those of refused files. Of fixes
// that touch each other only the first is taken; the next pass sees what is left.
func fixes(findings []lint.Finding, refused, context map[string]bool) map[*source.File][]rewrite.Edit {
	taken := map[*source.File][]rewrite.Edit{}
	for _, f := range findings {
		touches := slices.ContainsFunc(f.Fix, func(e rewrite.Edit) bool {
			return slices.ContainsFunc(taken[f.File], func(t rewrite.Edit) bool {
				return e.Span.Start <= t.Span.End && t.Span.Start <= e.Span.End
			})
		})
		if len(f.Fix) > 0 && !touches && !refused[f.File.Path] && !context[f.File.Path] {
			taken[f.File] = append(taken[f.File], f.Fix...)
		}
	}
	return taken
}

// apply makes edits in memory and verifies the files and projects.
func (w *workspace) apply(projects []*compose.Project, edits map[*source.File][]rewrite.Edit) (map[string][]byte, error) {
	r, err := rewrite.Verified(projects, edits, rewrite.Touched(projects, edits))
	if err != nil {
		return nil, w.unverified(err)
	}
	return r.After, nil
}

// reload loads the projects again with files changed in memory.
func (w *workspace) reload(changed map[string][]byte) []*compose.Project {
	for path, src := range changed {
		w.loader.Add(path, src)
	}
	var groups []compose.Group
	for _, p := range slices.Concat(w.projects, w.neighbours) {
		groups = append(groups, p.Group)
	}
	old, n := w.strategy, len(w.projects)
	all := w.loader.Load(groups)
	w.strategy = map[*compose.Project]strategies.Strategy{}
	for i, p := range all[:n] {
		w.strategy[p] = old[w.projects[i]]
	}
	w.projects, w.neighbours = all[:n], all[n:]
	return w.projects
}
