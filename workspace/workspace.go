// Package workspace is what a command is about: the configuration, and the
// projects that the command line names or that docker compose would find.
//
// The model: a [Request] is values, which the command line has read from its flags.
// [Open] finds, reads and loads everything that it names; [OpenOne] finds the one
// project that docker compose would start. Both read files and print nothing: what
// somebody should know comes back beside the result.
//
//	w, notes, err := workspace.Open(workspace.Request{Dir: dir, Paths: []string{"."}})
//	for _, p := range w.Projects {
//		…
//	}
package workspace

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
)

// StrategyVariable is the variable, of the process or an env file, that says what host
// ports should be written as.
const StrategyVariable = "PORT_ALLOCATION_STRATEGY"

// Request says what a command is about. The zero value of everything but Dir is
// what a command without flags is about.
type Request struct {
	// Dir is the working folder, absolute; other paths are relative to it.
	Dir string
	// Paths are files and folders to look for projects in; nil for Dir.
	Paths []string
	// Files are the files of one project, in load order, as -f has them.
	Files []string
	// EnvFiles take the place of .env; Profiles are chosen besides the configured ones.
	EnvFiles, Profiles []string
	// Listed are env files, absolute, that are read as if the configuration had them last.
	Listed []string
	// Config is the configuration; "" for the nearest one.
	Config string
	// Name is the name of the project; "" for Compose's rule.
	Name string
	// Stack is the stack of a swarm that the one project is; "" for none.
	Stack string
	// PortsFile is where the ports of the one project are remembered; "" for what the
	// environment or the configuration says.
	PortsFile string
	// Strategy is that of every project; "" for what environment and configuration say.
	Strategy string
	// Environ is the environment of the process; nil for lint, where the same files
	// give the same answer.
	Environ map[string]string
	// Git is the environment of the process as Git sees it, which says where its own
	// settings are; nil for those of the repository alone.
	Git map[string]string
	// Stdin is the text of the file StdinName, which need not exist; nil when
	// standard input is not read.
	Stdin     []byte
	StdinName string
	// Rules are the rules of lint and the options of each, which the configuration is
	// checked against; nil for no check.
	Rules map[string][]string
	// Isolate says whether the one project runs beside other checkouts of its files.
	Isolate Isolate
	// Except are files that no project has: what the command is about to write.
	Except []string
	// Whole is about the whole folder of the configuration, when nothing is named.
	Whole bool
	// MayBeEmpty reports that no compose file is needed where the configuration has
	// sources.
	MayBeEmpty bool
	// Empty reports that no compose file is needed.
	Empty bool
	// Watch is called at each step of the work on a project; nil for nobody.
	Watch func(step, path string)
	// Verbose has every file named in notes, and those that are passed over.
	Verbose bool
}

// Workspace is what a command works on.
type Workspace struct {
	// Dir is the working folder, and Home the one that the configuration's paths are
	// relative to; both are absolute.
	Dir, Home string
	// About is what commands are about that are to be about the same.
	About    say.About
	Config   config.Config
	Projects []*compose.Project
	// Neighbours are the other projects of the folders: variables are named for all
	// of a folder, also when only some of its files were asked for.
	Neighbours []*compose.Project
	// Strategies are what the host ports of each project should be written as.
	Strategies map[*compose.Project]strategies.Strategy
	// Stdin is the path that standard input is the text of, "" for none.
	Stdin string
	// Unseen is what could not be looked at or was not, each with its path as the place;
	// say.Failure where that fails the run.
	Unseen []say.Problem
	// Bounds are what may be written, and whose text may be shown: the repositories that
	// were asked about, and the files that the request names.
	Bounds tree.Bounds
	// Isolation is that of the one project; nil when it is taken as docker compose finds it.
	Isolation *Isolation

	isolate Isolate
	ignored map[string]bool // by path, whether Git does not see it

	portsFile string // that the request or the environment names; "" for the configured one

	alone   bool // it is about one project, found as docker compose finds it
	loader  *compose.Loader
	environ map[string]string
	git     map[string]string
	context map[string]bool     // files that only say what others mean
	shared  map[string][]string // env files beside compose files, by folder
}

