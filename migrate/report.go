package migrate

import (
	"maps"
	"slices"

	"github.com/portmoor/portmoor/compose/fixed"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/workspace"
)

// StrategyName is the run's strategy, or "mixed" where projects differ.
func StrategyName(w *workspace.Workspace) string {
	name := ""
	for _, p := range w.Projects {
		s := string(w.Strategies[p])
		if name != "" && s != name {
			return "mixed"
		}
		name = s
	}
	return name
}

// Scalar is the text that a change edits, before and after.
func Scalar(ch rewrite.Change) (before, after string) {
	m, e := ch.Mapping, ch.Edit
	src := m.File.Src
	return string(src[m.Scalar.Start:m.Scalar.End]), string(src[m.Scalar.Start:e.Span.Start]) + e.New + string(src[e.Span.End:m.Scalar.End])
}

// Report is the JSON of migrate, version 1. Lines and columns are those of the text that is
// quoted, before or text, and count from 1, columns in characters; paths are relative to the working folder, with slashes.
type Report struct {
	Version  int          `json:"version"`
	Strategy string       `json:"strategy"`
	Files    []ReportFile `json:"files"`
	Summary  struct {
		Files        int `json:"files"`
		FilesChanged int `json:"files_changed"`
		Mappings     int `json:"mappings"`
		Changed      int `json:"changed"`
		Skipped      int `json:"skipped"`
		Left         int `json:"left"`
	} `json:"summary"`
}

// ReportName is a fixed name.
type ReportName struct {
	Kind   string `json:"kind"` // container, network, volume, config or secret
	Key    string `json:"key"`
	Name   string `json:"name"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Reason string `json:"reason"` // why it stays; "" for one that goes
}

// ReportFile is a file of a [Report].
type ReportFile struct {
	File    string         `json:"file"`
	Names   []ReportName   `json:"names,omitempty"`
	Changes []ReportChange `json:"changes"`
	Skips   []ReportSkip   `json:"skips"`
}

// ReportChange is a mapping that changes.
type ReportChange struct {
	Service  string `json:"service"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Before   string `json:"before"`
	After    string `json:"after"`
	Variable string `json:"variable"`
	Reason   string `json:"reason"`
}

// ReportSkip is a mapping that stays.
type ReportSkip struct {
	Service string `json:"service"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Text    string `json:"text"`
	Reason  string `json:"reason"`
	Left    bool   `json:"left"` // a fixed host port that can't be rewritten
}

// Report is the migration as JSON.
func (m *Migration) Report() Report {
	r := Report{Version: 1, Strategy: StrategyName(m.w), Files: []ReportFile{}}
	files := map[string]*ReportFile{}
	entry := func(f *source.File) *ReportFile {
		if files[f.Path] == nil {
			files[f.Path] = &ReportFile{File: say.Text(m.w.Show(f.Path)), Changes: []ReportChange{}, Skips: []ReportSkip{}}
		}
		return files[f.Path]
	}
	for _, ch := range m.Changes {
		f := entry(ch.Mapping.File)
		line, column := ch.Mapping.File.Position(ch.Mapping.Scalar.Start)
		before, after := Scalar(ch)
		f.Changes = append(f.Changes, ReportChange{ch.Mapping.Service, line, column, before, after, ch.Decision.Var, ch.Decision.Reason})
	}
	for _, s := range m.Skips {
		f, skip := entry(s.Mapping.File), ReportSkip{Line: 1, Column: 1, Reason: s.Reason, Left: s.Left}
		if !s.Mapping.File.Outside { // whose text is not shown
			at := s.Mapping.Written()
			skip.Service, skip.Text = s.Mapping.Service, string(s.Mapping.File.Src[at.Start:at.End])
			skip.Line, skip.Column = s.Mapping.File.Position(at.Start)
		}
		f.Skips = append(f.Skips, skip)
	}
	name := func(n fixed.Name, reason string) {
		f := entry(n.File)
		line, column := n.File.Position(n.Span.Start)
		f.Names = append(f.Names, ReportName{string(n.Kind), n.Key, n.Value, line, column, reason})
	}
	for _, n := range m.Names {
		name(n, "")
	}
	for _, n := range m.NamesLeft {
		name(n.Name, n.Reason)
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		r.Files = append(r.Files, *files[path])
	}
	r.Summary.Files, r.Summary.FilesChanged = m.w.FilesAsked(), len(m.Files())
	r.Summary.Mappings, r.Summary.Changed, r.Summary.Skipped = len(m.Changes)+len(m.Skips), len(m.Changes), len(m.Skips)
	r.Summary.Left = len(m.Left())
	return r
}
