// Package reconcile settles host ports that several services have, in compose files
// and in the files that the configuration calls sources.
//
// The model: [Read] gathers every fixed port of a workspace into an [Inventory]. Its
// Plan decides who keeps a port and where the others go (package contest), and finds
// every place that has to follow (package references). A [Document] is the file in
// which people review that (package plan); its Apply gives the files as the plan makes
// them, and refuses a plan that no longer fits what is there. Verify and Health of an
// inventory tell whether everything agrees, and how the services are.
//
//	inv, notes, err := reconcile.Read(w)
//	p, err := inv.Plan(reconcile.Search{})
//	doc := reconcile.Document{Path: "plan.md"}
//	err = doc.Save(w, p)
//	decided, err := doc.Open()
//	outputs, notes, err := doc.Apply(w, decided)
//	err = reconcile.Write(w, outputs)
//
// Nothing is printed; only Save and [Write] change files.
package reconcile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Inventory is every fixed port of a workspace.
type Inventory struct {
	// Ports are in the order in which files say them, those of compose files first.
	Ports []contest.Port

	w       *workspace.Workspace
	fixed   []contest.Fixed  // the ports of compose files, by index into Ports
	machine allocate.Machine // whose sockets new ports are compared with
}

// Read gathers the ports of compose projects and of sources, with the status that
// the configuration gives their services. The error is about files whose ports are
// not known, or a list of the configuration that names nobody.
func Read(w *workspace.Workspace) (*Inventory, []say.Problem, error) {
	if err := problems(w); err != nil {
		return nil, nil, err
	}
	inv := &Inventory{w: w, fixed: contest.FixedPorts(w.Projects, w.Home), machine: allocate.Machine{Passive: true}}
	inv.fixed = slices.DeleteFunc(inv.fixed, func(f contest.Fixed) bool {
		return !w.Asked(f.Place().File) && !slices.ContainsFunc(f.Places, func(p contest.Place) bool { return w.Asked(p.File) })
	})
	var sources []contest.Source
	for _, s := range w.Config.Sources {
		sources = append(sources, contest.Source(s))
	}
	read, err := contest.Read(w.Home, sources, w.Tree().Ignored())
	if err != nil {
		return nil, nil, err
	}
	added, notes, err := inv.addSources(read)
	if err != nil {
		return nil, nil, err
	}
	inv.Ports = append(lists.Map(inv.fixed, func(f contest.Fixed) contest.Port { return f.Port }), added...)
	for i, p := range inv.Ports {
		for _, place := range p.Places {
			if reason := w.Bounds.Refuses(place.File.Path); reason != "" {
				inv.Ports[i].Stuck = w.Show(place.File.Path) + " " + reason
			}
		}
	}
	contest.Share(inv.Ports, tree.Resolved)
	return inv, notes, inv.statuses()
}

// problems are what makes compose files invalid: what they mean is not known.
func problems(w *workspace.Workspace) error {
	var errs []error
	for _, p := range w.Projects {
		for _, q := range p.Problems {
			errs = append(errs, say.Failf(cmp.Or(q.Hint, "fix the file"), "%s: %s", w.Place(q.File, q.Span), q.Message))
		}
		for _, m := range p.Mappings {
			if m.Invalid != "" && m.Dropped == compose.Published {
				errs = append(errs, say.Failf("fix the file", "%s: %s", w.Place(m.File, m.Entry), m.Invalid))
			}
		}
	}
	return errors.Join(errs...)
}

// addSources adds the ports of sources. Two sources may agree about a service; what a
// container listens on is not the host's port.
func (inv *Inventory) addSources(read []contest.Port) (added []contest.Port, notes []say.Problem, err error) {
	at := map[string]int{}
	for _, p := range read {
		inside := func(m compose.Mapping) bool { return m.Container.Has(p.Port) }
		if f := inv.fixedOf(p, func(f contest.Fixed) bool { return slices.ContainsFunc(f.Mappings, inside) }); f != nil {
			f.Dir = cmp.Or(p.Dir, f.Dir)
			message := fmt.Sprintf("%s is the port inside the container of %s, and stays", p.Places[0].Key, f.Name)
			notes = append(notes, say.Problem{Kind: say.Note, Place: inv.place(p.Places[0]), Message: message})
			continue
		}
		if f := inv.fixedOf(p, func(f contest.Fixed) bool { return f.Port.Port == p.Port && f.Stuck == "" }); f != nil { // the two say the same
			f.Places, f.Dir = append(f.Places, p.Places...), cmp.Or(p.Dir, f.Dir)
			continue
		}
		i, known := at[p.Name]
		switch {
		case !known:
			at[p.Name] = len(added)
			added = append(added, p)
		case added[i].Port != p.Port:
			return nil, nil, say.Failf("make them agree, or leave one of the files out under ignore", "%s: %s has port %d, but %d at %s", inv.place(p.Places[0]), p.Name, p.Port, added[i].Port, inv.place(added[i].Places[0]))
		default:
			added[i].Places = append(added[i].Places, p.Places...)
		}
	}
	for i, p := range added {
		for _, f := range inv.fixed {
			if f.Name == p.Name {
				added[i].Name += ":" + p.Places[0].Key
			}
		}
	}
	return added, notes, nil
}