// Open finds and loads the projects that a request names, with notes for people:
// of the kind [say.Failure] where something could not be read. The error is about
// a path that does not exist, a configuration that is wrong, or a folder that has
// no compose file.
func Open(r Request) (w *Workspace, notes []say.Problem, err error) {
	paths, err := r.paths()
	if err != nil {
		return nil, nil, err
	}
	about := paths
	if r.StdinName != "" {
		about = []string{r.StdinName}
	}
	w = &Workspace{Dir: r.Dir, Bounds: r.bounds(tree.Absolute(r.Dir, about...)...), About: r.Command(), git: r.Git, context: map[string]bool{}}
	if err := w.configure(r, about[0]); err != nil {
		return nil, nil, err
	}
	w.Config.EnvFiles = append(w.Config.EnvFiles, lists.Map(r.Listed, func(f string) string { return say.Path(w.Home, f) })...)
	if r.Whole && r.Paths == nil && r.Files == nil && w.Config.Path != "" {
		paths = []string{w.Home}
	}
	w.loader = compose.NewLoader(compose.LoadOptions{EnvFiles: w.Absolute(w.Config.EnvFiles...), Alternatives: w.Config.Alternatives, Deploy: w.Config.Deploy, Watch: r.Watch})
	if r.Stdin != nil {
		w.Stdin = tree.Absolute(r.Dir, cmp.Or(r.StdinName, "<stdin>"))[0]
		w.loader.Add(w.Stdin, r.Stdin)
		paths = []string{w.Stdin}
	}
	found, err := w.find(r, paths)
	notes = w.found(r, found)
	if err != nil {
		return nil, notes, err
	}
	groups := once(found.Groups)
	sources := r.Empty || r.MayBeEmpty && len(w.Config.Sources) > 0
	if len(groups) == 0 && !sources && len(found.Failures)+len(found.Ignored) == 0 && !slices.ContainsFunc(found.Passed, discover.Passed.Said) {
		return nil, append(notes, w.loaded(r, found.Unrecognized)...), r.noFiles(paths)
	}
	for i := range groups {
		groups[i].Profiles = slices.Concat(groups[i].Profiles, r.Profiles)
	}
	all := w.loader.Load(slices.Concat(groups, around(groups, found.Neighbours)))
	w.keepPrivate(all)
	w.Projects, w.Neighbours = all[:len(groups)], all[len(groups):]
	w.Projects = slices.DeleteFunc(w.Projects, parts(all))
	for _, g := range groups {
		lists.Add(w.context, g.Context...)
	}
	return w, append(notes, w.loaded(r, found.Unrecognized)...), w.choose(r)
}

// paths are the files and folders of a request, at least one, all of which exist.
func (r Request) paths() ([]string, error) {
	paths := slices.Concat(r.Files, r.Paths)
	if r.Stdin != nil || len(paths) == 0 {
		return []string{"."}, nil
	}
	for _, path := range paths {
		switch info, err := os.Stat(tree.Absolute(r.Dir, path)[0]); {
		case errors.Is(err, fs.ErrPermission):
			return nil, say.Failf("", "%s: permission denied", path)
		case err != nil:
			return nil, say.Usagef("name a compose file or a folder that has one", "%s: no such file or folder", path)
		case info.IsDir() && len(r.Files) > 0:
			return nil, say.Usagef("name a compose file", "%s: is a folder, and -f takes files", path)
		}
	}
	return paths, nil
}

// noFiles is the error that there is no compose file. Where sources would do, they are
// named.
func (r Request) noFiles(paths []string) error {
	hint := "name a compose file, or list it under files in " + config.Name
	if r.MayBeEmpty {
		hint = "name a compose file, or the files that hold the ports under sources in " + config.Name + "; to see what that may be: " + r.Command().Portmoor("reconcile", "--suggest-sources")
	}
	return say.Usagef(hint, "%s: no compose files here", strings.Join(paths, ", "))
}

// bounds are those of a request that is about some paths: the repositories that they are
// in, else their folders, and the files that the request names.
func (r Request) bounds(paths ...string) tree.Bounds {
	var folders []string
	for _, path := range paths {
		if !tree.Exists(path) { // standard input may be a file to come
			path = filepath.Dir(path)
		}
		folders = append(folders, tree.Folder(path))
	}
	named := slices.Concat(r.Files, r.Paths)
	if r.Config != "" {
		named = append(named, r.Config)
	}
	return tree.BoundsOf(folders...).And(tree.Absolute(r.Dir, named...)...)
}

