package lint

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/schema"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/strategies"
)

// Run looks at every project with every rule. Findings are sorted by file and
// place; one that several projects show, because they share a file, is there once.
func Run(projects []*compose.Project, options Options) []Finding {
	r := &run{projects: projects, options: options}
	r.families = r.plans()
	r.alone = alone(projects)
	r.claimed = sync.OnceValue(r.claims)
	for i, p := range projects {
		r.publications = append(r.publications, publications(i, p))
	}
	found := make([][]Finding, len(projects))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range projects {
		g.Go(func() error {
			found[i] = r.check(i)
			return nil
		})
	}
	_ = g.Wait()
	return once(slices.Concat(found...))
}

// run is what the rules of one run share.
type run struct {
	projects []*compose.Project
	options  Options

	families     map[*compose.Project]func() map[*compose.Project]rewrite.Plan
	files        sync.Map        // *compose.File → *contents
	alone        []bool          // by project
	publications [][]publication // by project
	claimed      func() board
}

func (r *run) check(i int) []Finding {
	var findings []Finding
	for _, rule := range Rules() {
		setting := r.options.Settings[rule.Name]
		severity := rule.Severity
		if setting.Severity != nil {
			severity = *setting.Severity
		}
		if r.options.Only != nil {
			if !slices.Contains(r.options.Only, rule.Name) {
				continue
			}
			if severity == Off {
				severity = max(rule.Severity, Warning)
			}
		}
		if severity == Off {
			continue
		}
		p := &Pass{
			Project: r.projects[i], Facts: r.options.Facts, Setting: setting,
			rule: rule, severity: severity, run: r, index: i,
		}
		rule.Check(p)
		findings = append(findings, p.findings...)
	}
	return findings
}

// plans is what migrate would do, project by project, worked out when the first
// project of a family asks. Names are chosen per family, so that a fix gives
// the name that migrate would.
func (r *run) plans() map[*compose.Project]func() map[*compose.Project]rewrite.Plan {
	plans := map[*compose.Project]func() map[*compose.Project]rewrite.Plan{}
	for _, family := range strategies.Families(r.projects) {
		made := sync.OnceValue(func() map[*compose.Project]rewrite.Plan { return r.planFamily(family) })
		for _, p := range family {
			plans[p] = made
		}
	}
	return plans
}

func (r *run) planFamily(family []*compose.Project) map[*compose.Project]rewrite.Plan {
	plans := map[*compose.Project]rewrite.Plan{}
	names := strategies.Name(family)
	for _, p := range family {
		facts := strategies.Gather(p, names, nil)
		plans[p] = rewrite.Make([]*compose.Project{p}, func(_ *compose.Project, m compose.Mapping) strategies.Decision {
			return strategies.Decide(m, cmp.Or(r.options.Strategies[p], strategies.Auto), facts(m))
		})
	}
	return plans
}

// contents is what several rules and projects want to know of a file, worked
// out when the first of them asks.
type contents struct {
	values     func() []any // of each document
	violations func() []schema.Violation
}

func (r *run) contents(f *compose.File) *contents {
	v, ok := r.files.Load(f)
	if !ok {
		c := &contents{values: sync.OnceValue(f.Values)}
		c.violations = sync.OnceValue(func() []schema.Violation { return schema.Violations(f, c.values()) })
		v, _ = r.files.LoadOrStore(f, c)
	}
	c, _ := v.(*contents)
	return c
}

// once sorts findings and drops repeats.
func once(findings []Finding) []Finding {
	slices.SortStableFunc(findings, compareFindings)
	return slices.CompactFunc(findings, func(a, b Finding) bool { return compareFindings(a, b) == 0 })
}

func compareFindings(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.File.Path, b.File.Path),
		a.Span.Start-b.Span.Start,
		a.Span.End-b.Span.End,
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Service, b.Service),
		cmp.Compare(a.Message, b.Message),
	)
}
