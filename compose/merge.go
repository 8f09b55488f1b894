package compose

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v4"

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
	if !slices.Contains(g.project.Unseen, p) {
		g.project.Unseen = append(g.project.Unseen, p)
	}
}

// Broken reports a file of which nobody knows what it says: what it lacks may be there.
func Broken(f *source.File) bool { return f.Docs == nil && len(f.Problems) > 0 || FormatOne(f) }

// model merges the files of one load: a project's own, or those of one include.
func (g *merger) model(paths []string, dir string, env Lookup) []*service {
	var merged []*service
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
func (g *merger) included(f *source.File, ref reference, dir string, env Lookup) []*service {
	paths := make([]string, 0, len(ref.paths))
	for _, p := range ref.paths {
		if remote(p) {
			g.unseen(f, "include %s is remote and is not read", p)
			return nil
		}
		path := absolute(dir, p)
		if slices.Contains(g.stack, path) {
			g.problem(f, ref.node, fmt.Sprintf("include %s leads back to itself", quote(p)), "remove one of the includes of the cycle")
			return nil
		}
		if _, err := g.open(path); err != nil {
			g.project.Partial = true
			g.problem(f, ref.node, fmt.Sprintf("include %s: %s", quote(p), say.Cause(err).Error()), "correct the path")
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
		if l.drops.Drops || over != nil && (over.drops.Drops || over.portTag.Drops) {
			g.number(s.ports)
			for _, m := range s.ports {
				m.Dropped = Overridden
			}
			s.ports = nil
		}
	}
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
