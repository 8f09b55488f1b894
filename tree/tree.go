// Package tree is a folder as Git sees it, the one way to read a file, and the bounds
// within which files are written.
//
// The model: [Root] is where a repository begins. [Ignores] knows, at one folder,
// what Git and the configuration pass over there, and is entered from folder to
// folder; [Files] walks a whole tree that way. [Read] opens every file that
// Portmoor reads: a pipe does not make it wait, and a device without an end not
// fill the memory. [Bounds] are what a run may write; a [Writer] gives each file its
// [Place] within them, and nothing that a repository has leads out of there.
//
//	tree.Files(root, tree.Options{Base: root, Ignore: []string{"testdata/"}}, visit)
//	src, err := tree.Read(path, tree.MaxFile)
package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// How large a file may be, in bytes: far above any real one.
const (
	MaxFile     = 4 << 20  // of compose and env files, and others that people write by hand
	MaxDocument = 16 << 20 // of documents
	MaxLedger   = 64 << 20
)

// ErrLarge is wrapped by the error about a file that is larger than it may be.
var ErrLarge = errors.New("larger than")

// Read is what a regular file holds, or the one that a link leads to, of at most
// a number of bytes. Of a larger file it returns the beginning, one byte more than
// that, and an error that wraps [ErrLarge]. A folder, a pipe, a socket or a device
// is an error that it does not wait for. Other errors are those of package os.
func Read(path string, most int) ([]byte, error) {
	return readFile(func(flags int) (*os.File, error) { return os.OpenFile(path, flags, 0) }, most)
}

func readFile(open func(flags int) (*os.File, error), most int) ([]byte, error) {
	file, size, err := openRegular(open)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	return readAll(file, int(min(size, int64(most))), most)
}

func openRegular(open func(flags int) (*os.File, error)) (file *os.File, size int64, err error) {
	file, err = open(os.O_RDONLY | syscall.O_NONBLOCK)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		_ = file.Close() // it was only opened
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// readAll reads a file that had some size a moment ago.
func readAll(r io.Reader, size, most int) ([]byte, error) {
	src := make([]byte, 0, size+1)
	for len(src) <= most {
		src = slices.Grow(src, 1)
		n, err := r.Read(src[len(src):min(cap(src), most+1)])
		src = src[:len(src)+n]
		switch {
		case errors.Is(err, io.EOF):
			return src, nil
		case err != nil:
			return nil, err
		}
	}
	return src, fmt.Errorf("%w %d MiB", ErrLarge, most>>20)
}

// Holds reports whether a file holds some bytes, and no more. It reads them in pieces, and
// keeps none; what can't be read holds none.
func Holds(path string, src []byte) bool {
	file, size, err := openRegular(func(flags int) (*os.File, error) { return os.OpenFile(path, flags, 0) })
	if err != nil {
		return false
	}
	defer file.Close() //nolint:errcheck // it was only read
	piece := make([]byte, 64<<10)
	for size == int64(len(src)) {
		n, err := file.Read(piece[:min(len(piece), len(src)+1)])
		switch {
		case !bytes.HasPrefix(src, piece[:n]):
			return false
		case err != nil:
			return errors.Is(err, io.EOF) && len(src) == n
		}
		src, size = src[n:], size-int64(n)
	}
	return false
}

// ReadStream is Read for what is no file, such as standard input: at most a number
// of bytes.
func ReadStream(r io.Reader, most int) ([]byte, error) { return readAll(r, 512, most) }

// ReadIf is Read for a file that need not be there, which is nil then.
func ReadIf(path string, most int) ([]byte, error) {
	src, err := Read(path, most)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return src, err
}

// Regular is why something is no regular file, and nothing that leads to one; nil
// when it is.
func Regular(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	return err
}

// Exists reports whether there is something at a path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Within reports a path that is a folder, or below it, by their names alone: links are
// not followed.
func Within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && (rel == "." || filepath.IsLocal(rel))
}

// Empty reports a folder that holds nothing.
func Empty(dir string) bool {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return false // a pipe would be waited for
	}
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // it was only read
	_, err = f.Readdirnames(1)
	return errors.Is(err, io.EOF)
}

// IsSymlink reports whether a path is a link, in whose place a rename would put a
// file.
func IsSymlink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&os.ModeSymlink != 0
}

// Root is the nearest folder from dir upward that has a .git, in a worktree and a
// submodule a file; dir itself when there is none.
func Root(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

// InGit reports a path in a Git repository.
func InGit(path string) bool { return Exists(filepath.Join(Root(Folder(path)), ".git")) }

// Folder is a path itself if it is a folder or not there, else the folder that it
// is in.
func Folder(path string) string {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}

// Absolute are paths, relative to a folder where they are not absolute; nil for none.
func Absolute(base string, paths ...string) []string {
	var out []string
	for _, p := range paths {
		if !filepath.IsAbs(p) {
			p = filepath.Join(base, p)
		}
		out = append(out, filepath.Clean(p))
	}
	return out
}

// Resolved is a path without links, and as it is where it leads nowhere.
func Resolved(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	return path
}

// Same reports whether two paths lead to one folder or file.
func Same(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := filepath.EvalSymlinks(a)
	y, errY := filepath.EvalSymlinks(b)
	return errX == nil && errY == nil && x == y
}