// configure reads the configuration: the file named, or the nearest one to a path.
func (w *Workspace) configure(r Request, path string) error {
	abs := tree.Absolute(r.Dir, path)[0]
	for !tree.Exists(abs) { // standard input may be a file to come
		abs = filepath.Dir(abs)
	}
	found := r.Config
	if found == "" {
		near, err := config.Find(abs)
		if err != nil {
			return err
		}
		if near != "" && !w.Bounds.Has(near) {
			return say.Failf("name it with --config if it should be read", "%s: %s", near, w.Bounds.Outside())
		}
		found = near
	}
	if found == "" {
		w.Home = tree.Root(tree.Folder(abs))
		if yml := filepath.Join(w.Home, ".portmoor.yml"); tree.Exists(yml) {
			return say.Usagef("rename it", "%s: is not read, since the configuration is called %s", yml, config.Name)
		}
		return nil
	}
	found = tree.Absolute(r.Dir, found)[0]
	w.Home = filepath.Dir(found)
	read, err := config.Load(found)
	if err != nil {
		return err
	}
	w.Config = read
	if r.Rules != nil {
		if err := w.Config.CheckRules(r.Rules); err != nil {
			return err
		}
	}
	for _, p := range w.Config.Projects {
		for _, f := range append(w.Absolute(p.Files...), w.Absolute(p.EnvFiles...)...) {
			if !tree.Exists(f) {
				return say.Usagef("correct the path: it is relative to the configuration", "%s: projects: %s: no such file", found, w.Show(f))
			}
		}
	}
	return nil
}

// find discovers the projects, or takes the one that -f names.
func (w *Workspace) find(r Request, paths []string) (discover.Found, error) {
	options := w.discovery()
	if len(r.Files) > 0 {
		abs := tree.Absolute(r.Dir, r.Files...)
		dir := filepath.Dir(abs[0])
		return discover.Found{Groups: []compose.Group{{Dir: dir, Files: abs}}, Neighbours: discover.Around(w.loader, dir, options)}, nil
	}
	options.Projects = w.configured()
	if w.Stdin != "" && !tree.Exists(w.Stdin) {
		return discover.File(w.loader, w.Stdin, options), nil
	}
	found, err := discover.Find(w.loader, tree.Absolute(r.Dir, paths...), options)
	if err != nil {
		return found, say.Usagef("name a compose file or a folder that has one", "%s", err)
	}
	return found, nil
}

func (w *Workspace) discovery() discover.Options {
	return discover.Options{Options: w.Tree(), Files: w.Config.Files, Named: w.Config.ByName()}
}

// Tree says what is passed over in the workspace's folders.
func (w *Workspace) Tree() tree.Options {
	return tree.Options{Base: w.Home, Ignore: w.Config.Ignore, Environ: w.git}
}

// configured are the projects that the configuration settles.
func (w *Workspace) configured() []compose.Group {
	return lists.Map(w.Config.Projects, func(p config.Project) compose.Group {
		files := w.Absolute(p.Files...)
		return compose.Group{Name: p.Name, Dir: filepath.Dir(files[0]), Files: files, EnvFiles: w.Absolute(p.EnvFiles...), Profiles: p.Profiles, Deploy: p.Deploy}
	})
}

// once drops the groups that are reached a second time, through a linked folder.
func once(groups []compose.Group) []compose.Group {
	seen := map[string]bool{}
	return slices.DeleteFunc(groups, func(g compose.Group) bool {
		var key strings.Builder
		for _, f := range g.Files {
			fmt.Fprintf(&key, "%q", filepath.Join(tree.Resolved(filepath.Dir(f)), filepath.Base(f)))
		}
		repeated := seen[key.String()]
		seen[key.String()] = true
		return repeated
	})
}

// parts tells files that are compose by content and that another project includes: they
// are a part of that one, with its variables.
func parts(all []*compose.Project) func(p *compose.Project) bool {
	includers := map[string][]*compose.Project{}
	for _, p := range all {
		extended := lists.Set(lists.Map(p.Bases, func(b compose.Base) *source.File { return b.File }))
		for _, f := range p.Files {
			if !slices.Contains(p.Group.Files, f.Path) && !extended[f] {
				includers[f.Path] = append(includers[f.Path], p)
			}
		}
	}
	part := map[*compose.Project]bool{}
	for _, p := range all {
		whole := func(by *compose.Project) bool { return by != p && !part[by] } // of two that include each other, one stays
		part[p] = p.Group.ByContent && slices.ContainsFunc(includers[p.Group.Files[0]], whole)
	}
	return func(p *compose.Project) bool { return part[p] }
}

