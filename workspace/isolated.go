package workspace

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// IsolateVariable is what, in the environment of the process, has up and detect isolate the checkout.
const IsolateVariable = "PORTMOOR_ISOLATE"

// nameVariable names the project for docker compose.
const nameVariable = "COMPOSE_PROJECT_NAME"

// Isolate is what a request says about running beside other checkouts.
type Isolate int

// What a request can say.
const (
	AsBefore    Isolate = iota // a checkout that was isolated stays so
	Isolated                   // it is from now on
	NotIsolated                // the project is taken as docker compose finds it
)

// Isolation is what is remembered of a checkout that runs beside others of the same
// files, in a folder of its own that Git does not see.
type Isolation struct {
	// Version is that of the file.
	Version int `json:"version"`
	// Checkout is the project's folder, without links, and File its first compose file,
	// relative to that.
	Checkout string `json:"checkout"`
	File     string `json:"file"`
	// Given is the name that -p or the environment gave the project, "" for none.
	Given string `json:"given,omitempty"`
	// Name is the project's name in this checkout.
	Name string `json:"name"`
	// Settled reports that the name is decided; before, it is only said to others.
	Settled bool `json:"settled"`
	// Natural reports that it is the name that docker compose gives it too.
	Natural bool `json:"natural,omitempty"`
	// Apart reports that whatever has a fixed name in the files gets one of the project's.
	Apart bool `json:"apart,omitempty"`
	// Keeps are the fixed names of a project that is not apart: "container web".
	Keeps []string `json:"keeps,omitempty"`
	// Files are the compose files that -f or the environment named, absolute; nil for those
	// that docker compose finds by itself.
	Files []string `json:"files,omitempty"`

	// Folder is where all this is remembered.
	Folder string `json:"-"`
}

const isolationFile = "checkout.json"

// Path is a file of the isolation's own.
func (i *Isolation) Path(name string) string { return filepath.Join(i.Folder, name) }

// Override is the compose file that isolates the checkout, which is not there when nothing
// has to change.
func (i *Isolation) Override() string { return i.Path("override.yaml") }

// Overrides is the override, if it is there; nil for a nil Isolation.
func (i *Isolation) Overrides() []string {
	if i == nil || !tree.Exists(i.Override()) {
		return nil
	}
	return []string{i.Override()}
}

// StateFile is the file that holds the isolation.
func (i *Isolation) StateFile() string { return i.Path(isolationFile) }

// Own are all files that Portmoor makes in the folder.
func (i *Isolation) Own() []string {
	return []string{i.Override(), i.Path("ports.json"), i.Path("ports.json.bak"), i.Path("ports.env"), i.StateFile()}
}

// Checkouts is the folder of all isolations of the machine: beside its ledger.
func Checkouts(dir string, environ map[string]string) (string, error) {
	ledger, err := Ledger(dir, environ)
	return filepath.Join(filepath.Dir(ledger), "checkouts"), err
}

// Isolations are those in a folder of isolations, sorted by their folders. What can't be
// read is none.
func Isolations(root string) (all []*Isolation) {
	entries, _ := os.ReadDir(root) // without it there are none
	for _, e := range entries {
		if i := readIsolation(filepath.Join(root, e.Name())); i != nil {
			all = append(all, i)
		}
	}
	return all
}

func readIsolation(folder string) *Isolation {
	i := &Isolation{}
	src, err := tree.Read(filepath.Join(folder, isolationFile), tree.MaxFile)
	if err != nil || json.Unmarshal(src, i) != nil || i.Version != 1 || i.Checkout == "" || i.Name == "" {
		return nil
	}
	i.Folder = folder
	return i
}

// settled is an isolation whose name is decided, nil for none.
func settled(folder string) *Isolation {
	if i := readIsolation(folder); i != nil && i.Settled {
		return i
	}
	return nil
}

// Isolates reports whether the project is to be isolated: by the request, by the
// environment, by the configuration, or because it was before.
func Isolates(w *Workspace) bool {
	asked, err := strconv.ParseBool(w.environ[IsolateVariable])
	return w.isolate != NotIsolated && (w.isolate == Isolated || w.Isolation != nil || asked && err == nil || w.Config.Isolate && (err != nil || asked))
}

// NewIsolation is the isolation of the one project as it would begin, without a name.
func NewIsolation(w *Workspace, r Request, p *compose.Project) (*Isolation, error) {
	root, err := Checkouts(w.Dir, w.environ)
	if err != nil {
		return nil, err
	}
	i := &Isolation{Version: 1, Given: r.givenName()}
	i.place(root, p.Group)
	if r.namesFiles() {
		i.Files = p.Group.Files
	}
	return i, nil
}

// place says what the isolation is of, and where it is.
func (i *Isolation) place(root string, g compose.Group) {
	i.Checkout = tree.Resolved(g.Dir)
	i.File = filepath.Base(g.Files[0])
	if rel, err := filepath.Rel(g.Dir, g.Files[0]); err == nil {
		i.File = filepath.ToSlash(rel)
	}
	i.Folder = filepath.Join(root, digest(16, i.Checkout, i.File, i.Given))
}

