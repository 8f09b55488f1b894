// Package lint says what is wrong with the host ports of Compose projects. It
// is pure: it reads what it is given and returns findings; files, environment
// and engine are gathered by whoever calls it.
//
// The model: a [Rule] is a value in one table, and looks at one project at a
// time through a [Pass]; [Run] calls every rule on every project and returns
// the findings sorted, each once.
//
//	findings := lint.Run(projects, lint.Options{Only: []string{"host-port-conflict"}})
package lint

import (
	"embed"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
)

// Rule is one thing that lint looks for.
type Rule struct {
	// Name is what users write in their configuration and comments.
	Name string
	// Title says what is wrong in at most 48 characters, without a full stop, so that
	// a list of the rules fits into a terminal.
	Title string
	// Doc says what is wrong, why it matters and what to do, in whole sentences.
	Doc string
	// Severity is that of its findings where they have none and nothing is configured.
	Severity Severity
	// Strategies are those under which the rule runs; nil for all.
	Strategies []strategies.Strategy
	// Bad and Good are compose files, or txtar archives of several files: the
	// rule finds something in the one and nothing in the other. They are files in
	// the folder examples.
	Bad, Good string
	// Check reports what the rule finds in a project.
	Check func(*Pass)
}

// Rules returns every rule, in the order in which they are documented.
func Rules() []Rule { return slices.Clone(rules()) }

var rules = sync.OnceValue(func() []Rule {
	all := []Rule{
		hostPortConflict,
		duplicateMapping,
		invalidPort,
		hardcodedHostPort,
		dynamicHostPort,
		missingDefault,
		sharedVariable,
		defaultMismatch,
		variableName,
		variableBothSides,
		reservedPort,
		browserBlockedPort,
		ephemeralPort,
		outsideGroup,
		unquotedPort,
		unboundInterface,
		scaledFixedPort,
		hostNetworkPorts,
		sharedNetworkPorts,
		overrideAppends,
		resetInInclude,
		containerNameScaled,
		ignoredByStack,
		duplicateContainerName,
		portsInExtension,
		fixedContainerName,
		fixedResourceName,
		staleReference,
		unknownPortVariable,
		unreadEnvFile,
		trackedProjectName,
		assignmentDrift,
		docsDrift,
		invalidCompose,
		unusedIgnore,
	}
	for i, r := range all {
		all[i].Bad, all[i].Good = example(r.Name, "bad"), example(r.Name, "good")
	}
	return all
})

//go:embed examples
var examples embed.FS

// example is an example of a rule; the tests see to it that each has both kinds.
func example(rule, kind string) string {
	text, err := examples.ReadFile("examples/" + rule + "." + kind + ".txt")
	if err != nil {
		return ""
	}
	return string(text)
}

// RuleOptions are the options that each rule has in the configuration, by name.
func RuleOptions() map[string][]string {
	options := map[string][]string{}
	for _, r := range rules() {
		options[r.Name] = nil
	}
	options[unquotedPort.Name] = []string{"all"}
	return options
}

// Options say what to look for. The zero value is every rule at its own
// severity, under the auto strategy.
type Options struct {
	// Strategies say what each project's host ports should be written as; auto
	// where none is given.
	Strategies map[*compose.Project]strategies.Strategy
	// Remembered returns the host texts that the configuration has for a project's
	// mappings; nil where it has none at all.
	Remembered func(*compose.Project) map[compose.Place]string
	// Neighbours are further projects of the same folders, which count for how
	// variables are named.
	Neighbours []*compose.Project
	// Settings change rules, by name.
	Settings map[string]Setting
	// Only names the rules to run, even those that are off; nil is all.
	Only []string
	// Policy says which ports nobody should choose.
	Policy ports.Policy
	// Root is the absolute folder below which the names of folders tell examples and
	// tests; "" is none.
	Root   string
	Groups []Group
	// About is what commands in hints about a project are about; nil for what those
	// without flags are about.
	About func(*compose.Project) say.About
	Facts Facts
	// Elsewhere reports a port of this machine that something else than the projects
	// publishes; nil for none.
	Elsewhere func(port int) bool
	// Broken is told the projects that a bug of ours keeps from being looked at, which
	// then have no findings; nil lets it end the run.
	Broken func(*compose.Project, error)
}

// Setting is what the configuration says of one rule.
type Setting struct {
	// Severity replaces the rule's own; nil leaves it.
	Severity *Severity
	// All widens a rule that has a wider form, such as unquoted-port.
	All bool
}

