package compose

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v4"
)

// merger loads one project's files the way compose-go does: each document
// resolves its includes, then its extends, and is then laid over what came
// before (loader.loadYamlFile).
type merger struct {
	walker
	loader   *Loader
	project  *Project
	files    map[string]*File        // the project's files, by path
	extended map[string][]*service   // services of files that are only extended
	stack    []string                // include chain, to find cycles
	chains   map[*service]chainState // extends chains, to find cycles
	lists    [][]*Mapping            // the lists that were numbered, in order
}

type chainState int

const (
	resolving chainState = iota + 1
	resolved
)

// open reads a file once per project and notes its problems.
func (g *merger) open(path string) (*File, error) {
	if f := g.files[path]; f != nil {
		return f, nil
	}
	f, err := g.loader.file(path)
	if err != nil {
		return nil, err
	}
	g.files[path] = f
	g.project.Files = append(g.project.Files, f)
	g.problems = append(g.problems, f.Problems...)
	return f, nil
}

func (g *merger) note(format string, args ...any) {
	g.project.Notes = append(g.project.Notes, fmt.Sprintf(format, args...))
}

// model merges the files of one load: a project's own, or those of one include.
func (g *merger) model(paths []string, dir string, env Lookup) []*service {
	var merged []*service
	for _, path := range paths {
		f, err := g.open(path)
		if err != nil {
			g.problems = append(g.problems, Problem{File: &File{Path: path}, Message: reason(err), Unreadable: true})
			continue
		}
		for _, doc := range f.Docs {
			l := g.layer(f, doc, env)
			if l.name != "" && len(g.stack) == 0 {
				g.project.Name = l.name
			}
			g.include(&l, dir, env)
			g.drop(merged, l)
			g.extend(&l, dir, env)
			merged = overlay(merged, l.services)
		}
	}
	return merged
}

// include loads what a document includes and puts its own services on top.
func (g *merger) include(l *layer, dir string, env Lookup) {
	own := l.services
	var base []*service
	for _, ref := range l.includes {
		imported := g.included(l.file, ref, dir, env)
		for _, s := range imported {
			if same := find(base, s.Name); same != nil && sameEntries(same.ports, s.ports) {
				for _, m := range s.ports { // one file reached by two includes
					m.Dropped = Duplicate
				}
				continue
			}
			base = overlay(base, []*service{s})
		}
	}
	g.drop(base, layer{services: own, drops: l.drops})
	l.services = overlay(base, own)
}

// included loads one include.
func (g *merger) included(f *File, ref reference, dir string, env Lookup) []*service {
	paths := make([]string, 0, len(ref.paths))
	for _, p := range ref.paths {
		if remote(p) {
			g.note("%s: include %s is remote and is not read", f.Path, p)
			return nil
		}
		path := absolute(dir, p)
		if slices.Contains(g.stack, path) {
			g.problem(f, ref.node, fmt.Sprintf("include %s leads back to itself", quote(p)), "remove one of the includes of the cycle")
			return nil
		}
		if _, err := g.open(path); err != nil {
			g.problem(f, ref.node, fmt.Sprintf("include %s: %s", quote(p), reason(err)), "correct the path")
			return nil
		}
		paths = append(paths, path)
	}
	projectDir := filepath.Dir(paths[0])
	if ref.projectDir != "" {
		projectDir = absolute(dir, ref.projectDir)
	}
	envFiles := []string{filepath.Join(projectDir, ".env")}
	if len(ref.envFiles) > 0 {
		envFiles = nil
		for _, e := range ref.envFiles {
			envFiles = append(envFiles, absolute(dir, e))
		}
	}
	vars := g.loader.env(envFiles, env, &g.problems)
	g.project.Env.files = append(g.project.Env.files, vars.files...)
	outer := g.envFiles
	g.envFiles = append(slices.Clone(outer), vars.files)
	g.stack = append(g.stack, paths...)
	defer func() { g.stack, g.envFiles = g.stack[:len(g.stack)-len(paths)], outer }()
	return g.model(paths, projectDir, func(name string) (string, bool) {
		if v, ok := env(name); ok {
			return v, true
		}
		return vars.Lookup(name)
	})
}

