package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/say"
)

// counted is what there is of one rule.
type counted struct {
	rule                     string
	errors, warnings, infos  int
	fixable, files, notShown int
}

func (c counted) findings() int { return c.errors + c.warnings + c.infos }

// countRules counts the findings of a run by rule, the worst rule first, then the one with
// the most; shown are those that are shown, by index.
func countRules(run Run, shown []int) (all []counted) {
	of := map[string]*counted{}
	files := map[[2]string]bool{}
	var names []string
	for i, f := range run.Findings {
		c := of[f.Rule]
		if c == nil {
			c = &counted{rule: f.Rule}
			of[f.Rule] = c
			names = append(names, f.Rule)
		}
		switch f.Severity {
		case lint.Error:
			c.errors++
		case lint.Warning:
			c.warnings++
		default:
			c.infos++
		}
		if f.Fix != nil {
			c.fixable++
		}
		if at := [2]string{f.Rule, f.File.Path}; !files[at] {
			files[at] = true
			c.files++
		}
		if _, is := slices.BinarySearch(shown, i); !is {
			c.notShown++
		}
	}
	for _, name := range names {
		all = append(all, *of[name])
	}
	slices.SortStableFunc(all, func(a, b counted) int {
		return cmp.Or(min(b.errors, 1)-min(a.errors, 1), min(b.warnings, 1)-min(a.warnings, 1), b.findings()-a.findings(), cmp.Compare(a.rule, b.rule))
	})
	return all
}

// needsCounts reports whether a list of counts says more than [Summary] does.
func needsCounts(run Run, b brief) bool {
	other := func(f lint.Finding) bool { return f.Rule != run.Findings[0].Rule }
	return len(b.shown) < len(run.Findings) || slices.ContainsFunc(run.Findings, other)
}

// Statistics writes how many findings there are of each rule, the worst rule first, and what
// to do next:
//
//	RULE                 ERRORS  WARNINGS  INFOS  FIXABLE
//	host-port-conflict        2         8      -        -
//	hardcoded-host-port       -        41      -       40
//
// A column is there if a rule has something in it. Nothing is written when there are no
// findings. The error is that of w.
func Statistics(w io.Writer, run Run) error {
	b := bufio.NewWriter(w)
	if len(run.Findings) > 0 {
		statistics(b, run, indices(run.Findings))
	}
	return b.Flush()
}

// statistics writes counts by rule, and what to do; shown are the findings above it.
func statistics(w io.Writer, run Run, shown []int) {
	counts := countRules(run, shown)
	lines := table(counts)
	if run.Width > 0 && len(lines[0]) > run.Width {
		lines = nil
		for _, c := range counts {
			lines = append(lines, say.Wrap(c.line(), run.Width, 0, len("  ")))
		}
	}
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	next := run.Next
	if n := len(run.Findings); len(shown) < n {
		next = slices.Concat([]string{fmt.Sprintf("%d of %s are shown; all of them", len(shown), say.Count(n, "finding")) + to(run.see("", nil))}, ofRule(run, counts), next)
	}
	for i, line := range next {
		if i == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, say.Wrap(line, run.Width, 0, len("  ")))
	}
}

// ofRule says how to see the findings of the worst rule of which some are not shown.
func ofRule(run Run, counts []counted) []string {
	i := slices.IndexFunc(counts, func(c counted) bool { return c.notShown > 0 })
	if command := run.see(counts[i].rule, nil); command != "" && len(counts) > 1 {
		return []string{"those of one rule: " + command}
	}
	return nil
}

