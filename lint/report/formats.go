package report

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/say"
)

// GitHub writes the findings as workflow commands, which GitHub Actions shows at
// their lines in a pull request. The error is that of w.
func GitHub(w io.Writer, run Run) error {
	b := bufio.NewWriter(w)
	places := newPlaces(run.Base)
	for _, f := range run.Findings {
		at := places.find(f.File, f.Span)
		command := f.Severity.String()
		if f.Severity == lint.Info {
			command = "notice"
		}
		fmt.Fprintf(b, "::%s file=%s,line=%d,endLine=%d,", command, githubProperty.Replace(say.Visible(at.path)), at.line, at.endLine)
		if at.line == at.endLine {
			fmt.Fprintf(b, "col=%d,endColumn=%d,", at.column, at.endColumn)
		}
		fmt.Fprintf(b, "title=%s::%s\n", githubProperty.Replace("portmoor: "+f.Rule), githubData.Replace(sentence(f)))
	}
	return b.Flush()
}

// What workflow commands escape in values (actions/toolkit, command.ts). Other
// control characters are escaped before that.
var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// sentence is a finding's message with its hint and related places, on one line.
func sentence(f lint.Finding) string {
	text := say.Visible(f.Message)
	if f.Hint != "" {
		text += " (" + say.Visible(f.Hint) + ")"
	}
	return text
}

type gitlabIssue struct {
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
		End   int `json:"end"`
	} `json:"lines"`
}

// GitLab writes the findings as a code quality report, a JSON array
// (https://docs.gitlab.com/ci/testing/code_quality/). The error is that of w.
func GitLab(w io.Writer, run Run) error {
	severities := map[lint.Severity]string{lint.Error: "critical", lint.Warning: "major", lint.Info: "info"}
	issues := make([]gitlabIssue, 0, len(run.Findings))
	places := newPlaces(run.Base)
	prints := lint.Fingerprints(run.Findings, run.Root)
	for i, f := range run.Findings {
		at := places.find(f.File, f.Span)
		issue := gitlabIssue{Description: sentence(f), CheckName: f.Rule, Fingerprint: prints[i], Severity: severities[f.Severity]}
		issue.Location.Path, issue.Location.Lines.Begin, issue.Location.Lines.End = at.path, at.line, at.endLine
		issues = append(issues, issue)
	}
	return say.JSON(w, issues, true)
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure"`
	Skipped *junitSkipped `xml:"skipped"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the findings as failed test cases, a suite per file, and those that are left
// out as skipped ones. A run without either is one case that passes. The error is that of w.
func JUnit(w io.Writer, run Run) error {
	skipped := run.suppressed()
	all := junitSuites{Name: "portmoor", Tests: len(run.Findings) + len(skipped), Failures: len(run.Findings), Skipped: len(skipped)}
	of := func(rule, path string, at place) junitCase {
		return junitCase{Name: fmt.Sprintf("%s:%d:%d", rule, at.line, at.column), Class: path}
	}
	suites := map[string]*junitSuite{}
	byFile(run.Base, run.Findings, func(path string, found []lint.Finding, at []place) {
		suite := &junitSuite{Name: path, Tests: len(found), Failures: len(found)}
		for i, f := range found {
			c := of(f.Rule, path, at[i])
			c.Failure = &junitFailure{f.Severity.String(), say.Visible(f.Message), fmt.Sprintf("%s: %s: %s", where(at[i]), f.Severity, sentence(f))}
			suite.Cases = append(suite.Cases, c)
		}
		suites[path] = suite
	})
	places := newPlaces(run.Base)
	for _, f := range skipped {
		at := places.find(f.File, f.Span)
		path := say.Visible(at.path)
		if suites[path] == nil {
			suites[path] = &junitSuite{Name: path}
		}
		c := of(f.Rule, path, at)
		c.Skipped = &junitSkipped{say.Visible(f.why())}
		suites[path].Tests, suites[path].Skipped = suites[path].Tests+1, suites[path].Skipped+1
		suites[path].Cases = append(suites[path].Cases, c)
	}
	for _, path := range slices.Sorted(maps.Keys(suites)) {
		all.Suites = append(all.Suites, *suites[path])
	}
	if len(all.Suites) == 0 {
		all.Tests = 1
		all.Suites = []junitSuite{{Name: "portmoor", Tests: 1, Cases: []junitCase{{Name: "lint", Class: "portmoor"}}}}
	}
	return writeXML(w, all)
}

type checkstyle struct {
	XMLName xml.Name         `xml:"checkstyle"`
	Version string           `xml:"version,attr"`
	Files   []checkstyleFile `xml:"file"`
}

type checkstyleFile struct {
	Name   string            `xml:"name,attr"`
	Errors []checkstyleError `xml:"error"`
}

type checkstyleError struct {
	Line     int    `xml:"line,attr"`
	Column   int    `xml:"column,attr"`
	Severity string `xml:"severity,attr"`
	Message  string `xml:"message,attr"`
	Source   string `xml:"source,attr"`
}

// Checkstyle writes the findings as Checkstyle's XML, which many tools read.
// The error is that of w.
func Checkstyle(w io.Writer, run Run) error {
	out := checkstyle{Version: "4.3"}
	byFile(run.Base, run.Findings, func(path string, found []lint.Finding, at []place) {
		file := checkstyleFile{Name: path}
		for i, f := range found {
			file.Errors = append(file.Errors, checkstyleError{at[i].line, at[i].column, f.Severity.String(), sentence(f), "portmoor." + f.Rule})
		}
		out.Files = append(out.Files, file)
	})
	return writeXML(w, out)
}

// byFile calls a function for each file with its findings, which stand together.
func byFile(base string, findings []lint.Finding, call func(path string, found []lint.Finding, at []place)) {
	places := newPlaces(base)
	for start := 0; start < len(findings); {
		end := start
		var at []place
		for end < len(findings) && findings[end].File == findings[start].File {
			at = append(at, places.find(findings[end].File, findings[end].Span))
			end++
		}
		call(say.Visible(at[0].path), findings[start:end], at)
		start = end
	}
}

func writeXML(w io.Writer, v any) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, xml.Header)
	e := xml.NewEncoder(b)
	e.Indent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	fmt.Fprintln(b)
	return b.Flush()
}
