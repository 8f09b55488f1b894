package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// inventory is every fixed port of a workspace, in the order in which files say
// them, compose files first.
type inventory struct {
	ports []contest.Port
	// fixed are those of compose files, by index into ports.
	fixed  []contest.Fixed
	source []contest.Port
	notes  []string
}

// inventory gathers the ports of compose projects and of sources, with the
// status that the configuration gives their services.
func (c *commands) inventory(w *space) (*inventory, error) {
	if err := w.problems(); err != nil {
		return nil, err
	}
	inv := &inventory{fixed: contest.FixedPorts(w.Projects, w.Home)}
	inv.fixed = slices.DeleteFunc(inv.fixed, func(f contest.Fixed) bool {
		return len(f.Places) > 0 && !slices.ContainsFunc(f.Places, func(p contest.Place) bool { return w.Asked(p.File) })
	})
	var sources []contest.Source
	c.sources = len(w.Config.Sources) > 0
	for _, s := range w.Config.Sources {
		sources = append(sources, contest.Source(s))
	}
	read, err := contest.Read(w.Home, sources, w.ignored())
	if err != nil {
		return nil, err
	}
	if err := inv.addSources(read, w); err != nil {
		return nil, err
	}
	for _, f := range inv.fixed {
		inv.ports = append(inv.ports, f.Port)
	}
	inv.ports = append(inv.ports, inv.source...)
	all := make([]*contest.Port, len(inv.ports))
	for i := range inv.ports {
		p := &inv.ports[i]
		for _, place := range p.Places {
			if tree.IsSymlink(place.File.Path) {
				p.Stuck = w.Show(place.File.Path) + " is a symlink"
			}
		}
		all[i] = p
	}
	contest.Share(all, followed)
	for _, n := range inv.notes {
		c.say(n, "")
	}
	return inv, inv.statuses(w)
}

// followed is what a path leads to.
func followed(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

// problems are what makes compose files invalid: what they mean is not known.
func (w *space) problems() error {
	var errs []error
	for _, p := range w.Projects {
		for _, q := range p.Problems {
			errs = append(errs, say.Failf(cmp.Or(q.Hint, "mend the file"), "%s: %s", w.Place(q.File, q.Span), q.Message))
		}
		for _, m := range p.Mappings {
			if m.Invalid != "" && m.Dropped == compose.Published {
				errs = append(errs, say.Failf("mend the file", "%s: %s", w.Place(m.File, m.Entry), m.Invalid))
			}
		}
	}
	return errors.Join(errs...)
}

// ignored reports what the configuration passes over.
func (w *space) ignored() func(path string) bool {
	return tree.Options{Base: w.Home, Ignore: w.Config.Ignore}.Ignored()
}

// addSources adds the ports of sources. Two sources may agree about a service; what a
// container listens on is not the host's port.
func (inv *inventory) addSources(read []contest.Port, w *space) error {
	at := map[string]int{}
	for _, p := range read {
		if f := inv.container(p); f != nil {
			f.Dir = cmp.Or(p.Dir, f.Dir)
			inv.notes = append(inv.notes, fmt.Sprintf("%s: %s is the port inside the container of %s, and stays", w.placeOf(p.Places[0]), p.Places[0].Key, f.Name))
			continue
		}
		if f := inv.published(p); f != nil { // the two say the same
			f.Places, f.Dir = append(f.Places, p.Places...), cmp.Or(p.Dir, f.Dir)
			continue
		}
		i, known := at[p.Name]
		switch {
		case !known:
			at[p.Name] = len(inv.source)
			inv.source = append(inv.source, p)
		case inv.source[i].Port != p.Port:
			return say.Failf("make them agree, or leave one of the files out under ignore", "%s: %s has port %d, but %d at %s", w.placeOf(p.Places[0]), p.Name, p.Port, inv.source[i].Port, w.placeOf(inv.source[i].Places[0]))
		default:
			inv.source[i].Places = append(inv.source[i].Places, p.Places...)
		}
	}
	for i, p := range inv.source {
		for _, f := range inv.fixed {
			if f.Name == p.Name {
				inv.source[i].Name += ":" + p.Places[0].Key
			}
		}
	}
	return nil
}

// published is the compose service of the same name that has a source's port on
// the host, nil if there is none.
func (inv *inventory) published(p contest.Port) *contest.Fixed {
	for i, f := range inv.fixed {
		if f.Service == p.Service && f.Port.Port == p.Port && f.Stuck == "" {
			return &inv.fixed[i]
		}
	}
	return nil
}

// container is the compose service of the same name whose container listens on
// a source's port, nil if there is none.
func (inv *inventory) container(p contest.Port) *contest.Fixed {
	for i, f := range inv.fixed {
		if f.Service != p.Service {
			continue
		}
		for _, m := range f.Mappings {
			if m.Container.First <= p.Port && p.Port <= m.Container.Last {
				return &inv.fixed[i]
			}
		}
	}
	return nil
}

// statuses gives services the status that the lists of the configuration have
// for them. A name that nobody has is an error: the list would do nothing.
func (inv *inventory) statuses(w *space) error {
	var names []string
	for _, p := range inv.ports {
		names = append(names, p.Service, p.Name)
	}
	r := w.Config.Reconcile
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
				hint := "the services are those of compose files and of sources"
				if near := say.Nearest(name, names); near != "" {
					hint = "did you mean " + near + "?"
				}
				return say.Usagef(hint, "%s: reconcile: %s: no service is called %s", w.named(name), list.key, name)
			}
			for i := range inv.ports {
				if p := &inv.ports[i]; (p.Service == name || p.Name == name) && list.status > p.Status {
					p.Status = list.status
				}
			}
		}
	}
	return nil
}

// named is where the reconciliation's part of the configuration names a service.
func (w *space) named(name string) string {
	f := &source.File{Path: w.Config.Path, Src: w.Config.Src}
	part := max(bytes.Index(f.Src, []byte("reconcile:")), 0)
	loc := regexp.MustCompile(`(?:^|[\s\[{,'"])(` + regexp.QuoteMeta(name) + `)(?:[\s\]},:'"]|$)`).FindSubmatchIndex(f.Src[part:])
	if loc == nil {
		return w.Show(f.Path)
	}
	return w.Place(f, source.Span{Start: part + loc[2], End: part + loc[3]})
}

// options say what Decide has to know of the workspace.
func (inv *inventory) options(w *space) contest.Options {
	o := contest.Options{Ranges: w.Config.Reconcile.Ranges, Policy: w.Config.Policy(), Taken: w.taken}
	o.Otherwise, _ = w.Config.NewPorts()
	o.Apart = func(a, b int) bool {
		if n := len(inv.fixed); a < n && b < n {
			return inv.fixed[a].Apart(inv.fixed[b])
		}
		return !inv.tcp(a) || !inv.tcp(b)
	}
	return o
}

// tcp reports a port that has a tcp socket, as those of sources are taken to.
func (inv *inventory) tcp(i int) bool {
	return i >= len(inv.fixed) || slices.ContainsFunc(inv.fixed[i].Mappings, func(m compose.Mapping) bool { return m.Protocol == "tcp" })
}

// taken says whose range a port is in, "" for nobody's.
func (w *space) taken(port int) string {
	for _, p := range w.Projects {
		for _, m := range p.Mappings {
			if r := m.HostPort.Ports; r.Width() > 1 && r.Has(port) {
				return "in a range of " + m.Service
			}
		}
	}
	return ""
}

// placeOf is where a port is written, as path:line:column.
func (w *space) placeOf(p contest.Place) string { return w.Place(p.File, p.Span) }
