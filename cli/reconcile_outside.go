package cli

import (
	"os"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/reconcile/references"
	"github.com/portmoor/portmoor/tree"
)

// outside finds what the services of a contest have outside the repository:
// copies of files that are installed, and systemd units.
func (w *space) outside(p *plan.Plan) {
	contested := map[string]bool{}
	for _, c := range p.Contests {
		for _, s := range c.Services {
			contested[s.Name] = true
		}
	}
	for _, s := range p.Services {
		if s.Dir == "" || s.Dir == w.Home || !contested[s.Name] {
			continue
		}
		if s.New != s.Port.Port {
			p.Copies = append(p.Copies, w.installed(s)...)
		}
		p.Units = append(p.Units, w.units(s.Port)...)
	}
	slices.Sort(p.Units)
	p.Units = slices.Compact(p.Units)
}

// installed are the copies of a service's files outside the repository.
func (w *space) installed(s plan.Service) (copies []plan.Copy) {
	for _, c := range references.Copies(s.Dir, tree.Options{Base: w.Home, Ignore: w.Config.Ignore}) {
		copies = append(copies, plan.Copy{Service: s.Name, Path: c.Path, From: plan.Place{Path: w.FromHome(c.File), Line: c.Line, Column: c.Column}})
	}
	return copies
}

// units are the systemd units in the folder of a service.
func (w *space) units(p contest.Port) (units []string) {
	if p.Dir != "" && p.Dir != w.Home {
		tree.Files(p.Dir, tree.Options{Base: w.Home, Ignore: w.Config.Ignore}, func(_ string, e os.DirEntry) {
			if unit, is := strings.CutSuffix(e.Name(), ".service"); is {
				units = append(units, unit)
			}
		})
	}
	return units
}
