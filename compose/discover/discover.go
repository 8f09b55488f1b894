// Package discover finds the compose files of a repository, and which of them
// docker compose would load together.
//
// The model: a folder is walked as Git sees it; its files are put into groups by
// the rules of Compose (canonical names, an override, COMPOSE_FILE) and of the
// house (overlays, alternatives, what is compose by content), and nothing is loaded
// yet. [ByName] and [Listed] are Compose's own rules for one folder.
//
//	found, err := discover.Find(loader, []string{"."}, discover.Options{})
//	projects := loader.Load(found.Groups)
package discover

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"
	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// The names that Compose looks for, in its order (cli.DefaultFileNames and
// cli.DefaultOverrideFileNames).
var (
	canonicalNames = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}
	overrideNames  = []string{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"}
)

var (
	composeName = pattern.Lazy(`^(.*compose.*|compose\..*)\.ya?ml$`)
	yamlName    = pattern.Lazy(`\.ya?ml$`)
)

// Options narrow and widen what Find takes.
type Options struct {
	tree.Options

	// Files are gitignore patterns of compose files with other names.
	Files []string
	// Named takes files by their name or by Files alone, none by its content.
	Named bool
	// Projects settle which files belong together; discovery leaves those alone.
	Projects []compose.Group
}

// Found is what discovery came back with.
type Found struct {
	Groups []compose.Group
	// Neighbours are the other projects of folders of which only some files
	// were asked for. Variables are named for all of a folder.
	Neighbours []compose.Group
	// Notes are for every user, one line each.
	Notes []string
	// Passed are files that have a compose file's name but are none.
	Passed []Passed
	// Ignored are files that were asked for, but that the configuration ignores.
	Ignored []string
	// Unrecognized are files that are compose by content but not by name, where those are
	// not taken.
	Unrecognized []string
	// Repositories are folders below those asked for that are repositories of their
	// own: worktrees, submodules, clones. They are passed over.
	Repositories []string
	// Failures are folders that could not be read, and files that a bug of ours keeps from
	// being looked at.
	Failures []error
}

// Find finds the projects below the given files and folders, as Compose
// and the house rules group them. A file is taken whatever its name. The error
// is about a path that does not exist.
func Find(l *compose.Loader, paths []string, options Options) (Found, error) {
	d := newDiscoverer(l, options)
	folders := map[string][]string{} // files named one by one, by folder
	var dirs, walked []string
	ignored := tree.Matches(options.Base, options.Ignore)
	for _, path := range paths {
		abs, err := filepath.Abs(path)
		if err != nil {
			return Found{}, err
		}
		info, err := os.Stat(abs)
		switch {
		case err != nil:
			return Found{}, fmt.Errorf("%s: %w", path, say.Cause(err))
		case !info.IsDir() && ignored(abs):
			d.found.Ignored = append(d.found.Ignored, abs)
		case info.IsDir():
			walked = append(walked, abs)
			d.walk(abs, tree.Above(abs, options.Options).Asked(abs))
		default:
			dir := filepath.Dir(abs)
			if folders[dir] == nil {
				dirs = append(dirs, dir)
			}
			folders[dir] = append(folders[dir], filepath.Base(abs))
		}
	}
	for _, dir := range dirs {
		d.enter(folder{dir, slices.Compact(slices.Sorted(slices.Values(folders[dir]))), true})
	}
	_ = d.reading.Wait()
	d.found.Repositories = slices.DeleteFunc(d.found.Repositories, func(dir string) bool { return d.seen[dir] }) // asked for besides
	for _, f := range d.folders {
		err := say.Guard(func() {
			if f.named {
				d.choose(f)
			} else {
				d.folder(f.dir, f.names, false)
			}
		})
		if err != nil {
			d.found.Failures = append(d.found.Failures, fmt.Errorf("%s: %w", f.dir, err))
		}
	}
	slices.SortFunc(d.found.Groups, compareGroups)
	d.attach()
	d.onlyContext(func(path string) bool {
		return slices.Contains(folders[filepath.Dir(path)], filepath.Base(path)) || slices.ContainsFunc(walked, func(dir string) bool { return tree.Within(dir, path) })
	})
	return d.found, nil
}

func compareGroups(a, b compose.Group) int {
	return slices.Compare(append([]string{a.Dir}, a.Files...), append([]string{b.Dir}, b.Files...))
}

// discoverer collects what is found.
type discoverer struct {
	loader  *compose.Loader
	options Options
	files   func(path string) bool // those of options.Files
	found   Found
	seen    map[string]bool // folders done, and files settled by Projects
	folders []folder
	ignored func(path string) bool
	*loading
	reading errgroup.Group
	content sync.Map // path → whether a file that is not called compose is so by content, or why that is not known
}