// Facts is what rules need to know that is not in the compose files.
type Facts struct {
	// Examples are example env files, such as .env.example, by project folder.
	Examples map[string][]variable.File
	// Tracked reports, by path, the env files that Git does not ignore: those
	// that are there in a clean clone.
	Tracked map[string]bool
	// Refused reports, by path, the compose files that are never written: links, and
	// those outside the repository.
	Refused map[string]bool
	// Assignments are the files of remembered ports, data/ports.json, of the
	// projects that have one. They are JSON, which is read as YAML.
	Assignments map[*compose.Project]*source.File
	// Unread are the env files of projects that are not read, each once.
	Unread map[*compose.Project][]variable.Unread
	// Docs are the documents with port tables, by project.
	Docs map[*compose.Project][]*source.File
}

// Pass is one rule's look at one project.
type Pass struct {
	Project *compose.Project
	Facts   Facts
	Setting Setting // of the rule

	rule     *Rule
	severity Severity
	run      *run
	index    int // of Project among the projects of the run
	findings []Finding
	more     int // findings that were left out
}

// maxFindings bounds what one rule says of one project.
const maxFindings = 10_000

// Report adds a finding under the rule's name. A finding without a severity
// gets the rule's; one with a milder one keeps it, and one with a worse one, unless
// the configuration says how bad the rule's findings are.
func (p *Pass) Report(f Finding) {
	f.Rule = p.rule.Name
	if f.Severity == Off || f.Severity > p.severity && (p.Setting.Severity != nil || p.severity < p.rule.Severity) {
		f.Severity = p.severity
	}
	if len(p.findings) >= maxFindings {
		p.more++
		return
	}
	for i := len(f.Related) - 2; i >= 0; i-- { // of one place only the last says what it is
		if r := f.Related[i]; slices.ContainsFunc(f.Related[i+1:], func(o Related) bool { return o.File == r.File && o.Span == r.Span }) {
			f.Related = slices.Delete(f.Related, i, i+1)
		}
	}
	p.findings = append(p.findings, f)
}

// reportf reports a finding with what to do about it, and what is wrong.
func (p *Pass) reportf(f Finding, hint, format string, args ...any) {
	f.Message, f.Hint = fmt.Sprintf(format, args...), hint
	p.Report(f)
}

// reported are the findings of the pass, the last of which says how many are left
// out, if any are.
func (p *Pass) reported() []Finding {
	if p.more == 0 {
		return p.findings
	}
	return append(p.findings, leftOut(p.findings[0], p.more))
}

// leftOut is the finding that stands for more of a rule's than are listed.
func leftOut(first Finding, more int) Finding {
	return Finding{
		Rule: first.Rule, Severity: first.Severity, File: first.File, Message: fmt.Sprintf("the rule finds %d more, which are not listed", more),
		Hint: "mend those that are listed, or disable the rule",
	}
}

// commands are for hints about the project.
func (p *Pass) commands() say.About {
	if p.run.options.About == nil {
		return say.About{}
	}
	return p.run.options.About(p.Project)
}

// about starts a finding about a mapping as a whole; one that a service extends stands
// there, with the mapping as a related place.
func about(m *compose.Mapping) Finding {
	f := Finding{File: m.File, Span: m.Entry, Service: m.Service, entry: origin{m.File, m.Entry}}
	if e := m.Extends; e.File != nil {
		f.Related = []Related{{File: m.File, Span: m.Entry, Message: "the mapping is written here"}}
		f.File, f.Span = e.File, e.Span
	}
	return f
}

// aboutHost starts a finding about a mapping's host port.
func aboutHost(m *compose.Mapping) Finding {
	f := about(m)
	switch {
	case m.Host.Empty():
	case f.Related != nil:
		f.Related[0].Span = m.Host
	default:
		f.Span = m.Host
	}
	return f
}

// aboutValue starts a finding about what a mapping's host port is, with the lines of env
// files that make it so.
func aboutValue(m *compose.Mapping) Finding {
	f := aboutHost(m)
	f.Related = append(f.Related, causes(m)...)
	return f
}

// written yields the mappings that stand where they are written, each once,
// and are valid.
func (p *Pass) written() iter.Seq[*compose.Mapping] {
	return func(yield func(*compose.Mapping) bool) {
		for m := range p.Project.Each() {
			if !m.Inherited && m.Invalid == "" && !yield(m) {
				return
			}
		}
	}
}

// services are those of the project, by name.
func (p *Pass) services() map[string]*compose.Service { return servicesOf(p.Project) }

func servicesOf(p *compose.Project) map[string]*compose.Service {
	return lists.By(lists.Pointers(p.Services), func(s *compose.Service) string { return s.Name })
}

// names are the variables that migrate would choose.
func (p *Pass) names() strategies.Names { return p.run.families.Names(p.Project) }

// plan is what migrate would do to the project's mappings, worked out once per run.
func (p *Pass) plan() rewrite.Plan { return p.run.plans[p.index]() }

// quote is a name from a file as it stands in a message: what a terminal
// could mistake for its own is escaped.
func quote(name string) string { return strconv.Quote(name) }
