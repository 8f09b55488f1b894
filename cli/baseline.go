package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// baseline is the file of findings that are known and not told again, so that a
// repository can start with lint today. Rule and file are for people: what counts
// is the fingerprint.
type baseline struct {
	Version  int             `json:"version"`
	Findings []baselineEntry `json:"findings"`
}

type baselineEntry struct {
	Rule        string `json:"rule"`
	File        string `json:"file"`
	Fingerprint string `json:"fingerprint"`
}

// readBaseline reads the fingerprints of --baseline.
func (w *space) readBaseline(ctx *cli.Context) error {
	path := ctx.String("baseline")
	if path == "" {
		return nil
	}
	src, err := tree.Read(path, tree.MaxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return say.Usagef("write it with --write-baseline "+path, "%s: no such file", path)
	case err != nil:
		return say.Failf("", "%s: can't be read", path)
	}
	var b baseline
	decoder := json.NewDecoder(bytes.NewReader(src))
	if err := decoder.Decode(&b); err != nil {
		return say.Usagef("write it anew with --write-baseline "+path, "%s: byte %d: not a baseline: %v", path, decoder.InputOffset(), err)
	}
	if b.Version != 1 {
		return say.Usagef("write it anew with --write-baseline "+path, "%s: version %d is not known", path, b.Version)
	}
	w.baseline = map[string]bool{}
	for _, e := range b.Findings {
		w.baseline[e.Fingerprint] = true
	}
	return nil
}

// isNew leaves out the findings that the baseline has.
func (w *space) isNew(findings []lint.Finding) []lint.Finding {
	if w.baseline == nil {
		return findings
	}
	prints := lint.Fingerprints(findings, w.Home)
	var left []lint.Finding
	w.known = 0
	for i, f := range findings {
		if w.baseline[prints[i]] {
			w.known++
			continue
		}
		left = append(left, f)
	}
	return left
}

// writeBaseline writes every finding to a file.
func (c *program) writeBaseline(w *space, path string, findings []lint.Finding) error {
	b := baseline{Version: 1, Findings: []baselineEntry{}}
	for i, fingerprint := range lint.Fingerprints(findings, w.Home) {
		b.Findings = append(b.Findings, baselineEntry{findings[i].Rule, w.FromHome(findings[i].File.Path), fingerprint})
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	before, err := tree.Read(abs, tree.MaxFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return say.Failf("", "%s: can't be read", path)
	}
	if _, err := rewrite.WriteAll([]rewrite.Output{{Path: abs, Before: before, After: append(text, '\n')}}); err != nil {
		return say.Failf("", "%s", err)
	}
	fmt.Fprintf(c.Err, "%s written to %s\n", say.Count(len(findings), "finding"), say.Visible(path))
	return nil
}
