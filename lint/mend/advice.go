package mend

import (
	"fmt"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// many is how many variables are set in one place rather than one by one.
const many = 10

// Advice is what to do about many findings that have one cause, "" for nothing: variables
// without a default that an env file sets, of which nobody has told Portmoor.
func (l *Linter) Advice(findings []lint.Finding) string {
	unset := map[string]bool{}
	for _, f := range findings {
		if f.Rule != "missing-default" || f.Fix != nil {
			continue
		}
		for _, v := range source.Variables(string(f.File.Src[f.Span.Start:f.Span.End])) {
			unset[v] = true
		}
	}
	if len(unset) < many {
		return ""
	}
	for _, example := range l.w.Examples(l.w.Home) {
		set := 0
		for v := range unset {
			if example.Vars[v] != "" {
				set++
			}
		}
		if set >= many {
			return fmt.Sprintf("%s sets %d of the %s without a default: list it, or the file that is made from it, under env_files in .portmoor.yaml",
				say.Visible(l.w.Show(example.File.Path)), set, say.Count(len(unset), "variable"))
		}
	}
	return fmt.Sprintf("%s have no default: if an env file sets them, list it under env_files in .portmoor.yaml", say.Count(len(unset), "variable"))
}

// See is the command that lists the findings of a rule, in one file or, if that is nil, in all
// that was asked for; with "" as the rule it lists all findings in full. It is "" for
// standard input.
func (l *Linter) See(rule string, f *source.File) string {
	switch {
	case l.w.Stdin != "":
		return ""
	case rule == "":
		return l.command(f, "--full")
	}
	return l.command(f, "--rule", rule)
}

// command is lint with some words, about what this run is about or about one file of it.
func (l *Linter) command(f *source.File, words ...string) string {
	about := l.about()
	loads := func(p *compose.Project) bool { return slices.Contains(p.Files, f) }
	if f != nil && l.w.Asked(f) && about.Search.Files == nil && slices.ContainsFunc(l.w.Projects, loads) {
		about.Paths = []string{l.w.Show(f.Path)}
	}
	if l.named != "" {
		words = append(words, "--baseline", say.Paths(l.named)[0])
	}
	return about.Portmoor("lint", words...)
}

// fewPaths is how many paths a command repeats.
const fewPaths = 3

// about is what commands are about: what this run is about, or the folder where it names so
// many paths of that, as a hook does, that nobody would type them.
func (l *Linter) about() say.About {
	about := l.w.About
	outside := func(path string) bool { return !tree.Within(l.w.Dir, tree.Absolute(l.w.Dir, path)[0]) }
	if len(about.Paths) > fewPaths && !slices.ContainsFunc(about.Paths, outside) {
		about.Paths = nil
	}
	return about
}

// Next says what mends findings, with the commands that do: many literal host ports are
// a migration, of which lint mends one by one what it reports.
func (l *Linter) Next(findings []lint.Finding) (lines []string) {
	if l.w.Stdin != "" {
		return nil
	}
	fixable, ports, clash := map[string]int{}, 0, 0
	var rules []string
	for _, f := range findings {
		switch {
		case f.Rule == "hardcoded-host-port" && f.Fix != nil:
			ports++
		case f.Rule == "host-port-conflict" && f.Severity >= lint.Warning:
			clash++
		}
		if f.Fix == nil {
			continue
		}
		if fixable[f.Rule] == 0 {
			rules = append(rules, f.Rule)
		}
		fixable[f.Rule]++
	}
	if ports >= many && !l.leavesOut("hardcoded-host-port") {
		lines = append(lines, fmt.Sprintf("to make variables of %d host ports, in one migration: %s", ports, l.about().Portmoor("migrate", "--write")))
		rules = slices.DeleteFunc(rules, func(rule string) bool { return rule == "hardcoded-host-port" })
	}
	for _, rule := range rules {
		lines = append(lines, fmt.Sprintf("to fix %d of %s: %s", fixable[rule], rule, l.command(nil, "--fix", "--rule", rule)))
	}
	if clash > 0 {
		lines = append(lines, "to plan other ports for what clashes: "+l.about().Portmoor("reconcile"))
	}
	return lists.Map(lines, say.Visible)
}

// leavesOut reports a rule of which comments or the baseline leave something out, as only lint does.
func (l *Linter) leavesOut(rule string) bool {
	of := func(f lint.Finding) bool { return f.Rule == rule }
	return slices.ContainsFunc(l.Ignored, of) || slices.ContainsFunc(l.Known, of)
}