func newDiscoverer(l *compose.Loader, options Options) *discoverer {
	d := &discoverer{
		loader: l, options: options, files: tree.Matches(options.Base, options.Files), seen: map[string]bool{}, ignored: options.Ignored(),
		loading: &loading{sets: map[string][]compose.Group{}, called: map[string][]compose.Group{}, describing: map[string][]string{}, single: map[string]bool{}, there: map[string]bool{}},
	}
	d.reading.SetLimit(runtime.GOMAXPROCS(0))
	return d
}

// folder is a folder's YAML files; named ones were given one by one.
type folder struct {
	dir   string
	names []string
	named bool
}

// enter notes a folder, whose files are grouped when all have been read:
// several at a time, while the walk goes on.
func (d *discoverer) enter(f folder) {
	d.folders = append(d.folders, f)
	for _, name := range f.names {
		path := filepath.Join(f.dir, name)
		d.reading.Go(func() error {
			if err := say.Guard(func() {
				if f.named || d.named(path) {
					_, _ = d.loader.File(path) // an error is met again where the file is used
				} else {
					d.judge(path)
				}
			}); err != nil {
				d.content.Store(path, err)
			}
			return nil
		})
	}
}

func (d *discoverer) walk(dir string, ig tree.Ignores) {
	if d.seen[dir] {
		return
	}
	entries, err := os.ReadDir(dir)
	if ig.OtherRepository(dir, entries) {
		d.found.Repositories = append(d.found.Repositories, dir)
		return
	}
	d.seen[dir] = true
	if err != nil {
		d.found.Failures = append(d.found.Failures, fmt.Errorf("%s: %w", dir, say.Cause(err)))
		return
	}
	d.describing[dir] = describing(dir, entries)
	ig = ig.Enter(dir)
	var names []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() {
			if !ig.Folder(path) {
				d.walk(path, ig)
			}
			continue
		}
		if !yamlName().MatchString(e.Name()) || ig.Options(path) || !e.Type().IsRegular() && e.Type()&os.ModeSymlink == 0 {
			continue
		}
		// Compose reads an override that Git ignores: it is how people keep
		// their own ports out of the repository.
		if !ig.Git(path) || slices.Contains(overrideNames, e.Name()) {
			names = append(names, e.Name())
		}
	}
	d.enter(folder{dir, names, false})
}

// folder groups a folder's files. When they were named one by one, all of
// them are taken.
func (d *discoverer) folder(dir string, names []string, named bool) {
	names, settled := d.settled(dir, names)
	base, listed := byEnvFile(d.loader, dir)
	if listed && !named {
		for _, f := range base.Files {
			names = slices.DeleteFunc(names, func(n string) bool { return filepath.Join(dir, n) == f })
		}
	}
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return d.passes(filepath.Join(dir, n)) })
	if len(settled.Files) > 0 || listed {
		d.setsAround(dir) // for the lines that load them
	}
	names = d.inSets(dir, names)
	if !listed || named {
		base, names = standard(dir, names)
	}
	if len(base.Files) > 0 {
		d.add(base)
	} else {
		base = settled // what is left may belong on top of it
	}
	for _, name := range names {
		d.other(dir, name, base, names, named)
	}
}

// choose takes the projects of a folder that have the files which were named one
// by one, with their other files as context; the rest are neighbours.
func (d *discoverer) choose(f folder) {
	all := newDiscoverer(d.loader, d.options)
	all.loading = d.loading
	names := slices.DeleteFunc(slices.Clone(f.names), func(n string) bool { return !yamlName().MatchString(n) })
	if entries, err := os.ReadDir(f.dir); err == nil {
		for _, e := range entries {
			if yamlName().MatchString(e.Name()) && !e.IsDir() && !slices.Contains(names, e.Name()) {
				names = append(names, e.Name())
			}
		}
	}
	slices.Sort(names)
	all.enter(folder{dir: f.dir, names: names})
	_ = all.reading.Wait()
	names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(f.names, n) && !all.known(filepath.Join(f.dir, n)) })
	all.folder(f.dir, names, false)
	all.attach()
	left := slices.Clone(f.names)
	for _, g := range all.found.Groups {
		mine := func(path string) bool {
			asked := filepath.Dir(path) == f.dir && slices.Contains(f.names, filepath.Base(path))
			return asked && (!g.Overlay || path != g.Files[0])
		}
		if !slices.ContainsFunc(g.Files, mine) {
			d.found.Neighbours = append(d.found.Neighbours, g)
			continue
		}
		for _, path := range g.Files {
			if slices.Contains(f.names, filepath.Base(path)) && filepath.Dir(path) == f.dir {
				left = slices.DeleteFunc(left, func(n string) bool { return n == filepath.Base(path) })
			} else {
				g.Context = append(g.Context, path)
			}
		}
		if key := strings.Join(g.Files, "\x00"); !d.seen[key] {
			d.seen[key] = true
			d.add(g)
		}
	}
	if len(left) > 0 {
		d.folder(f.dir, left, true)
	}
}

