package migrate

import (
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Present is the strategy that the host ports of a workspace are written as already:
// a migration to it would change none, and lint has nothing against them. It is auto
// where they follow none, where there is none, and where they follow hybrid as well but
// ports are assigned, as a migration to auto does. Alternatives that are compose by
// content count where there is nothing else.
func Present(w *workspace.Workspace) strategies.Strategy {
	projects := compose.Main(w.Projects)
	families := rewrite.NewFamilies(slices.Concat(w.Projects, w.Neighbours), rewrite.FamilyOptions{Remembered: w.Remembered})
	follow := func(s strategies.Strategy) bool {
		each := under(s, projects)
		plan := families.By(each).Plan(projects...)
		if slices.ContainsFunc(plan.Changes, func(ch rewrite.Change) bool { return w.Asked(ch.Mapping.File) }) || len(plan.Skips) == 0 {
			return false
		}
		broken := false
		options := lint.Options{Strategies: each, Remembered: w.Remembered, Neighbours: w.Neighbours, Only: []string{"hardcoded-host-port", "dynamic-host-port"}, Broken: func(*compose.Project, error) { broken = true }}
		warns := func(f lint.Finding) bool { return f.Severity >= lint.Warning }
		return !slices.ContainsFunc(lint.Run(projects, options), warns) && !broken
	}
	order := []strategies.Strategy{strategies.Hybrid, strategies.Auto, strategies.Dynamic}
	if slices.ContainsFunc(projects, func(p *compose.Project) bool { return tree.Exists(w.PortsFile(p)) }) {
		order[0], order[1] = order[1], order[0]
	}
	for _, s := range order {
		if follow(s) {
			return s
		}
	}
	return strategies.Auto
}
