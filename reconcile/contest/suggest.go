package contest

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// Suggestion is a source that would read the ports of some services.
type Suggestion struct {
	Source
	Ports []Port // that it reads, in the order of their files
}

var (
	portKey = pattern.Lazy(`(?i)^(?:(?:http|server|service|listen|api|web|app|bind)[_-]?)?port$`)
	// What a service talks to has a port too.
	otherKey = pattern.Lazy(`(?i)redis|postgres|mysql|mongo|rabbit|kafka|nats|mqtt|smtp|ldap|^db$|database|cache|upstream|remote|backend|proxy|peer|metrics|prometheus|debug|admin|grpc|client`)
)

// manyKeys is how many ports of one file are looked at: with more it is data.
const manyKeys = 32

// Suggest finds what looks like one service a folder, with its port in a file of the same
// kind in each: at least two folders. Files that known sources read are not looked at, nor
// those that skip names. The result is sorted by path.
func Suggest(root string, options tree.Options, known []Source, skip func(path string) bool) []Suggestion {
	s := suggester{root: root, skip: skip, used: map[string]bool{}, groups: map[Source]*group{}, has: map[string]int{}}
	if ports, err := Read(root, known, skip); err == nil {
		s.agree(ports)
	}
	for _, k := range known {
		names, _ := fs.Glob(os.DirFS(root), path.Clean(k.Path))
		lists.Add(s.used, names...)
	}
	tree.Files(root, options, func(file string, _ os.DirEntry) {
		if rel, err := filepath.Rel(root, file); err == nil && strings.ContainsRune(rel, os.PathSeparator) {
			s.look(filepath.ToSlash(rel))
		}
	})
	order := slices.SortedFunc(maps.Keys(s.groups), func(a, b Source) int {
		return cmp.Or(cmp.Compare(len(s.groups[b].files), len(s.groups[a].files)), cmp.Compare(len(s.groups[b].ports), len(s.groups[a].ports)),
			cmp.Compare(len(a.Key), len(b.Key)), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Key, b.Key))
	})
	all := lists.Flat(order, s.take)
	slices.SortFunc(all, func(a, b Suggestion) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

// suggester is a tree that is looked through for sources.
type suggester struct {
	root   string
	skip   func(path string) bool
	used   map[string]bool   // files that have a source
	has    map[string]int    // the port of each service that has a source
	groups map[Source]*group // by pattern, in which a file that is called as its folder stands as *
}

// group is the files that one pattern matches, with the ports that they have.
type group struct {
	files []string
	ports map[int]bool
}

// look adds a file to the groups of its ports, one for each of its folders.
func (s *suggester) look(name string) {
	if s.used[name] || s.skip(filepath.Join(s.root, filepath.FromSlash(name))) {
		return
	}
	ext := path.Ext(name)
	switch strings.ToLower(ext) {
	case ".yaml", ".yml", ".json", ".toml":
	default:
		return
	}
	src, err := readRegular(s.root, name)
	if err != nil || !bytes.Contains(bytes.ToLower(src), []byte("port")) {
		return
	}
	parts := strings.Split(name, "/")
	for key, port := range portKeys(name, src) {
		for i, folder := range parts[:len(parts)-1] {
			pattern := slices.Clone(parts)
			pattern[i] = "*"
			if strings.TrimSuffix(parts[len(parts)-1], ext) == folder {
				pattern[len(parts)-1] = "*" + ext
			}
			g := Source{strings.Join(pattern, "/"), key}
			if s.groups[g] == nil {
				s.groups[g] = &group{ports: map[int]bool{}}
			}
			s.groups[g].files = append(s.groups[g].files, name)
			s.groups[g].ports[port] = true
		}
	}
}

// take makes sources of a group: its pattern, where that matches its files only, else
// each of them by its name. A file that has a source already is left out, and so is one
// that gives a service another port than that of a source before it.
func (s *suggester) take(g Source) (all []Suggestion) {
	files := slices.DeleteFunc(slices.Clone(s.groups[g].files), func(name string) bool { return s.used[name] })
	if len(files) < 2 {
		return nil
	}
	lists.Add(s.used, files...)
	if base := path.Base(g.Path); strings.HasPrefix(base, "*.") {
		g.Path = path.Join(path.Dir(g.Path), sharedPrefix(files)+base)
	}
	if ports, err := Read(s.root, []Source{g}, s.skip); err == nil && len(ports) == len(files) && s.agree(ports) {
		return []Suggestion{{g, ports}}
	}
	for _, name := range files {
		one := Source{name, g.Key}
		if ports, err := Read(s.root, []Source{one}, s.skip); err == nil && s.agree(ports) {
			all = append(all, Suggestion{one, ports})
		}
	}
	return all
}

// agree adds the ports of a source, unless a service has another one already.
func (s *suggester) agree(ports []Port) bool {
	for _, p := range ports {
		if other, known := s.has[p.Service]; known && other != p.Port {
			return false
		}
	}
	for _, p := range ports {
		s.has[p.Service] = p.Port
	}
	return true
}

// sharedPrefix is what the names of all files begin with, without their folders.
func sharedPrefix(files []string) string {
	prefix := path.Base(files[0])
	for _, f := range files[1:] {
		for !strings.HasPrefix(path.Base(f), prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return strings.TrimRight(strings.TrimSuffix(prefix, path.Ext(files[0])), "*?[")
}

// portKeys are the keys of a file that hold a port of its service, with the port. A
// compose file and a manifest of Kubernetes have none.
func portKeys(name string, src []byte) map[string]int {
	found := map[string]int{}
	if strings.EqualFold(path.Ext(name), ".toml") {
		var whole map[string]any
		if toml.Unmarshal(src, &whole) == nil {
			tomlKeys(whole, nil, found)
		}
		return found
	}
	parsed := source.Parse(name, src)
	for _, doc := range parsed.Docs {
		root := source.Root(doc)
		if source.Value(root, "services") != nil || source.Value(root, "apiVersion") != nil {
			return nil
		}
		yamlKeys(root, nil, found, 0)
	}
	return found
}

func yamlKeys(n *yaml.Node, above []string, found map[string]int, depth int) {
	if n == nil || n.Kind != yaml.MappingNode || depth > 16 {
		return
	}
	for _, field := range source.Fields(n) {
		if value := field.Value; value.Kind == yaml.ScalarNode {
			addKey(append(slices.Clone(above), field.Key.Value), value.Value, found)
		} else {
			yamlKeys(value, append(slices.Clone(above), field.Key.Value), found, depth+1)
		}
	}
}

func tomlKeys(table map[string]any, above []string, found map[string]int) {
	for key, value := range table {
		at := append(slices.Clone(above), key)
		if below, is := value.(map[string]any); is {
			tomlKeys(below, at, found)
		} else {
			addKey(at, fmt.Sprint(value), found)
		}
	}
}

// addKey adds a key if it is that of a service's own port, and a source can name it.
func addKey(at []string, value string, found map[string]int) {
	port, err := strconv.Atoi(value)
	if err != nil || port < 1 || port > ports.Last || strconv.Itoa(port) != value || !portKey().MatchString(at[len(at)-1]) || len(found) == manyKeys {
		return
	}
	if !slices.ContainsFunc(at, func(key string) bool {
		return key == "" || strings.ContainsAny(key, ".*") || otherKey().MatchString(key)
	}) {
		found[strings.Join(at, ".")] = port
	}
}
