package compose

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// extend resolves the extends of every service of a document.
func (g *merger) extend(l *layer, dir string, env variable.Lookup) {
	if !slices.ContainsFunc(l.services, func(s *service) bool { return s.extends != nil }) {
		return
	}
	all := listed(l.services)
	for _, s := range l.services {
		g.resolve(s, scope{all, l.file, dir, false}, env)
	}
}

// scope is where a service looks for the one it extends. Paths in it are
// relative to dir: the project's folder, or that of an extended file.
type scope struct {
	services *services
	file     *source.File
	dir      string
	extended bool // its services are not the project's
}

// resolve puts the ports of what a service extends before its own.
func (g *merger) resolve(s *service, in scope, env variable.Lookup) {
	ref := s.extends
	if ref == nil || g.chains[s] == resolved {
		return
	}
	if g.chains[s] == resolving {
		g.serviceProblem(in.file, s, "service "+quote(s.Name)+" extends itself", "remove one of the extends of the cycle")
		return
	}
	g.chains[s] = resolving
	heir := in.extended
	defer func() { g.chains[s] = resolved }()
	if len(ref.paths) > 0 {
		var found bool
		if in, found = g.extendedFile(s, in, env); !found {
			return
		}
	}
	base := in.services.names[ref.service.value]
	if base == nil && Broken(in.file) {
		g.unseen(in.file, "is not valid, so that what services take from it is not judged")
		g.project.Unjudged = append(g.project.Unjudged, s.File)
		return
	}
	if base == nil {
		g.serviceProblem(s.File, s, fmt.Sprintf("service %s extends %s, which is not in %s",
			quote(s.Name), quote(ref.service.written), filepath.Base(in.file.Path)), "correct the name")
		return
	}
	g.resolve(base, in, env)
	g.project.Bases = append(g.project.Bases, Base{in.file, base.Name})
	if s.portTag.Drops {
		s.used = s.used || len(base.ports) > 0
	} else {
		s.ports = append(g.copies(base.ports, s, heir), s.ports...)
	}
	if s.ContainerName.Value == "" && base.ContainerName.Value != "" {
		s.NameExtends = s.extension()
	}
	s.inherit(base)
}

// extension is where a service says what it extends.
func (s *service) extension() Text {
	return Text{s.File, s.File.Span(s.extends.node), s.extends.service.value, s.extends.service.written}
}

// copies are a service's ports as another one inherits them, which itself may
// only be there to be extended.
func (g *merger) copies(ports []*Mapping, heir *service, extended bool) []*Mapping {
	inherited := make([]*Mapping, 0, len(ports))
	for _, m := range ports {
		if g.exhausted(heir.File, heir.extends.node) {
			break
		}
		m.Shared = true
		c := *m
		c.Service, c.Inherited, c.Dropped, c.Extends, c.Library = heir.Name, true, Published, heir.extension(), nil
		if extended {
			c.Dropped, c.Library = Extended, heir.File
		}
		g.all = append(g.all, &c)
		inherited = append(inherited, &c)
	}
	return inherited
}

// extendedFile reads the file that a service extends. Its own services are
// not in the project: their entries are only kept so that they can be edited.
func (g *merger) extendedFile(s *service, in scope, env variable.Lookup) (scope, bool) {
	ref := s.extends
	if remote(ref.paths[0].value) {
		g.unseen(in.file, "extends %s is remote and is not read", ref.paths[0].written)
		return in, false
	}
	path := absolute(in.dir, ref.paths[0].value)
	file, err := g.open(path)
	if err != nil {
		g.project.Partial = true
		g.serviceProblem(in.file, s, fmt.Sprintf("extends %s: %s", quote(ref.paths[0].written), say.Cause(err).Error()), "correct the path")
		return in, false
	}
	if _, done := g.extended[path]; !done {
		services := listed(nil)
		for _, doc := range file.Docs {
			services.overlay(g.layer(file, doc, env).services)
		}
		for _, base := range services.list {
			g.number(base.ports)
			for _, m := range base.ports {
				m.Dropped, m.Library = Extended, file
			}
		}
		g.extended[path] = services
	}
	return scope{g.extended[path], file, filepath.Dir(path), true}, true
}

// inherit takes over what a service does not set itself, but for the keys of
// which a tag drops what was there before.
func (s *service) inherit(base *service) {
	own := lists.Set(s.Profiles)
	s.Profiles = slices.Clone(s.Profiles)
	for _, p := range base.Profiles {
		if !own[p] && !s.resets["profiles"] {
			s.Profiles = append(s.Profiles, p)
		}
	}
	take := func(own *Text, from Text, keys ...string) bool {
		ours := own.File == nil && !slices.ContainsFunc(keys, func(k string) bool { return s.resets[k] })
		if ours {
			*own = from
		}
		return ours
	}
	take(&s.scale, base.scale, "scale")
	take(&s.replicas, base.replicas, "deploy")
	if take(&s.ContainerName, base.ContainerName, "container_name") {
		s.NameExtends = cmp.Or(s.NameExtends, base.NameExtends)
	}
	take(&s.NetworkMode, base.NetworkMode, "network_mode")
	take(&s.Networks, base.Networks, "networks")
	if s.Image == "" && !s.resets["image"] {
		s.Image = base.Image
	}
	s.PortFile = s.PortFile || base.PortFile && !s.resets["environment"]
	s.swarm = s.swarm || base.swarm && !s.resets["deploy"]
	s.defines = s.defines || base.defines
}

// serviceProblem is about what a service extends.
func (g *merger) serviceProblem(f *source.File, s *service, message, hint string) {
	g.problems = append(g.problems, source.Problem{File: f, Span: f.Span(s.extends.node), Service: s.Name, Message: message, Hint: hint})
}
