package discover

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover/commands"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// loading is what a repository says of how its files are loaded, as far as somebody
// has asked.
type loading struct {
	sets   map[string][]compose.Group // files that are loaded together, by the folder that says so
	called map[string][]compose.Group // those that the commands in one folder load
	// describing are the names of what may describe such sets, by folder that was looked at
	describing map[string][]string
	loads      []compose.Load  // the lines that say so, in the order in which they were met
	single     map[string]bool // files that are loaded alone
	there      map[string]bool // by path: whether it is a file to read
}

// Of the lines of one group no more are kept, and no longer text is read for them: far
// above what people write.
const (
	maxLoads  = 100
	maxCaller = 256 << 10
)

// callersBelow are the folders in which a folder's own commands stand.
var callersBelow = []string{".", "scripts", "bin", ".github/workflows"}

// calledIn are the sets that the commands in one folder load.
func (d *discoverer) calledIn(dir string) (sets []compose.Group) {
	if sets, known := d.called[dir]; known {
		return sets
	}
	for _, name := range d.describers(dir) {
		path := filepath.Join(dir, name)
		if !commands.Named(dir, name) {
			continue
		}
		src, err := tree.Read(path, maxCaller)
		if err != nil {
			continue
		}
		if calls := commands.Read(path, src); len(calls) > 0 && !d.ignores(path) {
			sets = append(sets, d.loadedBy(&source.File{Path: path, Src: src, Private: compose.IsEnvFile(name)}, calls)...)
		}
	}
	d.called[dir] = sets
	return sets
}

// loadedBy are the sets that a file's calls load, and notes what each does.
func (d *discoverer) loadedBy(file *source.File, calls []commands.Command) (sets []compose.Group) {
	phases, known := map[string]int{}, map[string]bool{}
	for _, c := range calls {
		if c.Stops {
			phases[c.Unit]++
		}
		set, env, ok := d.loadedOf(file.Path, c)
		if !ok {
			continue
		}
		d.loads = append(d.loads, compose.Load{
			File: file, Span: lineAt(file.Src, c.At), Files: set.Files, Name: c.Name, Profiles: c.Profiles, Services: c.Services, EnvFiles: env,
			Starts: c.Starts, Unit: c.Unit, Phase: phases[c.Unit], Apart: c.Apart,
		})
		if c.Waits {
			phases[c.Unit]++ // what is behind it runs when that has ended
		}
		switch key := strings.Join(set.Files, "\x00"); {
		case len(set.Files) == 1:
			d.single[set.Files[0]] = true
		case !known[key]:
			known[key] = true
			sets = append(sets, set)
		}
	}
	return sets
}

// lineAt is the line of a text that a place is in, without the blanks around it.
func lineAt(src []byte, at int) source.Span {
	start := bytes.LastIndexByte(src[:at], '\n') + 1
	end := len(src)
	if n := bytes.IndexByte(src[at:], '\n'); n >= 0 {
		end = at + n
	}
	line := src[start:end]
	start += len(line) - len(bytes.TrimLeft(line, " \t"))
	return source.Span{Start: start, End: max(start, end-(len(line)-len(bytes.TrimRight(line, " \t\r"))))}
}

// loadedOf is what a command loads, and the env files that it passes; false where that is not certain: a file that is not
// there, or is there as seen from several folders.
func (d *discoverer) loadedOf(path string, c commands.Command) (set compose.Group, env []string, ok bool) {
	own, found := filepath.Dir(path), 0
	root := d.bound(own)
	for at := own; found < 2; at = filepath.Dir(at) {
		if g, files, is := d.loadedFrom(at, own, root, c); is && !slices.Equal(g.Files, set.Files) {
			set, env = g, files
			found++
		}
		if at == root || at == filepath.Dir(at) {
			break
		}
	}
	return set, env, found == 1
}

// loadedFrom is what a command of a file in folder own loads when that is called from a folder.
func (d *discoverer) loadedFrom(at, own, root string, c commands.Command) (set compose.Group, env []string, ok bool) {
	from := func(in, text string) string {
		switch {
		case strings.HasPrefix(text, commands.Here):
			return filepath.Join(own, filepath.FromSlash(text[len(commands.Here):]))
		case strings.HasPrefix(text, commands.Top):
			return filepath.Join(root, filepath.FromSlash(text[len(commands.Top):]))
		}
		return tree.Absolute(in, filepath.FromSlash(text))[0]
	}
	in := at
	if c.In != "" {
		in = from(at, c.In)
	}
	for _, text := range c.EnvFiles {
		if file := from(in, text); d.usable(root, file) {
			env = append(env, file)
		}
	}
	if c.Files == nil {
		if !strings.HasPrefix(c.In, commands.Here) && !strings.HasPrefix(c.In, commands.Top) {
			return set, nil, false
		}
		if set, ok = byEnvFile(d.loader, in); !ok {
			set, ok = ByName(in)
		}
		return set, env, ok && !slices.ContainsFunc(set.Files, func(f string) bool { return !d.usable(root, f) })
	}
	if set, ok = d.together(root, lists.Map(c.Files, func(f string) string { return from(in, f) })); !ok {
		return set, nil, false
	}
	if dir := from(in, c.Dir); c.Dir != "" && tree.Within(root, dir) {
		set.Dir = dir
	}
	set.EnvFiles = env
	return set, env, true
}

// once are groups of which each has other files; one that Compose finds by itself goes
// before a set.
func once(groups []compose.Group) (kept []compose.Group) {
	at := map[string]int{}
	for _, g := range groups {
		key := strings.Join(g.Files, "\x00")
		i, met := at[key]
		switch {
		case !met:
			at[key] = len(kept)
			kept = append(kept, g)
		case kept[i].Overlay:
			kept[i] = g
		}
	}
	return kept
}

// attach notes at each project which lines load it. One file that is loaded alone belongs
// to the first project that begins with it.
func (d *discoverer) attach() {
	d.found.Groups = once(d.found.Groups)
	whole, first := map[string][]int{}, map[string]int{}
	for i := range d.found.Groups {
		g := &d.found.Groups[i]
		g.Loads = nil
		key := strings.Join(g.Files, "\x00")
		whole[key] = append(whole[key], i)
		if _, is := first[g.Files[0]]; !is || len(g.Files) == 1 {
			first[g.Files[0]] = i
		}
	}
	for _, l := range d.loads {
		at, is := whole[strings.Join(l.Files, "\x00")]
		if i, begins := first[l.Files[0]]; !is && begins && len(l.Files) == 1 {
			at = []int{i}
		}
		for _, i := range at {
			if g := &d.found.Groups[i]; len(g.Loads) < maxLoads {
				g.Loads = append(g.Loads, l)
			}
		}
	}
}
