package compose

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// merger loads one project's files the way compose-go does: each document
// resolves its includes, then its extends, and is then laid over what came
// before (loader.loadYamlFile).
type merger struct {
	walker
	loader   *Loader
	project  *Project
	files    map[string]*source.File // the project's files, by path
	extended map[string]*services    // services of files that are only extended
	stack    []string                // include chain, to find cycles
	chains   map[*service]chainState // extends chains, to find cycles
	lists    [][]*Mapping            // the lists that were numbered, in order
	includes map[string][]*service   // what was included before
	envs     map[string]Env
	noted    map[source.Problem]bool // among the project's unseen
	envPaths []string                // of the env files that envFiles are
}

type chainState int

const (
	resolving chainState = iota + 1
	resolved
)

// open reads a file once per project and notes its problems.
func (g *merger) open(path string) (*source.File, error) {
	if f := g.files[path]; f != nil {
		return f, nil
	}
	f, err := g.loader.File(path)
	if err != nil {
		return nil, err
	}
	g.files[path] = f
	g.project.Files = append(g.project.Files, f)
	g.problems = append(g.problems, f.Problems...)
	return f, nil
}

// unseen notes a file that can't be read, once.
func (g *merger) unseen(f *source.File, format string, args ...any) {
	g.project.Partial = true
	p := source.Problem{File: f, Message: fmt.Sprintf(format, args...)}
	if !g.noted[p] {
		g.noted[p] = true
		g.project.Unseen = append(g.project.Unseen, p)
	}
}

// Broken reports a file of which nobody knows what it says: what it lacks may be there.
func Broken(f *source.File) bool { return f.Docs == nil && len(f.Problems) > 0 || FormatOne(f) }

// services are what was merged so far, in order, and by name.
type services struct {
	list  []*service
	names map[string]*service
}

func listed(list []*service) *services {
	s := &services{list: list, names: make(map[string]*service, len(list))}
	for _, one := range list {
		if s.names[one.Name] == nil {
			s.names[one.Name] = one
		}
	}
	return s
}

// model merges the files of one load: a project's own, or those of one include.
func (g *merger) model(paths []string, dir string, env variable.Lookup) []*service {
	merged := listed(nil)
	for _, path := range paths {
		f, err := g.open(path)
		if err != nil {
			g.project.Partial = true
			g.problems = append(g.problems, source.Problem{File: &source.File{Path: path}, Message: say.Cause(err).Error(), Unreadable: true})
			continue
		}
		g.project.Partial = g.project.Partial || Broken(f)
		for _, doc := range f.Docs {
			l := g.layer(f, doc, env)
			if l.name != "" && len(g.stack) == 0 {
				g.project.Name = l.name
			}
			g.project.Swarm = g.project.Swarm || l.swarm
			g.include(&l, dir, env)
			g.drop(merged, l)
			g.extend(&l, dir, env)
			g.vain(l.services)
			merged.overlay(l.services)
		}
	}
	return merged.list
}

// include loads what a document includes and puts its own services on top.
func (g *merger) include(l *layer, dir string, env variable.Lookup) {
	if len(l.includes) == 0 {
		return
	}
	base := listed(nil)
	for _, ref := range l.includes {
		imported := g.included(l.file, ref, dir, env)
		for _, s := range imported {
			if same := base.names[s.Name]; same != nil && sameEntries(same.ports, s.ports) {
				for i, m := range s.ports { // one file reached by two includes
					if m != same.ports[i] {
						m.Dropped = Duplicate
					}
				}
				continue
			}
			base.overlay([]*service{s})
		}
	}
	g.drop(base, *l)
	base.overlay(l.services)
	l.services = base.list
}

// maxIncludes bounds how deep files may include each other.
const maxIncludes = 100

