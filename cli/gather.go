package cli

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lint/schema"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
)

const configName = ".portmoor.yaml"

// workspace is what a command works on.
type workspace struct {
	base     string // the working folder
	config   config.Config
	home     string // the folder that the configuration's paths are relative to
	loader   *compose.Loader
	projects []*compose.Project
	strategy map[*compose.Project]strategies.Strategy
	// neighbours are the other projects of the folders: variables are named for
	// all of a folder, also when only some of its files were asked for.
	neighbours []*compose.Project
	nearby     []compose.Group
	context    map[string]bool // files that only say what others mean
	stdin      string          // the path that standard input is the text of, "" for none
	baseline   map[string]bool // fingerprints of known findings; nil without a baseline
	known      int             // findings that the baseline left out
	unnamed    []string        // files that are compose by content but not by name
}

// open finds and loads the projects that the arguments name.
func (c *commands) open(ctx *cli.Context) (*workspace, error) {
	if err := cmp.Or(oneOf(ctx, "strategy", strategyNames), oneOf(ctx, "color", colorNames)); err != nil {
		return nil, err
	}
	paths, err := c.pathsOf(ctx)
	if err != nil {
		return nil, err
	}
	w := &workspace{context: map[string]bool{}}
	if w.base, err = os.Getwd(); err != nil {
		return nil, err
	}
	if err := w.configure(ctx.String("config"), cmp.Or(ctx.String("stdin-filename"), paths[0])); err != nil {
		return nil, err
	}
	if ctx.Command.Name == "reconcile" && ctx.Args().Len() == 0 && len(ctx.StringSlice("file")) == 0 && w.config.Path != "" {
		paths = []string{w.home} // its sources are those of the whole folder
	}
	go schema.Prepare() // takes as long as reading a hundred files
	w.loader = compose.NewLoader(compose.LoadOptions{EnvFiles: w.absolute(w.config.EnvFiles)})
	if paths[0] == "-" {
		if paths, err = c.readStdin(ctx, w); err != nil {
			return nil, err
		}
	}
	groups, err := c.groups(ctx, w, paths)
	if err != nil {
		return nil, err
	}
	for i := range groups {
		groups[i].Profiles = slices.Concat(groups[i].Profiles, ctx.StringSlice("profile"))
	}
	all := w.loader.Load(slices.Concat(groups, w.around(groups)))
	w.projects, w.neighbours = all[:len(groups)], all[len(groups):]
	for _, g := range groups {
		for _, path := range g.Context {
			w.context[path] = true
		}
	}
	c.notes(w)
	c.unnamed(ctx, w)
	return w, w.choose(ctx.String("strategy"), c.Environ, ctx.Command.Name != "lint")
}

// readStdin takes standard input for the text of a file, which need not exist.
func (c *commands) readStdin(ctx *cli.Context, w *workspace) ([]string, error) {
	src, err := tree.ReadStream(c.In, tree.MaxFile)
	if err != nil {
		return nil, say.Failf("", "standard input: %s", err)
	}
	w.stdin = tree.Absolute(w.base, cmp.Or(ctx.String("stdin-filename"), "<stdin>"))[0]
	w.loader.Add(w.stdin, src)
	return []string{w.stdin}, nil
}

// configure reads the configuration: the file named, or the nearest one.
func (w *workspace) configure(named, path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	for !tree.Exists(abs) { // standard input may be a file to come
		abs = filepath.Dir(abs)
	}
	found := named
	if named == "" {
		if found, err = config.Find(abs); err != nil {
			return say.Failf("", "%s", err)
		}
	}
	if found == "" {
		w.home = tree.Root(tree.Folder(abs))
		if yml := filepath.Join(w.home, ".portmoor.yml"); tree.Exists(yml) {
			return say.Usagef("rename it", "%s: is not read, since the configuration is called %s", w.show(yml), configName)
		}
		return nil
	}
	if found, err = filepath.Abs(found); err != nil {
		return err
	}
	w.home = filepath.Dir(found)
	if w.config, err = config.Load(found); err != nil {
		return err
	}
	if err = w.config.CheckRules(ruleOptions()); err != nil {
		return err
	}
	for _, p := range w.config.Projects {
		for _, f := range append(w.absolute(p.Files), w.absolute(p.EnvFiles)...) {
			if !tree.Exists(f) {
				return say.Usagef("correct the path: it is relative to the configuration", "%s: projects: %s: no such file", w.show(found), w.show(f))
			}
		}
	}
	return nil
}