// table is counts below a head, without the columns in which no rule has anything.
func table(counts []counted) (lines []string) {
	columns := []struct {
		head string
		of   func(counted) int
	}{
		{"ERRORS", func(c counted) int { return c.errors }},
		{"WARNINGS", func(c counted) int { return c.warnings }},
		{"INFOS", func(c counted) int { return c.infos }},
		{"FIXABLE", func(c counted) int { return c.fixable }},
		{"NOT SHOWN", func(c counted) int { return c.notShown }},
	}
	widest := len("RULE")
	for _, c := range counts {
		widest = max(widest, len(c.rule))
	}
	lines = []string{fmt.Sprintf("%-*s", widest, "RULE")}
	for _, c := range counts {
		lines = append(lines, fmt.Sprintf("%-*s", widest, c.rule))
	}
	for _, column := range columns {
		if !slices.ContainsFunc(counts, func(c counted) bool { return column.of(c) > 0 }) {
			continue
		}
		lines[0] += "  " + column.head
		for i, c := range counts {
			cell := "-"
			if n := column.of(c); n > 0 {
				cell = strconv.Itoa(n)
			}
			lines[i+1] += fmt.Sprintf("  %*s", len(column.head), cell)
		}
	}
	return lines
}

// line is the counts of a rule in words.
func (c counted) line() string {
	text := c.rule + ": " + strings.Join(severities(c.errors, c.warnings, c.infos), ", ")
	if c.fixable > 0 {
		text += fmt.Sprintf("; %d fixable", c.fixable)
	}
	if c.notShown > 0 {
		text += fmt.Sprintf("; %d not shown", c.notShown)
	}
	return text
}

// severities are counts with their words, without those of nothing.
func severities(errors, warnings, infos int) (found []string) {
	for _, part := range []struct {
		n    int
		word string
	}{{errors, "error"}, {warnings, "warning"}, {infos, "info"}} {
		if part.n > 0 {
			found = append(found, say.Count(part.n, part.word))
		}
	}
	return found
}

// Concise writes a line for each finding, in their order:
//
//	compose.yml:12:10: error: host port 8080 is already published by db [host-port-conflict]
//
// The error is that of w.
func Concise(w io.Writer, run Run) error {
	b, places := bufio.NewWriter(w), newPlaces(run.Base)
	t := text{Writer: b, color: run.Color}
	for _, f := range run.Findings {
		fmt.Fprintf(b, "%s %s %s [%s]\n", t.paint(bold, where(places.find(f.File, f.Span))+":"), t.paint(severityColor(f.Severity), f.Severity.String()+":"), say.Visible(f.Message), f.Rule)
	}
	return b.Flush()
}

// ConciseStatistics writes a line for each rule that has findings, the worst first:
//
//	hardcoded-host-port: 41 warnings; 40 fixable
//
// The error is that of w.
func ConciseStatistics(w io.Writer, run Run) error {
	b := bufio.NewWriter(w)
	for _, c := range countRules(run, indices(run.Findings)) {
		fmt.Fprintln(b, c.line())
	}
	return b.Flush()
}

type jsonStatistics struct {
	Version    int         `json:"version"`
	Statistics []jsonCount `json:"statistics"`
	Summary    jsonSummary `json:"summary"`
}

type jsonCount struct {
	Rule     string `json:"rule"`
	Findings int    `json:"findings"`
	Errors   int    `json:"errors"`
	Warnings int    `json:"warnings"`
	Infos    int    `json:"infos"`
	Fixable  int    `json:"fixable"`
	Files    int    `json:"files"`
}

// JSONStatistics writes the counts for programs, as one object with a list statistics, which
// has an object for each rule that has findings, the worst first, and the summary that
// [JSON] has. The error is that of w.
func JSONStatistics(w io.Writer, run Run) error {
	n := count(run)
	out := jsonStatistics{Version: 1, Statistics: []jsonCount{}, Summary: jsonSummary{run.Files, n.errors, n.warnings, n.infos}}
	for _, c := range countRules(run, indices(run.Findings)) {
		out.Statistics = append(out.Statistics, jsonCount{c.rule, c.findings(), c.errors, c.warnings, c.infos, c.fixable, c.files})
	}
	return say.JSON(w, out, true)
}