// drop removes from what was merged so far whatever a document's !reset and
// !override tags name.
func (g *merger) drop(merged []*service, l layer) {
	over := index(l.services)
	for _, s := range merged {
		over := over[s.Name]
		if l.drops.drops || over != nil && (over.drops.drops || over.portTag.drops) {
			g.number(s.ports)
			for _, m := range s.ports {
				m.Dropped = Overridden
			}
			s.ports = nil
		}
	}
}

// extend resolves the extends of every service of a document.
func (g *merger) extend(l *layer, dir string, env Lookup) {
	for _, s := range l.services {
		g.resolve(s, scope{l.services, l.file, dir, false}, env)
	}
}

// scope is where a service looks for the one it extends. Paths in it are
// relative to dir: the project's folder, or that of an extended file.
type scope struct {
	services []*service
	file     *File
	dir      string
	extended bool // its services are not the project's
}

// resolve puts the ports of what a service extends before its own.
func (g *merger) resolve(s *service, in scope, env Lookup) {
	ref := s.extends
	if ref == nil || g.chains[s] == resolved {
		return
	}
	if g.chains[s] == resolving {
		g.problem(in.file, ref.node, "service "+quote(s.Name)+" extends itself", "remove one of the extends of the cycle")
		return
	}
	g.chains[s] = resolving
	heir := in.extended
	defer func() { g.chains[s] = resolved }()
	if len(ref.paths) > 0 {
		var found bool
		if in, found = g.extendedFile(ref, in, env); !found {
			return
		}
	}
	base := find(in.services, ref.service)
	if base == nil {
		g.problem(s.File, ref.node, fmt.Sprintf("service %s extends %s, which is not in %s",
			quote(s.Name), quote(ref.service), filepath.Base(in.file.Path)), "correct the name")
		return
	}
	g.resolve(base, in, env)
	if !s.portTag.drops {
		s.ports = append(g.copies(base.ports, s, heir), s.ports...)
	}
	s.inherit(base)
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
		c.Service, c.Inherited, c.Dropped = heir.Name, true, Published
		if extended {
			c.Dropped = Extended
		}
		g.all = append(g.all, &c)
		inherited = append(inherited, &c)
	}
	return inherited
}

// extendedFile reads the file that a service extends. Its own services are
// not in the project: their entries are only kept so that they can be edited.
func (g *merger) extendedFile(ref *reference, in scope, env Lookup) (scope, bool) {
	if remote(ref.paths[0]) {
		g.note("%s: extends %s is remote and is not read", in.file.Path, ref.paths[0])
		return in, false
	}
	path := absolute(in.dir, ref.paths[0])
	file, err := g.open(path)
	if err != nil {
		g.problem(in.file, ref.node, fmt.Sprintf("extends %s: %s", quote(ref.paths[0]), reason(err)), "correct the path")
		return in, false
	}
	if _, done := g.extended[path]; !done {
		var services []*service
		for _, doc := range file.Docs {
			services = overlay(services, g.layer(file, doc, env).services)
		}
		for _, base := range services {
			g.number(base.ports)
			for _, m := range base.ports {
				m.Dropped = Extended
			}
		}
		g.extended[path] = services
	}
	return scope{g.extended[path], file, filepath.Dir(path), true}, true
}

// inherit takes over what a service does not set itself.
func (s *service) inherit(base *service) {
	for _, p := range base.Profiles {
		if !slices.Contains(s.Profiles, p) {
			s.Profiles = append(s.Profiles, p)
		}
	}
	if s.Scale == 1 {
		s.Scale = base.Scale
	}
	if s.ContainerName.Value == "" {
		s.ContainerName = base.ContainerName
	}
	s.PortFile = s.PortFile || base.PortFile
	s.HostNetwork = s.HostNetwork || base.HostNetwork
	s.defines = s.defines || base.defines
}

