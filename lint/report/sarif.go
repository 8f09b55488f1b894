package report

import (
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// The parts of SARIF 2.1.0 that a run needs
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string      `json:"id"`
		ShortDescription     sarifText   `json:"shortDescription"`
		FullDescription      sarifText   `json:"fullDescription"`
		Help                 sarifText   `json:"help"`
		DefaultConfiguration sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Enabled bool   `json:"enabled"`
		Level   string `json:"level"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifResult struct {
		RuleID              string             `json:"ruleId"`
		RuleIndex           int                `json:"ruleIndex"`
		Level               string             `json:"level"`
		Message             sarifText          `json:"message"`
		Locations           []sarifLocation    `json:"locations"`
		RelatedLocations    []sarifLocation    `json:"relatedLocations,omitempty"`
		PartialFingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions        []sarifSuppression `json:"suppressions"`
		Fixes               []sarifFix         `json:"fixes,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification,omitempty"`
	}
	sarifLocation struct {
		ID               *int          `json:"id,omitempty"`
		PhysicalLocation sarifPhysical `json:"physicalLocation"`
		Message          *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	sarifFix struct {
		Description     sarifText     `json:"description"`
		ArtifactChanges []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		ArtifactLocation sarifArtifact      `json:"artifactLocation"`
		Replacements     []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		DeletedRegion   sarifRegion `json:"deletedRegion"`
		InsertedContent *sarifText  `json:"insertedContent,omitempty"`
	}
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	homepage    = "https://github.com/portmoor/portmoor"
)

// SARIF writes the run as a SARIF 2.1.0 log, which code scanning services read:
// every rule that there is, and a result per finding with its related places,
// its fix and a fingerprint that does not depend on lines or wording. A finding that is
// left out is a result with a suppression; what could not be looked at is a notification of
// the invocation. URIs are relative to the base; columns count characters. The error is that
// of w.
func SARIF(w io.Writer, run Run) error {
	s := sarifWriter{places: newPlaces(run.Base), index: map[string]int{}}
	out := sarifRun{ColumnKind: "unicodeCodePoints", Results: make([]sarifResult, 0, len(run.Findings))}
	out.Tool.Driver = sarifDriver{Name: "portmoor", Version: run.Version, InformationURI: homepage}
	for i, r := range lint.Rules() {
		s.index[r.Name] = i
		out.Tool.Driver.Rules = append(out.Tool.Driver.Rules, sarifRuleOf(r))
	}
	leftOut := lists.Map(run.suppressed(), func(f suppressed) lint.Finding { return f.Finding })
	prints := lint.Fingerprints(slices.Concat(run.Findings, leftOut), run.Root)
	for i, f := range run.Findings {
		out.Results = append(out.Results, s.result(f, prints[i]))
	}
	for i, f := range run.suppressed() {
		r := s.result(f.Finding, prints[len(run.Findings)+i])
		r.Suppressions = append(r.Suppressions, sarifSuppression{"inSource", f.Reason})
		if f.by == "baseline" {
			r.Suppressions[0] = sarifSuppression{"external", "known in the baseline"}
		}
		out.Results = append(out.Results, r)
	}
	out.Invocations = []sarifInvocation{s.invocation(run.Unseen)}
	return say.JSON(w, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{out}}, true)
}

func sarifRuleOf(r lint.Rule) sarifRule {
	doc := strings.ReplaceAll(r.Doc, "\n", " ")
	return sarifRule{
		ID: r.Name, ShortDescription: sarifText{Text: r.Title + "."}, FullDescription: sarifText{Text: doc},
		Help: sarifText{
			Text:     doc + "\n\nBad:\n\n" + r.Bad + "\nGood:\n\n" + r.Good,
			Markdown: doc + "\n\nBad:\n\n```yaml\n" + r.Bad + "```\n\nGood:\n\n```yaml\n" + r.Good + "```\n",
		},
		DefaultConfiguration: sarifConfig{Enabled: r.Severity != lint.Off, Level: sarifLevel(max(r.Severity, lint.Info))},
	}
}

func sarifLevel(s lint.Severity) string {
	if s == lint.Info {
		return "note"
	}
	return s.String()
}

type sarifWriter struct {
	places places
	index  map[string]int // of each rule
}

func (s sarifWriter) result(f lint.Finding, fingerprint string) sarifResult {
	message := f.Message
	if f.Hint != "" {
		message += ": " + f.Hint
	}
	r := sarifResult{
		RuleID: f.Rule, RuleIndex: s.index[f.Rule], Level: sarifLevel(f.Severity), Message: sarifText{Text: message},
		Locations:           []sarifLocation{{PhysicalLocation: s.physical(f.File, f.Span)}},
		PartialFingerprints: map[string]string{"portmoor/v1": fingerprint},
		Suppressions:        []sarifSuppression{}, // absent would say that it is not known
	}
	for i, related := range f.Related {
		r.RelatedLocations = append(r.RelatedLocations, sarifLocation{
			ID: new(i), PhysicalLocation: s.physical(related.File, related.Span), Message: &sarifText{Text: related.Message},
		})
	}
	if len(f.Fix) > 0 {
		r.Fixes = []sarifFix{{Description: sarifText{Text: f.Hint}, ArtifactChanges: []sarifChange{s.change(f)}}}
	}
	return r
}

func (s sarifWriter) invocation(unseen []say.Problem) sarifInvocation {
	in := sarifInvocation{ExecutionSuccessful: true, Notifications: []sarifNotification{}}
	for _, p := range unseen {
		n := sarifNotification{Level: "warning", Message: sarifText{Text: say.Shown(s.places.base, p.Error())}}
		if p.Kind == say.Failure {
			n.Level, in.ExecutionSuccessful = "error", false
		}
		place := p.Place
		if path, _, found := strings.Cut(p.Message, ": "); place == "" && found && filepath.IsAbs(path) {
			place = path // as errors begin
		}
		if place != "" {
			n.Locations = []sarifLocation{{PhysicalLocation: s.physical(&source.File{Path: place}, source.Span{})}}
		}
		in.Notifications = append(in.Notifications, n)
	}
	return in
}

func (s sarifWriter) physical(f *source.File, span source.Span) sarifPhysical {
	p := sarifPhysical{ArtifactLocation: sarifArtifact{s.uri(f)}}
	if span != (source.Span{}) {
		region := s.region(f, span)
		p.Region = &region
	}
	return p
}

func (s sarifWriter) region(f *source.File, span source.Span) sarifRegion {
	at := s.places.find(f, span)
	return sarifRegion{at.line, at.column, at.endLine, at.endColumn}
}

func (s sarifWriter) change(f lint.Finding) sarifChange {
	return sarifChange{sarifArtifact{s.uri(f.File)}, lists.Map(f.Fix, func(e rewrite.Edit) sarifReplacement { return s.replacement(f.File, e) })}
}

func (s sarifWriter) replacement(f *source.File, e rewrite.Edit) sarifReplacement {
	r := sarifReplacement{DeletedRegion: s.region(f, e.Span)}
	if e.New != "" {
		r.InsertedContent = &sarifText{Text: e.New}
	}
	return r
}

// uri is a file relative to the base, or where it is not below that, absolute.
func (s sarifWriter) uri(f *source.File) string {
	path := s.places.find(f, source.Span{}).path
	if path == ".." || strings.HasPrefix(path, "../") {
		return (&url.URL{Scheme: "file", Path: filepath.ToSlash(f.Path)}).String()
	}
	return (&url.URL{Path: path}).String()
}
