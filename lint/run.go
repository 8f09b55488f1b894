package lint

import (
	"cmp"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/around"
	"github.com/portmoor/portmoor/lint/meet"
	"github.com/portmoor/portmoor/lint/reach"
	"github.com/portmoor/portmoor/lint/schema"
	"github.com/portmoor/portmoor/lint/text"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
)

// Run looks at every project with every rule. Findings are sorted by file and
// place; one that several projects show, because they share a file, is there once.
func Run(projects []*compose.Project, options Options) []Finding {
	findings, _ := RunAll(projects, options)
	return findings
}

// RunAll is [Run] with the findings that comments ignore beside the others.
func RunAll(projects []*compose.Project, options Options) (findings, ignored []Finding) {
	r := &run{projects: projects, options: options}
	all := slices.Concat(projects, options.Neighbours)
	r.families = rewrite.NewFamilies(all, rewrite.FamilyOptions{Strategies: options.Strategies, Remembered: options.Remembered})
	r.unjudged = map[*source.File]bool{}
	r.readIgnores()
	r.alone, r.inner = around.Alone(projects)
	r.side, r.joined = around.OnTheSide(options.Root, projects), around.Joined(projects)
	r.never = around.NeverRun(projects, options.Neighbours)
	r.claimed = sync.OnceValue(func() *meet.Board { return meet.Claims(r.publications, r.alone) })
	r.contests = sync.OnceValue(func() [][]meet.Contest { return meet.Contests(projects, r.publications, r.standard()) })
	r.loaders = sync.OnceValue(func() meet.Loaders { return meet.LoadersOf(projects) })
	r.envUsers = sync.OnceValue(func() map[string][]int { return around.EnvUsers(projects) })
	r.passed = sync.OnceValue(func() map[string]bool {
		return around.PassedOn(projects, func(f *source.File) []any { return r.contents(f).values() })
	})
	r.docUsers = sync.OnceValue(func() map[*source.File][]*compose.Project { return around.DocUsers(projects, options.Facts.Docs) })
	r.publications = make([][]meet.Publication, len(projects))
	for i, p := range projects {
		r.remembered = append(r.remembered, sync.OnceValue(func() map[*compose.Mapping]ports.Range { return r.remember(i) }))
		r.guard(p, func() { r.publications[i] = r.publish(i, false) })
		r.plans = append(r.plans, sync.OnceValue(func() rewrite.Plan { return r.families.Plan(p) }))
		r.reaches = append(r.reaches, sync.OnceValue(func() *reach.Reach {
			return reach.Of(p, func(f *source.File) []any { return r.contents(f).values() })
		}))
	}
	found := make([][]Finding, len(projects))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range projects {
		g.Go(func() error {
			return say.Guard(func() { r.guard(projects[i], func() { found[i] = r.check(i) }) })
		})
	}
	if bug := g.Wait(); bug != nil {
		panic(bug) // for the caller, who has said nobody to tell
	}
	findings, ignored = r.suppress(once(slices.Concat(found...)))
	other := func(f Finding) bool { return options.Only != nil && !slices.Contains(options.Only, f.Rule) }
	return once(slices.DeleteFunc(findings, other)), slices.DeleteFunc(ignored, other)
}

// guard keeps a bug of ours to the project in which it shows.
func (r *run) guard(p *compose.Project, call func()) {
	if r.options.Broken == nil {
		call()
		return
	}
	if err := say.Guard(call); err != nil {
		r.breaking.Lock()
		defer r.breaking.Unlock()
		for _, f := range p.Files {
			r.unjudged[f] = true
		}
		r.options.Broken(p, err)
	}
}

// run is what the rules of one run share.
type run struct {
	projects []*compose.Project
	options  Options

	families     rewrite.Families
	plans        []func() rewrite.Plan // by project
	reaches      []func() *reach.Reach // by project
	files        sync.Map              // *source.File → *contents
	alone, inner []bool                // by project
	side         []bool                // by project
	joined       func(a, b *compose.Project) bool
	never        []map[string]bool    // by project: services that never run
	publications [][]meet.Publication // by project
	remembered   []func() map[*compose.Mapping]ports.Range
	claimed      func() *meet.Board
	contests     func() [][]meet.Contest // by project
	loaders      func() meet.Loaders
	breaking     sync.Mutex
	unjudged     map[*source.File]bool // of projects that could not be looked at
	ignores      map[ignoreKey][]*ignore
	comments     []*ignore               // all of them
	envUsers     func() map[string][]int // indexes of projects
	passed       func() map[string]bool
	docUsers     func() map[*source.File][]*compose.Project
}

