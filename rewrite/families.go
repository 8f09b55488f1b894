package rewrite

import (
	"cmp"
	"maps"
	"sync"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/strategies"
)

// Families say what becomes of the mappings of projects. The projects of a naming
// family are worked out together, when one of them is first asked about; several
// goroutines may ask.
type Families struct {
	options FamilyOptions
	of      map[*compose.Project]func() *family
}

// FamilyOptions are what is known of projects besides their files. The zero value
// is the auto strategy for all, and nothing remembered.
type FamilyOptions struct {
	// Strategies say what each project's host ports should be written as; auto
	// where none is given.
	Strategies map[*compose.Project]strategies.Strategy
	// Remembered returns the host texts that the configuration has for a project's
	// mappings; nil where it has none at all.
	Remembered func(*compose.Project) map[compose.Place]string
	// Pinned are host texts for mappings for which nothing is remembered, by project.
	Pinned map[*compose.Project]map[compose.Place]string
}

type family struct {
	names strategies.Names
	texts map[*compose.Project]map[compose.Place]string // what is remembered
}

// NewFamilies groups projects by what they share names with: all that stand in a
// folder count, also those that nothing is planned for.
func NewFamilies(projects []*compose.Project, o FamilyOptions) Families {
	f := Families{o, make(map[*compose.Project]func() *family, len(projects))}
	for _, together := range strategies.Families(projects) {
		settled := sync.OnceValue(func() *family { return settle(together, o) })
		for _, p := range together {
			f.of[p] = settled
		}
	}
	return f
}

// By is the same families under other strategies: no name depends on those, so that
// none is settled again.
func (f Families) By(of map[*compose.Project]strategies.Strategy) Families {
	f.options.Strategies = of
	return f
}

func settle(projects []*compose.Project, o FamilyOptions) *family {
	f := &family{texts: map[*compose.Project]map[compose.Place]string{}}
	for _, p := range projects {
		if o.Remembered != nil {
			f.texts[p] = o.Remembered(p)
		}
		if pinned := o.Pinned[p]; len(pinned) > 0 {
			texts := maps.Clone(pinned)
			maps.Copy(texts, f.texts[p])
			f.texts[p] = texts
		}
	}
	f.names = strategies.Name(projects, func(p *compose.Project) map[compose.Place]string { return f.texts[p] })
	return f
}

// Names are the variables of a project's family.
func (f Families) Names(p *compose.Project) strategies.Names { return f.of[p]().names }

func (f Families) decide(p *compose.Project, m *compose.Mapping) strategies.Decision {
	its := f.of[p]()
	facts := strategies.Gather(its.names, its.texts[p])(m)
	facts.Pinned = f.options.Pinned[p][m.Place()] != ""
	return strategies.Decide(m, cmp.Or(f.options.Strategies[p], strategies.Auto), facts)
}
