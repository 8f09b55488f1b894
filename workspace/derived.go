package workspace

import (
	"maps"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/config/derive"
	"github.com/portmoor/portmoor/lists"
)

// Derived are the values of the configuration's env that are about a project of the
// workspace, by name: those of which it publishes every port. The others are passed over
// where another project of the configuration's folder is the one; what is of none, and
// a name that holds a host port, is an error with its line and column.
func Derived(w *Workspace, p *compose.Project) (map[string]derive.Value, error) {
	all := w.Config.Derived()
	if len(all) == 0 {
		return nil, nil
	}
	projects, own := slices.Concat(w.Projects, w.Neighbours), published(p)
	values := maps.Clone(all)
	maps.DeleteFunc(values, func(_ string, v derive.Value) bool { return !v.Of(own) })
	known := lists.Map(projects, published)
	if slices.ContainsFunc(slices.Collect(maps.Values(all)), func(v derive.Value) bool { return v.Wrong(known) != nil }) {
		// It is the business of a project in another folder, or a mistake.
		whole, _, err := Open(Request{Dir: w.Home, Config: w.Config.Path, Git: w.git, Empty: true})
		if err != nil {
			return nil, err
		}
		known = append(known, lists.Map(whole.Projects, published)...)
	}
	held := map[string]bool{}
	for m := range p.Each() {
		held[m.HostPort.Var] = m.HostPort.Settable()
	}
	if err := w.Config.CheckEnv(known, func(name string) bool { return held[name] }); err != nil {
		return nil, err
	}
	return values, nil
}

// published is what a project publishes, for values that name it.
func published(p *compose.Project) (all []derive.Published) {
	for m := range p.Each() {
		if m.Dropped == compose.Published && !m.Container.Zero() {
			all = append(all, derive.Published{Service: m.Service, Container: m.Container, Protocol: m.Protocol})
		}
	}
	return all
}