// included loads one include: once, however many files name it, for as long as its
// variables mean the same.
func (g *merger) included(f *source.File, ref reference, dir string, env variable.Lookup) []*service {
	paths := make([]string, 0, len(ref.paths))
	for _, p := range ref.paths {
		if remote(p.value) {
			g.unseen(f, "include %s is remote and is not read", p.written)
			return nil
		}
		path := absolute(dir, p.value)
		if slices.Contains(g.stack, path) {
			g.problem(f, ref.node, fmt.Sprintf("include %s leads back to itself", quote(p.written)), "remove one of the includes of the cycle")
			return nil
		}
		if len(g.stack) >= maxIncludes {
			g.problem(f, ref.node, fmt.Sprintf("include %s: more than %d files include each other", quote(p.written), maxIncludes), "include it from a file further up")
			return nil
		}
		if _, err := g.open(path); err != nil {
			g.project.Partial = true
			g.problem(f, ref.node, fmt.Sprintf("include %s: %s", quote(p.written), say.Cause(err).Error()), "correct the path")
			return nil
		}
		paths = append(paths, path)
	}
	g.project.Includes = append(g.project.Includes, Load{File: f, Span: f.Span(ref.node), Files: paths})
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
	key := fmt.Sprintf("%q %q %q", paths, projectDir, g.variablesFrom(envFiles))
	if known, done := g.includes[key]; done {
		return g.again(known)
	}
	vars := g.env(envFiles, env)
	outer, outerEnv := g.envFiles, g.envPaths
	g.envFiles, g.envPaths = append(slices.Clone(outer), vars.files), g.variablesFrom(envFiles)
	g.stack = append(g.stack, paths...)
	defer func() { g.stack, g.envFiles, g.envPaths = g.stack[:len(g.stack)-len(paths)], outer, outerEnv }()
	found := g.model(paths, projectDir, func(name string) (string, bool) {
		if v, ok := env(name); ok {
			return v, true
		}
		return vars.Lookup(name)
	})
	g.includes[key] = found
	return g.again(found)
}

// env are the env files of an include, each read once for as long as the variables
// in it mean the same. Those read last win.
func (g *merger) env(paths []string, outer variable.Lookup) Env {
	key := fmt.Sprintf("%q %q", g.envPaths, paths)
	vars, done := g.envs[key]
	if !done {
		vars = g.loader.env(paths, outer, &g.problems)
		g.envs[key] = vars
	}
	for _, f := range vars.files {
		same := func(o variable.File) bool { return o.File.Path == f.File.Path }
		if slices.ContainsFunc(g.project.Env.files, same) {
			g.project.Env.files = slices.DeleteFunc(slices.Clone(g.project.Env.files), same)
		}
		g.project.Env.files = append(g.project.Env.files, f)
	}
	return vars
}

// variablesFrom are the env files that the variables of an include come from, the
// first of which wins: those of the files above it, and its own.
func (g *merger) variablesFrom(own []string) []string {
	return lists.Union(slices.Clone(g.envPaths), own...)
}

// again are the services of an include, for one more file that names it: they are
// laid over others there, and what their tags drop is dropped.
func (g *merger) again(known []*service) []*service {
	all := make([]*service, 0, len(known))
	for _, s := range known {
		c := *s
		c.drops, c.portTag, c.resets = source.Reset{}, source.Reset{}, nil
		g.chains[&c] = g.chains[s]
		all = append(all, &c)
	}
	return all
}

// drop removes from what was merged so far whatever a document's !reset and
// !override tags name.
func (g *merger) drop(merged *services, l layer) {
	drop := func(s *service, all bool) (had bool) {
		g.number(s.ports)
		for _, m := range s.ports {
			m.Dropped = Overridden
		}
		had, s.ports = len(s.ports) > 0, nil
		if all {
			*s = service{Service: Service{Name: s.Name, File: s.File, Span: s.Span, Scale: 1}}
		}
		return had
	}
	if l.drops.Drops {
		for _, s := range merged.list {
			drop(s, true)
		}
		return
	}
	for _, over := range l.services {
		if s := merged.names[over.Name]; s != nil && (over.drops.Drops || over.portTag.Drops) {
			over.used = drop(s, over.drops.Drops) || over.used
		}
	}
}

