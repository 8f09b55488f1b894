package lint

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/strategies"
)

// Run looks at every project with every rule. Findings are sorted by file and
// place; one that several projects show, because they share a file, is there once.
func Run(projects []*compose.Project, options Options) []Finding {
	r := &run{projects: projects, options: options}
	found := make([][]Finding, len(projects))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(projects)) {
		wg.Go(func() {
			for i := range next {
				found[i] = r.check(i)
			}
		})
	}
	for i := range projects {
		next <- i
	}
	close(next)
	wg.Wait()
	return once(slices.Concat(found...))
}

// run is what the rules of one run share.
type run struct {
	projects []*compose.Project
	options  Options

	plansOnce  sync.Once
	made       []rewrite.Plan
	claimsOnce sync.Once
	claimed    claims
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

// plans is what migrate would do, project by project. Names are chosen per
// family, so that a fix gives the name that migrate would.
func (r *run) plans() []rewrite.Plan {
	r.plansOnce.Do(func() {
		index := map[*compose.Project]int{}
		for i, p := range r.projects {
			index[p] = i
		}
		r.made = make([]rewrite.Plan, len(r.projects))
		for _, family := range strategies.Families(r.projects) {
			names := strategies.Name(family)
			for _, p := range family {
				facts := strategies.Gather(p, names, nil)
				r.made[index[p]] = rewrite.Make([]*compose.Project{p}, func(_ *compose.Project, m compose.Mapping) strategies.Decision {
					return strategies.Decide(m, cmp.Or(r.options.Strategies[p], strategies.Auto), facts(m))
				})
			}
		}
	})
	return r.made
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
