package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds are what a run may write, and whose text it may show: what is below some
// folders, and single files. A repository can name any path, in a configuration, an
// include or a link; only who runs the program widens the bounds. The zero value has
// nothing in it.
type Bounds struct {
	folders, files []string // as links lead to them
}

// BoundsOf are the bounds of folders: of the Git repository that each is in, else of the
// folder itself.
func BoundsOf(folders ...string) Bounds {
	var b Bounds
	for _, f := range folders {
		b.folders = append(b.folders, followed(Root(f)))
	}
	return b
}

// And are bounds that have some files besides, which the user has named.
func (b Bounds) And(files ...string) Bounds {
	b.files = slices.Clip(b.files)
	for _, f := range files {
		b.files = append(b.files, beside(f))
	}
	return b
}

// Has reports whether a file is within the bounds, and stays there when it is a link.
func (b Bounds) Has(path string) bool {
	place := followed(path)
	return slices.Contains(b.files, place) || b.folder(place) != ""
}

// Refuses is why a file may not be written, "" when it may: it is a link, in whose place
// a rename would put a file, or the folder that it stands in is not within the bounds,
// wherever links lead on the way. What Git keeps, and a repository within the bounds that
// has a .git of its own, is somebody else's.
func (b Bounds) Refuses(path string) string {
	if IsSymlink(path) {
		return "is a symlink"
	}
	if err := b.refuses(beside(path)); err != nil {
		return err.Error()
	}
	return ""
}

func (b Bounds) refuses(place string) error {
	folder := b.folder(place)
	switch {
	case slices.Contains(b.files, place):
		return nil
	case folder == "":
		return fmt.Errorf("%w %s", ErrOutside, strings.Join(b.folders, ", "))
	case inDotGit(folder, place):
		return fmt.Errorf("%w Git", ErrForeign)
	case Nested(folder, place):
		return fmt.Errorf("%w the repository %s", ErrForeign, Root(filepath.Dir(place)))
	}
	return nil
}

// Outside says of a file that it is not within the bounds.
func (b Bounds) Outside() string { return ErrOutside.Error() + " " + strings.Join(b.folders, ", ") }

// folder is the innermost folder of the bounds that a place is below, "" for none.
func (b Bounds) folder(place string) (found string) {
	for _, f := range b.folders {
		if Within(f, place) && len(f) > len(found) {
			found = f
		}
	}
	return found
}

// inDotGit reports a file that Git keeps, below a folder.
func inDotGit(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && slices.ContainsFunc(strings.Split(filepath.ToSlash(rel), "/"), func(part string) bool { return strings.EqualFold(part, ".git") })
}

// SamePlace reports whether two paths name one file, which need not be there.
func SamePlace(a, b string) bool {
	return filepath.Clean(a) == filepath.Clean(b) || beside(a) == beside(b) || Same(a, b)
}

// beside is a path whose folder is as links lead to it: that of the file which a rename
// would replace.
func beside(path string) string {
	path = absolute(path)
	return filepath.Join(followed(filepath.Dir(path)), filepath.Base(path))
}

// followed is a path as links lead to it, also where there is nothing yet.
func followed(path string) string { return follow(absolute(path), 40) }

// follow follows so many links to what is not there; [os.Root] refuses a circle.
func follow(path string, most int) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	folder := filepath.Dir(path)
	if folder == path {
		return path
	}
	folder = follow(folder, most)
	path = filepath.Join(folder, filepath.Base(path))
	target, err := os.Readlink(path)
	if err != nil || most == 0 {
		return path
	}
	return follow(Absolute(folder, target)[0], most-1)
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path) // there is no working folder
}

// ErrOutside is wrapped by errors about a file that is not within the bounds.
var ErrOutside = errors.New("is outside")

// ErrForeign is wrapped by errors about a file within the bounds that is in another
// repository, or in a .git.
var ErrForeign = errors.New("belongs to")

// Writer writes files within bounds. Whatever becomes of the folders of a path while it
// is at work, what it writes stays below the folder of the bounds that it began in.
type Writer struct {
	bounds Bounds
	roots  map[string]*os.Root
}

// Writer is what writes within the bounds, until it is closed.
func (b Bounds) Writer() *Writer { return &Writer{b, map[string]*os.Root{}} }

// Close ends the writing.
func (w *Writer) Close() {
	for _, r := range w.roots {
		_ = r.Close() // it was only a folder to start from
	}
}

// Place is where a file stands or will stand. The error wraps [ErrOutside] for one that
// is not within the bounds, and [ErrForeign] for one that is somebody else's.
func (w *Writer) Place(path string) (Place, error) {
	at := beside(path)
	if err := w.bounds.refuses(at); err != nil {
		return Place{}, err
	}
	folder := w.bounds.folder(at)
	if folder == "" { // it is one of the files
		for folder = filepath.Dir(at); !Exists(folder) && folder != filepath.Dir(folder); {
			folder = filepath.Dir(folder)
		}
	}
	if w.roots[folder] == nil {
		root, err := os.OpenRoot(folder)
		if err != nil {
			return Place{}, err
		}
		w.roots[folder] = root
	}
	name, err := filepath.Rel(folder, at)
	return Place{Real: at, root: w.roots[folder], name: name}, err
}

// Place is where a file stands or will stand, within bounds.
type Place struct {
	// Real is the path with the folders that links lead to: the same for all ways to
	// write it.
	Real string

	root *os.Root
	name string // in root
}

// Stat is what stands at a place, and not what a link leads to; nil for nothing.
func (p Place) Stat() (fs.FileInfo, error) {
	info, err := p.root.Lstat(p.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return info, err
}

// Read is what the regular file at a place holds, as [Read] has it.
func (p Place) Read(most int) ([]byte, error) {
	return readFile(func(flags int) (*os.File, error) { return p.root.OpenFile(p.name, flags, 0) }, most)
}

// Remove removes the file, or the empty folder, at a place.
func (p Place) Remove() error { return p.root.Remove(p.name) }

// MakeFolder creates the folder of a place with those above it, and returns the places
// of the ones that were made, the innermost first. They get a mode less the umask, and
// what follows from the folder that they are in.
func (p Place) MakeFolder(mode fs.FileMode) (made []Place, err error) {
	folder := filepath.Dir(p.name)
	var missing []Place
	for at := folder; at != "."; at = filepath.Dir(at) {
		if _, err := p.root.Stat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, p.at(at))
	}
	for _, at := range slices.Backward(missing) {
		if err := p.root.Mkdir(at.name, mode); err != nil && !errors.Is(err, fs.ErrExist) {
			return made, err
		} else if err == nil {
			at.Follow()
			made = slices.Insert(made, 0, at)
		}
	}
	return made, p.root.MkdirAll(folder, mode) // fails where something else than a folder is in the way
}