// File finds the project of one file, which may be one that was only added to
// the loader.
func File(l *compose.Loader, path string, options Options) Found {
	d := newDiscoverer(l, options)
	d.choose(folder{dir: filepath.Dir(path), names: []string{filepath.Base(path)}, named: true})
	return d.found
}

// Around is the projects of one folder.
func Around(l *compose.Loader, dir string, options Options) []compose.Group {
	d := newDiscoverer(l, options)
	d.choose(folder{dir: dir, named: true})
	return d.found.Neighbours
}

func (d *discoverer) add(g compose.Group) { d.found.Groups = append(d.found.Groups, g) }

// settled adds the configured projects that a folder's files belong to. It
// returns the names that belong to none, and the first of these projects.
func (d *discoverer) settled(dir string, names []string) (left []string, first compose.Group) {
	here := names
	for i, p := range d.options.Projects {
		mine := func(n string) bool { return slices.Contains(p.Files, filepath.Join(dir, n)) }
		if !slices.ContainsFunc(here, mine) {
			continue
		}
		names = slices.DeleteFunc(slices.Clone(names), mine)
		if len(first.Files) == 0 {
			first = p
		}
		if key := fmt.Sprintf("project %d", i); !d.seen[key] {
			d.seen[key] = true
			d.add(p)
		}
	}
	return names, first
}

// other places a file that is not part of the folder's standard project.
func (d *discoverer) other(dir, name string, base compose.Group, beside []string, named bool) {
	path := filepath.Join(dir, name)
	alone := compose.Group{Dir: dir, Files: []string{path}}
	if !named && !d.named(path) {
		is, _ := d.content.Load(path)
		err, failed := is.(error)
		switch {
		case failed:
			d.found.Failures = append(d.found.Failures, fmt.Errorf("%s: %w", path, err))
		case is == false && !d.single[path]:
			d.found.Passed = append(d.found.Passed, Passed{path, Unlike})
		case is == true && d.options.Named && !d.single[path]:
			d.found.Unrecognized = append(d.found.Unrecognized, path)
		case is == true:
			d.add(alternative(path))
		}
		if failed || is == true || !d.single[path] {
			return
		}
	}
	f, err := d.loader.File(path)
	if err != nil || len(f.Problems) > 0 && (named || bytes.Contains(f.Src, []byte("services:"))) {
		d.add(alone)
		return
	}
	bare, services := bareServices(f)
	canonical := slices.Contains(canonicalNames, name)
	var told source.Span
	if below := d.namedBase(f, beside, bare, base); len(below.Files) > 0 {
		base, told = below, below.Told
	}
	switch {
	case canonical && len(base.Files) > 0 && !named:
		d.found.Notes = append(d.found.Notes, fmt.Sprintf("%s: docker compose uses %s here; this file is treated as a project of its own", path, filepath.Base(base.Files[0])))
		d.add(alone)
	case canonical || named && !services:
		d.add(alone)
	case !services && !compose.FormatOne(f):
		d.found.Passed = append(d.found.Passed, Passed{Path: path})
	case len(base.Files) > 0 && d.extendsProject(base.Files[0], bare):
		d.add(compose.Group{Dir: dir, Files: []string{base.Files[0], path}, Overlay: true, Told: told})
	case len(base.Files) == 0 && len(bare) > 0 && !extends(f):
		if over, found := d.above(dir, bare); found {
			alone = compose.Group{Dir: over.Dir, Files: []string{over.Files[0], path}, Overlay: true}
		}
		d.add(alone)
	default:
		d.add(alone)
	}
}

// isOverlay reports a file that leaves it to others what its services run.
func (d *discoverer) isOverlay(path string) bool {
	f, err := d.loader.File(path)
	if err != nil {
		return false
	}
	bare, _ := bareServices(f)
	return len(bare) > 0
}

// named reports a compose file by its name, or by the configuration.
func (d *discoverer) named(path string) bool {
	return composeName().MatchString(filepath.Base(path)) || d.files(path)
}

// extendsProject reports whether the project's file has one of the services.
func (d *discoverer) extendsProject(path string, bare []string) bool {
	f, err := d.loader.File(path)
	if err != nil || len(bare) == 0 {
		return false
	}
	known := lists.Set(bare)
	for _, doc := range f.Docs {
		for _, s := range source.Fields(source.Value(source.Root(doc), "services")) {
			if known[s.Key.Value] {
				return true
			}
		}
	}
	return false
}

// bareServices lists the services that say neither image nor build nor
// extends, and whether there is a services mapping at all.
func bareServices(f *source.File) (bare []string, services bool) {
	for _, doc := range f.Docs {
		list := source.Deref(source.Value(source.Root(doc), "services"))
		if list == nil || list.Kind != yaml.MappingNode {
			continue
		}
		services = true
		for _, s := range source.Fields(list) {
			if source.Value(s.Value, "image") == nil && source.Value(s.Value, "build") == nil && source.Value(s.Value, "extends") == nil {
				bare = append(bare, s.Key.Value)
			}
		}
	}
	return bare, services
}