func digest(n int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])[:n]
}

// givenName is the name that who runs the program gives the project, "" for none.
func (r Request) givenName() string { return cmp.Or(r.Name, r.Environ[nameVariable]) }

// namesFiles reports that who runs the program names the files of the project.
func (r Request) namesFiles() bool {
	_, listed := r.Environ["COMPOSE_FILE"]
	return len(r.Files) > 0 || listed
}

// isolated is the isolation of a project, nil where there is none, and the project without
// the file that isolates it. A name or files that were given are those of another
// project, unless they are the same.
func (r Request) isolated(g compose.Group) (compose.Group, *Isolation) {
	root, err := Checkouts(r.Dir, r.Environ)
	if err != nil {
		return g, nil
	}
	base := slices.DeleteFunc(slices.Clone(g.Files), func(f string) bool { return tree.Within(root, f) })
	if len(base) == 0 {
		return g, nil
	}
	g.Files = base
	if r.Isolate == NotIsolated {
		return g, nil
	}
	i := &Isolation{Given: r.givenName()}
	i.place(root, g)
	found := settled(i.Folder)
	if found == nil && i.Given != "" {
		i.Given = ""
		i.place(root, g)
		if found = settled(i.Folder); found != nil && found.Name != r.givenName() {
			found = nil
		}
	}
	if found != nil && !r.namesFiles() && len(found.Files) > 0 {
		g.Files = found.Files
	}
	return g, found
}

// keptFile is where a file of the checkout's own is: in the repository where Git does not
// see it, or where the first checkout has it already, else with what isolates the
// checkout.
func keptFile(w *Workspace, path, own string) string {
	if w.Isolation == nil {
		return path
	}
	if own = w.Isolation.Path(own); tree.Exists(own) {
		return own
	}
	if !w.Isolation.Apart && tree.Exists(path) {
		return path
	}
	ignored, known := w.ignored[path]
	if !known {
		ignored = tree.InGit(path) && tree.GitIgnored(path, w.git)
		w.ignored[path] = ignored
	}
	if ignored {
		return path
	}
	return own
}

// Naming is what there is to know about the name of a project in a checkout.
type Naming struct {
	// Natural is the name that docker compose gives it.
	Natural string
	// ByFolder reports that it is that of the project's folder, and not one that the files
	// say, which all checkouts have.
	ByFolder bool
	// Linked reports a linked worktree of Git's.
	Linked bool
	// Root is the folder of the checkout, Dir that of the project and File its compose
	// file; both folders without links.
	Root, Dir, File string
	// Taken reports a name that another checkout has.
	Taken func(name string) bool
}

// longest is how long the part of a name is that says which folder it is.
const longest = 40

// Name is the law of the name: docker compose's own, unless that is another checkout's
// too. Then it is that of the checkout's folder, with a digest of its path: the branch
// changes, and the folder stays.
func (n Naming) Name() string {
	if !n.Taken(n.Natural) && (n.ByFolder || !n.Linked) {
		return n.Natural
	}
	base := cmp.Or(loader.NormalizeProjectName(filepath.Base(n.Root)), n.Natural)
	return strings.TrimRight(base[:min(len(base), longest)], "-_") + "-" + digest(8, n.Dir, n.File)
}

// NamingOf is what there is to know about the name of a project that is not isolated. Who
// else has a name, taken reports, but for other worktrees of the repository.
func NamingOf(p *compose.Project, taken func(name string) bool) Naming {
	root := tree.Resolved(tree.Root(p.Dir))
	linked, others := tree.Worktrees(root)
	n := Naming{Natural: p.Name, ByFolder: true, Linked: linked, Root: root, Dir: tree.Resolved(p.Dir), File: p.Group.Files[0]}
	if rel, err := filepath.Rel(n.Dir, tree.Resolved(n.File)); err == nil {
		n.File = filepath.ToSlash(rel)
	}
	if _, set := p.Env.Lookup(nameVariable); set || p.Group.Name != "" {
		n.ByFolder = false
	}
	for _, f := range p.Files {
		for _, doc := range f.Docs {
			if slices.Contains(p.Group.Files, f.Path) && source.Value(source.Root(doc), "name") != nil {
				n.ByFolder = false
			}
		}
	}
	rel, err := filepath.Rel(root, n.Dir)
	n.Taken = func(name string) bool {
		same := func(other string) bool {
			return loader.NormalizeProjectName(filepath.Base(filepath.Join(other, rel))) == name
		}
		return linked && n.ByFolder && err == nil && slices.ContainsFunc(others, same) || taken(name)
	}
	return n
}

// refuseBoth refuses an override file of one's own for what is isolated by one.
func refuseBoth(w *Workspace, r Request) error {
	if len(r.Except) == 0 || !Isolates(w) {
		return nil
	}
	return say.Usagef("leave --override out, or take the project as it is: --isolate=false", "%s: the checkout is isolated, which moves literal ports too", r.Except[0])
}