// overlay lays services over those of earlier documents: ports are appended,
// never replaced (override.MergeYaml).
func overlay(base, over []*service) []*service {
	names := index(base)
	for _, s := range over {
		under := names[s.Name]
		if under == nil {
			base = append(base, s)
			continue
		}
		merged := *s
		merged.File, merged.Span = under.File, under.Span
		merged.ports = append(slices.Clone(under.ports), s.ports...)
		merged.inherit(under)
		*under = merged
	}
	return base
}

func index(services []*service) map[string]*service {
	names := make(map[string]*service, len(services))
	for _, s := range services {
		names[s.Name] = s
	}
	return names
}

func find(services []*service, name string) *service {
	for _, s := range services {
		if s.Name == name {
			return s
		}
	}
	return nil
}

func sameEntries(a, b []*Mapping) bool {
	return slices.EqualFunc(a, b, func(x, y *Mapping) bool { return x.scalar == y.scalar })
}

// finish drops repeated entries, numbers the rest and hands them to the project.
func (g *merger) finish(merged []*service) {
	for _, s := range merged {
		last := map[string]*Mapping{}
		for _, m := range s.ports {
			if m.identity == "" {
				continue
			}
			if earlier := last[m.identity]; earlier != nil {
				earlier.Dropped = Duplicate
			}
			last[m.identity] = m
		}
		g.number(s.ports)
		sort.Strings(s.Profiles)
		g.project.Services = append(g.project.Services, s.Service)
	}
	g.lockAnchors()
	sort.Slice(g.project.Services, func(i, j int) bool { return g.project.Services[i].Name < g.project.Services[j].Name })
	order := map[*File]int{}
	for i, f := range g.project.Files {
		order[f] = i
	}
	slices.SortStableFunc(g.all, func(a, b *Mapping) int {
		if d := order[a.File] - order[b.File]; d != 0 {
			return d
		}
		return a.Entry.Start - b.Entry.Start
	})
	at := make(map[*Mapping]int, len(g.all))
	for i, m := range g.all {
		m.Key.Service = m.Service
		at[m] = i
		g.project.Mappings = append(g.project.Mappings, *m)
	}
	for _, list := range g.lists {
		indices := make([]int, 0, len(list))
		for _, m := range list {
			indices = append(indices, at[m])
		}
		g.project.numbered = append(g.project.numbered, indices)
	}
	g.project.Problems = append(g.problems, g.empty()...)
}

// empty is the problem of a project whose files say nothing (loader.LoadModel).
func (g *merger) empty() []Problem {
	var first *File
	for _, path := range g.project.Group.Files {
		f := g.files[path]
		if f == nil || f.Docs == nil && len(f.Problems) > 0 {
			return nil // what it says is not known
		}
		for _, doc := range f.Docs {
			n := deref(root(doc))
			if n.Kind != yaml.MappingNode && n.Tag != "!!null" {
				return nil // which is another problem
			}
			for _, fd := range fields(n) {
				if fd.key.Value != "version" {
					return nil
				}
			}
		}
		first = cmp.Or(first, f)
	}
	if first == nil {
		return nil
	}
	return []Problem{{File: first, Message: "empty compose file", Hint: "write services: and a service"}}
}

// number tells apart the host ports of one container port in the merged ports
// of a service.
func (g *merger) number(ports []*Mapping) {
	g.lists = append(g.lists, slices.Clone(ports))
	number(ports)
}

func number(ports []*Mapping) {
	type target struct{ container, protocol string }
	hosts := map[target][]string{}
	for _, m := range ports {
		t := target{m.Key.Container, m.Protocol}
		host := m.HostPort.Ports.String()
		if host == "" {
			host = m.HostPort.Var
		}
		at := slices.Index(hosts[t], host)
		if at < 0 {
			at = len(hosts[t])
			hosts[t] = append(hosts[t], host)
		}
		m.Key.N = at + 1
	}
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// remote reports an include or extends that is fetched: Git and OCI.
func remote(path string) bool {
	return strings.Contains(path, "://") || strings.HasPrefix(path, "git@") || strings.HasPrefix(path, "github.com/")
}