// vain notes the tags of an included document that drop nothing.
func (g *merger) vain(services []*service) {
	for _, s := range services {
		tag := "!override"
		if s.drops.Empties || s.portTag.Empties {
			tag = "!reset"
		}
		if len(g.stack) > 0 && !s.used && (s.drops.Drops || s.portTag.Drops) {
			g.project.Vain = append(g.project.Vain, Vain{s.File, s.tag, s.Name, tag})
		}
	}
}

// overlay lays services over those of earlier documents: ports are appended,
// never replaced (override.MergeYaml).
func (s *services) overlay(over []*service) {
	for _, o := range over {
		under := s.names[o.Name]
		if under == nil {
			s.list = append(s.list, o)
			s.names[o.Name] = o
			continue
		}
		merged := *o
		merged.File, merged.Span = under.File, under.Span
		merged.ports = append(slices.Clone(under.ports), o.ports...)
		merged.inherit(under)
		*under = merged
	}
}

func sameEntries(a, b []*Mapping) bool {
	return slices.EqualFunc(a, b, func(x, y *Mapping) bool { return x.scalar == y.scalar })
}

// finish drops repeated entries, numbers the rest and hands them to the project.
func (g *merger) finish(merged []*service) {
	g.project.Services = make([]Service, 0, len(merged))
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
		g.project.Swarm = g.project.Swarm || s.swarm
		sort.Strings(s.Profiles)
		if s.ScaleText, s.Replicas = s.scale, s.replicas; s.scale.File == nil {
			s.ScaleText, s.Replicas = s.replicas, Text{}
		}
		if n, err := strconv.Atoi(s.ScaleText.Value); err == nil {
			s.Scale = n
		}
		g.project.Services = append(g.project.Services, s.Service)
	}
	g.lockAnchors()
	sort.Slice(g.project.Services, func(i, j int) bool { return g.project.Services[i].Name < g.project.Services[j].Name })
	order := map[*source.File]int{}
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
	g.project.Mappings = make([]Mapping, 0, len(g.all))
	for i, m := range g.all {
		m.Key.Service = m.Service
		at[m] = i
		g.project.Mappings = append(g.project.Mappings, *m)
	}
	for _, list := range g.lists {
		g.project.numbered = append(g.project.numbered, lists.Map(list, func(m *Mapping) int { return at[m] }))
	}
	g.project.Problems = append(g.problems, g.empty()...)
}

// empty is the problem of a project whose files say nothing (loader.LoadModel).
func (g *merger) empty() []source.Problem {
	var first *source.File
	for _, path := range g.project.Group.Files {
		f := g.files[path]
		if f == nil || f.Docs == nil && len(f.Problems) > 0 {
			return nil // what it says is not known
		}
		for _, doc := range f.Docs {
			n := source.Deref(source.Root(doc))
			if n.Kind != yaml.MappingNode && n.Tag != "!!null" {
				return nil // which is another problem
			}
			for _, fd := range source.Fields(n) {
				if fd.Key.Value != "version" {
					return nil
				}
			}
		}
		first = cmp.Or(first, f)
	}
	if first == nil {
		return nil
	}
	return []source.Problem{{File: first, Message: "empty compose file", Hint: "write services: and a service"}}
}

// number tells apart the host ports of one container port in the merged ports
// of a service.
func (g *merger) number(ports []*Mapping) {
	g.lists = append(g.lists, slices.Clone(ports))
	number(ports)
}

func number(ports []*Mapping) {
	type target struct{ container, protocol string }
	hosts := map[target]map[string]int{}
	for _, m := range ports {
		t := target{m.Key.Container, m.Protocol}
		host := m.HostPort.Ports.String()
		if host == "" && m.HostPort.Var != "" {
			host = m.HostPort.Text
			if m.HostPort.Settable() {
				host = m.HostPort.Var
			}
		}
		if hosts[t] == nil {
			hosts[t] = map[string]int{}
		}
		if hosts[t][host] == 0 {
			hosts[t][host] = len(hosts[t]) + 1
		}
		m.Key.N = hosts[t][host]
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
