package mend

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
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

// LeaveOutKnown is LeaveOut for the baseline that the configuration names, if it does.
func (l *Linter) LeaveOutKnown() error {
	if l.w.Config.Baseline == "" {
		return nil
	}
	path := l.w.Absolute(l.w.Config.Baseline)[0]
	if !l.w.Bounds.Has(path) {
		return say.Usagef("name it with --baseline if it should be read", "%s: %s", path, l.w.Bounds.Outside())
	}
	return l.leaveOut(path)
}

// LeaveOut reads a baseline, whose findings are not found from then on.
func (l *Linter) LeaveOut(path string) error {
	l.named = path
	return l.leaveOut(path)
}

func (l *Linter) leaveOut(path string) error {
	src, err := tree.Read(path, tree.MaxDocument)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return say.Usagef("write it with --write-baseline "+say.Shell(path), "%s: no such file", path)
	case err != nil:
		return say.Failf("", "%s: can't be read: %s", path, say.Cause(err))
	}
	b, err := parseBaseline(src)
	if err != nil {
		return say.Usagef("name a file that --write-baseline has written", "%s: %s", path, err)
	}
	l.baseline = lists.Keys(b.Findings, func(e baselineEntry) string { return e.Fingerprint })
	return nil
}

// parseBaseline reads what WriteBaseline writes, and nothing else: JSON of another kind is
// somebody's file.
func parseBaseline(src []byte) (b baseline, err error) {
	decoder := json.NewDecoder(bytes.NewReader(src))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&b); err != nil {
		return b, fmt.Errorf("byte %d: not a baseline", decoder.InputOffset())
	}
	_, end := decoder.Token()
	switch lacks := func(e baselineEntry) bool { return e.Fingerprint == "" }; {
	case b.Version != 1:
		return b, fmt.Errorf("not a baseline: version %d is not known", b.Version)
	case b.Findings == nil || slices.ContainsFunc(b.Findings, lacks):
		return b, errors.New("not a baseline: it has no fingerprints")
	case !errors.Is(end, io.EOF):
		return b, fmt.Errorf("byte %d: not a baseline: more follows", decoder.InputOffset())
	}
	return b, nil
}

// part parts the findings that the baseline has from the others.
func (l *Linter) part(all []lint.Finding) (findings, known []lint.Finding) {
	if l.baseline == nil {
		return all, nil
	}
	for i, fingerprint := range lint.Fingerprints(all, l.w.Home) {
		if l.baseline[fingerprint] {
			known = append(known, all[i])
		} else {
			findings = append(findings, all[i])
		}
	}
	return findings, known
}

// Baseline is the text of a file that LeaveOut reads, with findings, and what the file at
// path holds now. The error is about a file that is there and is no baseline; an empty
// one holds nothing that could be lost.
func (l *Linter) Baseline(path string, findings []lint.Finding) (text, before []byte, err error) {
	if err := l.w.MayCreate(path, workspace.BaselineRole); err != nil {
		return nil, nil, err
	}
	b := baseline{Version: 1, Findings: []baselineEntry{}}
	for i, fingerprint := range lint.Fingerprints(findings, l.w.Home) {
		b.Findings = append(b.Findings, baselineEntry{findings[i].Rule, l.w.FromHome(findings[i].File.Path), fingerprint})
	}
	if text, err = json.MarshalIndent(b, "", "  "); err != nil {
		return nil, nil, err
	}
	before, err = tree.ReadIf(tree.Absolute(l.w.Dir, path)[0], tree.MaxDocument)
	if err != nil {
		return nil, nil, say.Failf("", "%s: can't be read: %s", path, say.Cause(err))
	}
	if len(before) > 0 {
		if _, err := parseBaseline(before); err != nil {
			return nil, nil, say.Usagef("name a new file, or a baseline", "%s: %s; it is not overwritten", path, err)
		}
	}
	return append(text, '\n'), before, nil
}

// WriteBaseline writes findings to a file that LeaveOut reads. The error is that of
// [Linter.Baseline], or says why it can't be written.
func (l *Linter) WriteBaseline(path string, findings []lint.Finding) error {
	text, before, err := l.Baseline(path, findings)
	if err != nil {
		return err
	}
	abs := tree.Absolute(l.w.Dir, path)[0]
	_, err = rewrite.WriteAll(l.w.Bounds.And(abs), []rewrite.Output{{Path: abs, Before: before, After: text}})
	return err
}
