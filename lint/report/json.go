package report

import (
	"io"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
)

type jsonRun struct {
	Version    int               `json:"version"`
	Findings   []jsonFinding     `json:"findings"`
	Suppressed *[]jsonSuppressed `json:"suppressed,omitempty"`
	Summary    jsonSummary       `json:"summary"`
}

type jsonSuppressed struct {
	jsonFinding

	By     string `json:"by"`
	Reason string `json:"reason"`
}

type jsonFinding struct {
	Rule      string        `json:"rule"`
	Severity  string        `json:"severity"`
	File      string        `json:"file"`
	Line      int           `json:"line"`
	Column    int           `json:"column"`
	EndLine   int           `json:"end_line"`
	EndColumn int           `json:"end_column"`
	Service   string        `json:"service"`
	Message   string        `json:"message"`
	Hint      string        `json:"hint"`
	Related   []jsonRelated `json:"related"`
	Fixable   bool          `json:"fixable"`
}

type jsonRelated struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

type jsonSummary struct {
	Files    int `json:"files"`
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
}

// JSON writes the run for programs, as one object:
//
//	{
//	  "version": 1,
//	  "findings": [
//	    {
//	      "rule": "host-port-conflict",
//	      "severity": "error",
//	      "file": "app/compose.yml",
//	      "line": 12,
//	      "column": 10,
//	      "end_line": 12,
//	      "end_column": 14,
//	      "service": "web",
//	      "message": "host port 8080 is already published by db",
//	      "hint": "",
//	      "related": [
//	        {
//	          "file": "app/compose.yml",
//	          "line": 5,
//	          "column": 10,
//	          "message": "db publishes it here"
//	        }
//	      ],
//	      "fixable": false
//	    }
//	  ],
//	  "summary": {
//	    "files": 12,
//	    "errors": 1,
//	    "warnings": 0,
//	    "infos": 0
//	  }
//	}
//
// Every key is always there; findings and related are never null. Severity is
// error, warning or info. File is relative to the base, with '/'. Lines and
// columns count from 1, columns in characters, and the end is the place just
// behind the last character; a finding about a whole file has 1 in all four.
// Service is "" when the finding concerns none. Fixable says that --fix can
// mend it. Files in the summary are those that were linted. Characters that a
// terminal would obey are written as JSON escapes. If ShowSuppressed is set, there is a list
// suppressed of findings that are left out, which have two keys more: by is comment or
// baseline, and reason what the comment says. The error is that of w.
func JSON(w io.Writer, run Run) error {
	n, places := count(run), newPlaces(run.Base)
	out := jsonRun{
		Version:  1,
		Findings: lists.Map(run.Findings, func(f lint.Finding) jsonFinding { return jsonOf(f, places) }),
		Summary:  jsonSummary{run.Files, n.errors, n.warnings, n.infos},
	}
	if run.ShowSuppressed {
		all := lists.Map(run.suppressed(), func(f suppressed) jsonSuppressed {
			return jsonSuppressed{jsonOf(f.Finding, places), f.by, f.Reason}
		})
		out.Suppressed = &all
	}
	return say.JSON(w, out, true)
}

func jsonOf(f lint.Finding, places places) jsonFinding {
	at := places.find(f.File, f.Span)
	related := lists.Map(f.Related, func(r lint.Related) jsonRelated {
		there := places.find(r.File, r.Span)
		return jsonRelated{there.path, there.line, there.column, r.Message}
	})
	return jsonFinding{
		Rule: f.Rule, Severity: f.Severity.String(),
		File: at.path, Line: at.line, Column: at.column, EndLine: at.endLine, EndColumn: at.endColumn,
		Service: f.Service, Message: f.Message, Hint: f.Hint,
		Related: related, Fixable: f.Fix != nil,
	}
}