// groups discovers the projects, or takes the one that -f names.
func (c *commands) groups(ctx *cli.Context, w *workspace, paths []string) ([]compose.Group, error) {
	if files := ctx.StringSlice("file"); len(files) > 0 {
		abs := tree.Absolute(w.base, files...)
		w.nearby = discover.Around(w.loader, filepath.Dir(abs[0]), discover.Options{Options: tree.Options{Base: w.home, Ignore: w.config.Ignore}, Files: w.config.Files})
		return []compose.Group{{Dir: filepath.Dir(abs[0]), Files: abs}}, nil
	}
	options := discover.Options{Options: tree.Options{Base: w.home, Ignore: w.config.Ignore}, Files: w.config.Files, Projects: w.configured()}
	if w.stdin != "" && !tree.Exists(w.stdin) {
		found := discover.File(w.loader, w.stdin, options)
		w.nearby = found.Neighbours
		return found.Groups, nil
	}
	found, err := discover.Find(w.loader, paths, options)
	if err != nil {
		return nil, say.Usagef("name a compose file or a folder that has one", "%s", err)
	}
	c.discovered(ctx, w, found)
	w.unnamed, w.nearby = found.Unnamed, found.Neighbours
	if len(found.Groups) == 0 {
		if ctx.Command.Name == "reconcile" && len(w.config.Sources) > 0 {
			return nil, nil // which have the ports
		}
		if c.code == exitFailure || len(found.Ignored) > 0 {
			return nil, nil
		}
		return nil, say.Usagef("name a compose file, or list it under files in "+configName, "%s: no compose files here", strings.Join(paths, ", "))
	}
	return once(found.Groups), nil
}

// around are the projects beside those that were asked for.
func (w *workspace) around(groups []compose.Group) []compose.Group {
	return slices.DeleteFunc(once(slices.Clone(w.nearby)), func(n compose.Group) bool {
		return slices.ContainsFunc(groups, func(g compose.Group) bool { return slices.Equal(g.Files, n.Files) })
	})
}

// mine reports a file that was asked for, or that one of those reaches.
func (w *workspace) mine(f *source.File) bool { return !w.context[f.Path] }

// once drops the groups that are reached a second time, through a linked folder.
func once(groups []compose.Group) []compose.Group {
	seen := map[string]bool{}
	return slices.DeleteFunc(groups, func(g compose.Group) bool {
		var key strings.Builder
		for _, f := range g.Files {
			dir := filepath.Dir(f)
			if target, err := filepath.EvalSymlinks(dir); err == nil {
				dir = target
			}
			fmt.Fprintf(&key, "%q", filepath.Join(dir, filepath.Base(f)))
		}
		repeated := seen[key.String()]
		seen[key.String()] = true
		return repeated
	})
}

// configured are the projects that the configuration settles.
func (w *workspace) configured() []compose.Group {
	groups := make([]compose.Group, 0, len(w.config.Projects))
	for _, p := range w.config.Projects {
		files := w.absolute(p.Files)
		groups = append(groups, compose.Group{
			Name: p.Name, Dir: filepath.Dir(files[0]), Files: files, EnvFiles: w.absolute(p.EnvFiles), Profiles: p.Profiles,
		})
	}
	return groups
}

func (w *workspace) absolute(paths []string) []string { return tree.Absolute(w.home, paths...) }