// around are the projects beside those that were asked for.
func around(groups, near []compose.Group) []compose.Group {
	return slices.DeleteFunc(once(slices.Clone(near)), func(n compose.Group) bool {
		return slices.ContainsFunc(groups, func(g compose.Group) bool { return slices.Equal(g.Files, n.Files) })
	})
}

// choose settles each project's strategy: that of the request, else
// PORT_ALLOCATION_STRATEGY in the process environment, else in an env file, else
// the configuration, else auto.
func (w *Workspace) choose(r Request) error {
	w.Strategies = map[*compose.Project]strategies.Strategy{}
	for _, p := range w.Projects {
		name, from, secret := cmp.Or(w.Config.Strategy, "auto"), "", false
		if f, v, ok := p.Env.Setter(StrategyVariable); ok && v != "" {
			line, _ := f.File.Position(f.Line(StrategyVariable).Start)
			name, from, secret = v, fmt.Sprintf("%s:%d: %s: ", f.File.Path, line, StrategyVariable), true
		}
		if v := r.Environ[StrategyVariable]; v != "" {
			name, from, secret = v, StrategyVariable+": ", false
		}
		if r.Strategy != "" {
			name, from, secret = r.Strategy, "--strategy: ", false
		}
		s, err := strategies.Parse(name)
		if err != nil && secret { // whatever a variable holds is not repeated
			err = errors.New("the strategy is not auto, hybrid or dynamic")
		}
		if err != nil {
			return say.Usagef("choose one of the three", "%s%s", from, err)
		}
		w.Strategies[p] = s
	}
	return nil
}

// Asked reports a file that was asked for, or that one of those reaches.
func (w *Workspace) Asked(f *source.File) bool { return !w.context[f.Path] }

// FilesAsked counts the compose files that were asked for.
func (w *Workspace) FilesAsked() int {
	asked := map[string]bool{}
	for _, p := range w.Projects {
		for _, f := range p.Files {
			if w.Asked(f) {
				asked[f.Path] = true
			}
		}
	}
	return len(asked)
}

// StdinText is what standard input was read as; nil when it was not read.
func (w *Workspace) StdinText() []byte {
	if w.Stdin == "" {
		return nil
	}
	f, err := w.loader.File(w.Stdin)
	if err != nil {
		return nil
	}
	return f.Src
}

// Examples are the example env files of a folder.
func (w *Workspace) Examples(dir string) []variable.File {
	examples := w.loader.Examples(dir)
	for _, e := range examples {
		w.Mark(e.File)
	}
	return examples
}

// Mark marks a file that is not within the bounds, whose text is not to be shown.
func (w *Workspace) Mark(f *source.File) { f.Outside = !w.Bounds.Has(f.Path) && f.Path != w.Stdin }

// keepPrivate marks the files of projects that are not within the bounds, and takes the
// text out of what is said about them.
func (w *Workspace) keepPrivate(projects []*compose.Project) {
	for _, p := range projects {
		for _, f := range p.Files {
			w.Mark(f)
		}
		for _, e := range p.Env.Files() {
			w.Mark(e.File)
		}
		for i, q := range p.Problems {
			if w.Mark(q.File); q.File.Outside && !q.Unreadable {
				p.Problems[i].Service, p.Problems[i].Message, p.Problems[i].Hint = "", "is not as docker compose wants it, and outside the repository: its text is not shown", ""
			}
		}
		for i, q := range p.Unseen {
			if w.Mark(q.File); q.File.Outside {
				p.Unseen[i].Message, p.Unseen[i].Hint = "is not read whole", ""
			}
		}
		for i, m := range p.Mappings {
			if m.File.Outside && m.Invalid != "" {
				p.Mappings[i].Invalid, p.Mappings[i].Locked = "is not valid", "it is not valid"
			}
		}
	}
}

// With is the workspace as it would be if files held other bytes, by path. Nothing
// is written.
func (w *Workspace) With(changed map[string][]byte) *Workspace {
	loader := w.loader.With(changed)
	groups := lists.Map(slices.Concat(w.Projects, w.Neighbours), func(p *compose.Project) compose.Group { return p.Group })
	n, all := len(w.Projects), loader.Load(groups)
	next := *w
	next.loader = loader
	next.keepPrivate(all)
	next.Projects, next.Neighbours = all[:n], all[n:]
	next.Strategies = map[*compose.Project]strategies.Strategy{}
	for i, p := range next.Projects {
		next.Strategies[p] = w.Strategies[w.Projects[i]]
	}
	return &next
}
