package compose

import (
	"cmp"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// Group is the files that docker compose would load together.
type Group struct {
	// Name is the project name when something settles it, "" for Compose's rule.
	Name string
	// Dir is the project's folder, absolute: relative paths start there.
	Dir string
	// Files are absolute, in load order.
	Files []string
	// EnvFiles are absolute; nil means the .env of Dir.
	EnvFiles []string
	// Profiles are those chosen for the project.
	Profiles []string
	// Deploy says how the project is started, [ByCompose] or [ByStack]; "" when only its files say.
	Deploy string
	// Overlay reports a view that adds one more file to the folder's project.
	Overlay bool
	// ByContent reports a file that is compose by its content alone: an alternative to what
	// else is in its folder.
	ByContent bool
	// Told is where a comment of the last file names the first as its base, zero where none does.
	Told source.Span
	// Context are those of Files that were not asked for: they only say what
	// the others mean.
	Context []string
	// Loads are the lines of the repository that load the group's files.
	Loads []Load
}

// Load is a line that has docker compose load files, such as one of a Makefile or an include.
type Load struct {
	File *source.File // where it is no compose file, only bytes and path
	Span source.Span
	// Files are those that it loads, Name the project name that it gives; "" for
	// Compose's rule. Profiles are those that it chooses.
	Files    []string
	Name     string
	Profiles []string
	// EnvFiles are those that it passes to docker compose.
	EnvFiles []string
	// Starts reports that it starts services in every run of its Unit: those of its
	// profiles, or only Services where there are any. Phase tells those of a unit apart
	// between which something is stopped.
	Starts   bool
	Services []string
	Unit     string
	Phase    int
	// Apart reports that the units of the file are for different machines.
	Apart bool
}

// LoadOptions say what variables are resolved with. The zero value is what
// lint wants: the project's env files and nothing of the process.
type LoadOptions struct {
	// Environ is the process environment; it wins over env files.
	Environ map[string]string
	// EnvFiles are read after each project's own .env, absolute paths.
	EnvFiles []string
	// Name is the project name given on the command line, "" for none.
	Name string
	// Alternatives are lists of profiles of which one runs at a time; nil for none.
	Alternatives [][]string
	// Deploy is that of groups which say nothing.
	Deploy string
	// Watch is called at each step of the work on a project, with its first file; nil
	// for nobody. Tests let a step fail.
	Watch func(step, path string)
}

// Loader reads files, each of them once. It may be used by several goroutines.
type Loader struct {
	options LoadOptions
	files   sync.Map // path → *opened
	plain   sync.Map // path → variable.File, of those that ask for no variable of others
}

type opened struct {
	once sync.Once
	file *source.File
	err  error
}

// NewLoader returns a Loader that has read nothing yet.
func NewLoader(options LoadOptions) *Loader { return &Loader{options: options} }

// File reads and parses a file, once. Folders and devices are refused.
func (l *Loader) File(path string) (*source.File, error) {
	return l.open(path, func() ([]byte, error) { return tree.Read(path, tree.MaxFile) })
}

// FileOf is File where the caller has read the bytes already.
func (l *Loader) FileOf(path string, src []byte) (*source.File, error) {
	return l.open(path, func() ([]byte, error) { return src, nil })
}

func (l *Loader) open(path string, read func() ([]byte, error)) (*source.File, error) {
	v, _ := l.files.LoadOrStore(path, &opened{})
	o, ok := v.(*opened)
	if !ok {
		return nil, errors.New("not a file")
	}
	o.once.Do(func() {
		src, err := read()
		if err != nil && !errors.Is(err, tree.ErrLarge) { // which parsing says
			o.err = err
			return
		}
		o.err = say.Guard(func() { o.file = source.Parse(path, src) })
	})
	return o.file, o.err
}

// Add gives the loader a file's bytes, so that it is not read from disk.
func (l *Loader) Add(path string, src []byte) {
	o := &opened{}
	o.once.Do(func() { o.err = say.Guard(func() { o.file = source.Parse(path, src) }) })
	l.files.Store(path, o)
}

// With is a loader that has read what this one has, but for some files with other
// bytes, by path. This one stays as it is.
func (l *Loader) With(changed map[string][]byte) *Loader {
	next := NewLoader(l.options)
	l.files.Range(func(path, file any) bool {
		next.files.Store(path, file)
		return true
	})
	for path, src := range changed {
		next.Add(path, src)
	}
	return next
}

// Load reads groups, several at a time, and joins those whose files meet
// into naming families. It never fails: what can't be read or loaded is in the
// Problems of its project, whose other files are still there.
func (l *Loader) Load(groups []Group) []*Project {
	projects := make([]*Project, len(groups))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range groups {
		g.Go(func() error {
			if err := say.Guard(func() { projects[i] = l.load(groups[i]) }); err != nil {
				projects[i] = broken(groups[i], say.Of(err))
			}
			return nil
		})
	}
	_ = g.Wait()
	families(projects)
	return projects
}

// broken is a project that could not be loaded for a reason of our own.
func broken(group Group, bug say.Problem) *Project {
	return &Project{
		Name: projectName(filepath.Base(group.Dir)), Dir: group.Dir, Group: group,
		Problems: []source.Problem{{File: &source.File{Path: group.Files[0]}, Message: bug.Message, Hint: bug.Hint, Unreadable: true}},
	}
}

// Step says that the work on the project is at a step, to who watches.
func (p *Project) Step(name string) {
	if p.watch != nil {
		p.watch(name, p.Group.Files[0])
	}
}

func (l *Loader) load(group Group) *Project {
	deploy := cmp.Or(group.Deploy, l.options.Deploy)
	p := &Project{Dir: group.Dir, Group: group, watch: l.options.Watch}
	p.Stack = deploy == ByStack || deploy == "" && slices.ContainsFunc(group.Files, isStack)
	p.Step("load")
	envFiles := group.EnvFiles
	if envFiles == nil {
		envFiles = []string{filepath.Join(group.Dir, ".env")}
	}
	environ := Env{environ: l.options.Environ}
	var envProblems []source.Problem
	p.Env = l.env(slices.Concat(envFiles, l.options.EnvFiles), environ.Lookup, &envProblems)
	p.Env.environ = l.options.Environ
	g := merger{
		walker:   walker{owners: map[*node]*Mapping{}, walked: map[*node]bool{}, direct: map[*node]bool{}, hidden: map[string]bool{}},
		loader:   l,
		project:  p,
		files:    map[string]*source.File{},
		extended: map[string]*services{},
		includes: map[string][]*service{},
		envs:     map[string]Env{},
		noted:    map[source.Problem]bool{},
		chains:   map[*service]chainState{},
	}
	g.problems, g.envFiles = envProblems, [][]variable.File{p.Env.files}
	own := p.Env
	g.finish(g.model(group.Files, group.Dir, own.Lookup))
	p.Swarm = p.Stack || p.Swarm && deploy != ByCompose
	p.EnvFiles = own.files
	natural := naturalName(group, p)
	p.Name = cmp.Or(l.options.Name, projectName(l.options.Environ["COMPOSE_PROJECT_NAME"]), natural)
	p.Renamed = p.Name != natural
	p.choose()
	p.alternatives = l.options.Alternatives
	p.hidden = g.hidden
	return p
}

// naturalName is the project's name when neither -p nor the environment of the
// process says another: COMPOSE_PROJECT_NAME of an env file, name:, the folder.
func naturalName(group Group, p *Project) string {
	if group.Name != "" {
		return group.Name
	}
	if _, n, ok := (Env{files: p.EnvFiles}).Setter("COMPOSE_PROJECT_NAME"); ok && n != "" {
		return projectName(n)
	}
	if p.Name != "" {
		return projectName(p.Name)
	}
	return projectName(filepath.Base(group.Dir))
}

// Main are projects without the alternatives that are compose by content alone, which
// count where there are no others.
func Main(projects []*Project) []*Project {
	if named := lists.Only(projects, func(p *Project) bool { return !p.Group.ByContent }); len(named) > 0 {
		return named
	}
	return projects
}

// families gives projects that share a folder or a file one family name: the
// first of the folders that they join.
func families(projects []*Project) {
	parent := map[string]string{}
	var root func(string) string
	root = func(dir string) string {
		up, ok := parent[dir]
		if !ok || up == dir {
			return dir
		}
		parent[dir] = root(up)
		return parent[dir]
	}
	for _, p := range projects {
		for _, f := range p.Files {
			a, b := root(p.Dir), root(filepath.Dir(f.Path))
			parent[max(a, b)] = min(a, b)
		}
	}
	for _, p := range projects {
		p.Family = root(p.Dir)
	}
}