// discovered tells what discovery came upon.
func (c *commands) discovered(ctx *cli.Context, w *workspace, found discover.Found) {
	for _, err := range found.Failures {
		c.say(w.shorten(err.Error()), "")
		c.fail(exitFailure)
	}
	for _, n := range found.Notes {
		c.say(w.shorten(n), "")
	}
	if ctx.Bool("verbose") {
		for _, p := range found.Ignored {
			c.say(w.show(p)+": the configuration ignores it", "")
		}
		for _, p := range found.Passed {
			c.say(w.show(p)+": has no services, passed over", "")
		}
	}
}

// unnamed tells which files are compose by content but were neither taken nor
// reached by one that was.
func (c *commands) unnamed(ctx *cli.Context, w *workspace) {
	reached := map[string]bool{}
	for _, p := range w.projects {
		for _, f := range p.Files {
			reached[f.Path] = true
		}
	}
	paths := slices.DeleteFunc(slices.Clone(w.unnamed), func(p string) bool { return reached[p] })
	if n := len(paths); n > 0 {
		c.say(fmt.Sprintf("%s: %s compose by content but not by name, not taken", listed(w, paths, ctx.Bool("verbose")), are(n)),
			"name them as arguments, or list them under files in "+configName)
	}
}

// listed names paths, of many only the first three.
func listed(w *workspace, paths []string, all bool) string {
	var names []string
	for _, p := range paths {
		names = append(names, w.show(p))
	}
	if most := 3; len(names) > most+1 && !all {
		names = append(names[:most], fmt.Sprintf("and %d more", len(paths)-most))
	}
	return strings.Join(names, ", ")
}

func are(n int) string {
	if n == 1 {
		return "1 file is"
	}
	return fmt.Sprintf("%d files are", n)
}

// notes tells what the projects' users should know, each line once.
func (c *commands) notes(w *workspace) {
	said := map[string]bool{}
	for _, p := range w.projects {
		for _, n := range p.Notes {
			if !said[n] {
				said[n] = true
				c.say(w.shorten(n), "")
			}
		}
	}
}

// choose settles each project's strategy: the flag, else
// PORT_ALLOCATION_STRATEGY, else the configuration, else auto. Lint does not
// ask the process environment: the same files give the same answer everywhere.
func (w *workspace) choose(flag string, environ []string, process bool) error {
	const variable = "PORT_ALLOCATION_STRATEGY"
	w.strategy = map[*compose.Project]strategies.Strategy{}
	for _, p := range w.projects {
		name, from := "auto", ""
		if w.config.Strategy != "" {
			name = w.config.Strategy
		}
		if f, v, ok := p.Env.Setter(variable); ok && v != "" {
			line, _ := f.File.Position(f.Line(variable).Start)
			name, from = v, fmt.Sprintf("%s:%d: %s: ", w.show(f.File.Path), line, variable)
		}
		for _, e := range environ {
			if v, ok := strings.CutPrefix(e, variable+"="); ok && v != "" && process {
				name, from = v, variable+": "
			}
		}
		if flag != "" {
			name, from = flag, "--strategy: "
		}
		s, err := strategies.Parse(name)
		if err != nil {
			return say.Usagef("choose one of the three", "%s%s", from, err)
		}
		w.strategy[p] = s
	}
	return nil
}

// show is a path as users see it: relative to the working folder, with slashes.
func (w *workspace) show(path string) string {
	rel, err := filepath.Rel(w.base, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// shorten shows the absolute path that opens a message.
func (w *workspace) shorten(message string) string {
	if path, rest, ok := strings.Cut(message, ": "); ok && filepath.IsAbs(path) {
		return w.show(path) + ": " + rest
	}
	return message
}

// place is where something stands, as path:line:column.
func (w *workspace) place(f *source.File, span source.Span) string {
	line, column := f.Position(span.Start)
	return fmt.Sprintf("%s:%d:%d", w.show(f.Path), line, column)
}