// fixedOf is the compose service of a source's name that has its port, nil if there
// is none.
func (inv *Inventory) fixedOf(p contest.Port, has func(contest.Fixed) bool) *contest.Fixed {
	i := slices.IndexFunc(inv.fixed, func(f contest.Fixed) bool { return f.Service == p.Service && has(f) })
	if i < 0 {
		return nil
	}
	return &inv.fixed[i]
}

// statuses gives services the status that the lists of the configuration have
// for them. A name that nobody has is an error: the list would do nothing.
func (inv *Inventory) statuses() error {
	var names []string
	for _, p := range inv.Ports {
		names = append(names, p.Service, p.Name)
	}
	r := inv.w.Config.Reconcile
	for _, list := range []struct {
		key    string
		names  []string
		status contest.Status
	}{
		{"frozen", r.Frozen, contest.Frozen},
		{"priority", r.Priority, contest.Priority},
		{"keep", r.Keep, contest.Kept},
		{"ranges", slices.Sorted(maps.Keys(r.Ranges)), -1},
		{"health", slices.Sorted(maps.Keys(r.Health)), -1},
	} {
		for _, name := range list.names {
			if !slices.Contains(names, name) {
				hint := say.Meant("", name, names, "the services are those of compose files and of sources")
				return say.Usagef(hint, "%s: reconcile: %s: no service is called %s", inv.named(name), list.key, name)
			}
			for i := range inv.Ports {
				if p := &inv.Ports[i]; (p.Service == name || p.Name == name) && list.status > p.Status {
					p.Status = list.status
				}
			}
		}
	}
	return nil
}

// named is where the reconciliation's part of the configuration names a service.
func (inv *Inventory) named(name string) string {
	w := inv.w
	f := &source.File{Path: w.Config.Path, Src: w.Config.Src}
	part := max(bytes.Index(f.Src, []byte("reconcile:")), 0)
	loc := regexp.MustCompile(`(?:^|[\s\[{,'"])(` + regexp.QuoteMeta(name) + `)(?:[\s\]},:'"]|$)`).FindSubmatchIndex(f.Src[part:])
	if loc == nil {
		return w.Show(f.Path)
	}
	return w.Place(f, source.Span{Start: part + loc[2], End: part + loc[3]})
}

// options say what Decide has to know of the workspace.
func (inv *Inventory) options() contest.Options {
	c := inv.w.Config
	o := contest.Options{Ranges: c.Reconcile.Ranges, Policy: c.Policy(), Taken: inv.taken, Apart: inv.apart}
	o.Otherwise, _ = c.NewPorts()
	return o
}

// apart reports two ports, by index, that never clash.
func (inv *Inventory) apart(a, b int) bool {
	if n := len(inv.fixed); a < n && b < n {
		return inv.fixed[a].Apart(inv.fixed[b])
	}
	return !inv.tcp(a) || !inv.tcp(b)
}

// tcp reports a port that has a tcp socket, as those of sources are taken to.
func (inv *Inventory) tcp(i int) bool {
	return i >= len(inv.fixed) || slices.ContainsFunc(inv.fixed[i].Mappings, func(m compose.Mapping) bool { return m.Protocol == "tcp" })
}

// taken says whose range a port is in, "" for nobody's.
func (inv *Inventory) taken(port int) string {
	for _, p := range inv.w.Projects {
		for _, m := range p.Mappings {
			if r := m.HostPort.Ports; r.Width() > 1 && r.Has(port) {
				return "in a range of " + m.Service
			}
		}
	}
	return ""
}

// place is where a port is written, as path:line:column.
func (inv *Inventory) place(p contest.Place) string { return inv.w.Place(p.File, p.Span) }
