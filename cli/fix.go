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
	"github.com/portmoor/portmoor/tree"
)

// maxFixPasses bounds the passes of --fix: a fix may make room for the next.
const maxFixPasses = 10

// fix makes the safe fixes, pass after pass, verifies each pass and writes the
// result, or with --diff only shows it. It returns the findings that are left;
// with --diff, since nothing is mended, those that there were.
func (c *program) fix(ctx *cli.Context, w *space, options lint.Options, findings []lint.Finding) ([]lint.Finding, error) {
	before, after := map[string][]byte{}, map[string][]byte{}
	projects, left := w.Projects, findings
	refused := c.refused(w, fixes(findings, nil, w))
	for range maxFixPasses {
		edits := fixes(left, refused, w)
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
		w.Workspace = w.With(pass)
		projects, options.Strategies = w.Projects, w.Strategies
		left = w.findings(options)
	}
	outputs := make([]rewrite.Output, 0, len(after))
	for _, path := range slices.Sorted(maps.Keys(after)) {
		outputs = append(outputs, rewrite.Output{Path: path, Before: before[path], After: after[path]})
	}
	if ctx.Bool("diff") {
		return findings, c.diff(ctx, w, outputs)
	}
	if w.Stdin != "" {
		if err := c.writeStdin(w, after); err != nil {
			return nil, err
		}
	} else if _, err := rewrite.WriteAll(outputs); err != nil {
		return nil, say.Failf("nothing else was mended", "%s", err)
	}
	if n := len(findings) - len(left); n > 0 {
		fmt.Fprintf(c.Err, "mended %s in %s\n", say.Count(n, "finding"), say.Count(len(outputs), "file"))
	}
	return left, nil
}

// without takes the fixes out of findings that fail by themselves; when none
// does, it returns the error that all of them led to.
func (w *space) without(projects []*compose.Project, findings []lint.Finding, err error) ([]lint.Finding, error) {
	findings = slices.Clone(findings)
	unfit := false
	for i, f := range findings {
		if len(f.Fix) == 0 || !w.Asked(f.File) {
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
func (c *program) writeStdin(w *space, after map[string][]byte) error {
	src := after[w.Stdin]
	for _, p := range w.Projects {
		for _, f := range p.Files {
			if src == nil && f.Path == w.Stdin {
				src = f.Src
			}
		}
	}
	_, err := c.Out.Write(src)
	return err
}

// refused are the files to mend that can't be written.
func (c *program) refused(w *space, edits map[*source.File][]rewrite.Edit) map[string]bool {
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
func fixes(findings []lint.Finding, refused map[string]bool, w *space) map[*source.File][]rewrite.Edit {
	taken := map[*source.File][]rewrite.Edit{}
	for _, f := range findings {
		touches := slices.ContainsFunc(f.Fix, func(e rewrite.Edit) bool {
			return slices.ContainsFunc(taken[f.File], func(t rewrite.Edit) bool {
				return e.Span.Start <= t.Span.End && t.Span.Start <= e.Span.End
			})
		})
		if len(f.Fix) > 0 && !touches && !refused[f.File.Path] && w.Asked(f.File) {
			taken[f.File] = append(taken[f.File], f.Fix...)
		}
	}
	return taken
}

// apply makes edits in memory and verifies the files and projects.
func (w *space) apply(projects []*compose.Project, edits map[*source.File][]rewrite.Edit) (map[string][]byte, error) {
	r, err := rewrite.Verified(projects, edits, rewrite.Touched(projects, edits))
	if err != nil {
		return nil, w.unverified(err)
	}
	return r.After, nil
}