func (r *run) check(i int) []Finding {
	r.projects[i].Step("lint")
	var findings []Finding
	strategy := cmp.Or(r.options.Strategies[r.projects[i]], strategies.Auto)
	p, all := &Pass{}, rules()
	for n := range all {
		rule := &all[n]
		severity := r.severity(rule)
		if severity == Off || rule.Strategies != nil && !slices.Contains(rule.Strategies, strategy) {
			continue
		}
		*p = Pass{
			Project: r.projects[i], Facts: r.options.Facts, Setting: r.options.Settings[rule.Name],
			rule: rule, severity: severity, run: r, index: i,
		}
		rule.Check(p)
		findings = append(findings, p.reported()...)
	}
	return withBase(r.projects[i], findings)
}

// withBase adds to what is found in an overlay the comment that names its base: over
// another file it might be right.
func withBase(p *compose.Project, findings []Finding) []Finding {
	files, at := p.Group.Files, p.Group.Told
	for i := range findings {
		f := &findings[i]
		if at.Empty() || f.File.Path != files[len(files)-1] || at.End > len(f.File.Src) {
			continue
		}
		base := filepath.Base(files[0])
		if name := string(f.File.Src[at.Start:at.End]); filepath.Base(name) == base { // it is where it was
			f.Related = append(slices.Clip(f.Related), Related{File: f.File, Span: at, Message: "this comment names " + base + " as what the file is laid over"})
		}
	}
	return findings
}

// severity is that of a rule under the options; Off for a rule that does not
// run. To say what is ignored in vain, all the others have to run.
func (r *run) severity(rule *Rule) Severity {
	severity := rule.Severity
	if s := r.options.Settings[rule.Name].Severity; s != nil {
		severity = *s
	}
	switch only := r.options.Only; {
	case only == nil:
	case slices.Contains(only, rule.Name):
		if severity == Off {
			severity = max(rule.Severity, Warning)
		}
	case !slices.Contains(only, unusedIgnore.Name):
		severity = Off
	}
	return severity
}

// contents is what several rules and projects want to know of a file, worked
// out when the first of them asks.
type contents struct {
	values     func() []any // of each document
	violations func() []schema.Violation
	local      func() bool // whether it can have a URL of this machine
}

func (r *run) contents(f *source.File) *contents {
	v, ok := r.files.Load(f)
	if !ok {
		c := &contents{values: sync.OnceValue(f.Values)}
		c.violations = sync.OnceValue(func() []schema.Violation { return schema.Violations(f, c.values()) })
		c.local = sync.OnceValue(func() bool { return text.Local(f.Src) })
		v, _ = r.files.LoadOrStore(f, c)
	}
	c, _ := v.(*contents)
	return c
}

// once sorts findings and drops repeats.
func once(findings []Finding) []Finding {
	slices.SortStableFunc(findings, compareFindings)
	return slices.CompactFunc(findings, same)
}

// same reports two findings of which one is enough: what two services or
// projects share is to be mended in one place.
func same(a, b Finding) bool {
	return a.File.Path == b.File.Path && a.Span == b.Span && a.Rule == b.Rule &&
		(a.Message == b.Message || len(a.Related) > 0 && len(b.Related) > 0 && a.Service == b.Service && sameEnds(a, b))
}

// sameEnds reports two findings about the same places, which one project takes for an
// error and another for a warning.
func sameEnds(a, b Finding) bool {
	return a.Severity != b.Severity && slices.EqualFunc(a.Related, b.Related, func(x, y Related) bool {
		return x.File.Path == y.File.Path && x.Span == y.Span
	})
}

func compareFindings(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.File.Path, b.File.Path),
		a.Span.Start-b.Span.Start,
		a.Span.End-b.Span.End,
		cmp.Compare(a.Rule, b.Rule),
		int(b.Severity)-int(a.Severity),
		cmp.Compare(a.Service, b.Service),
		cmp.Compare(a.Message, b.Message),
	)
}
