package rewrite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// Output is what one file is to hold.
type Output struct {
	Path string
	// Before is what the file was read as; nil means that it must not exist yet.
	Before []byte
	After  []byte
	// Ours reports a file that only Portmoor writes, whoever runs it: where its owner
	// can't be kept, it becomes that of who writes.
	Ours bool
}

// Write gives the file at path new content, atomically; a file that does not
// exist is created, with its folders. It is WriteAll for one file whatever it
// holds now.
func Write(bounds tree.Bounds, path string, content []byte) error {
	return write(bounds, Output{Path: path, After: content})
}

// ErrMeanwhile is wrapped by the error about a file that somebody else has changed
// meanwhile.
var ErrMeanwhile = errors.New("since it was read")

// WriteOurs is Write for a file that only Portmoor writes, which several users may
// do in turn: its owner is kept where the system lets it.
func WriteOurs(bounds tree.Bounds, path string, content []byte) error {
	return write(bounds, Output{Path: path, After: content, Ours: true})
}

func write(bounds tree.Bounds, f Output) (err error) {
	if f.Before, err = current(bounds, f.Path); err != nil {
		return err
	}
	_, err = WriteAll(bounds, []Output{f})
	return err
}

// Remove removes the regular file at path, if there is one.
func Remove(bounds tree.Bounds, path string) error {
	w := bounds.Writer()
	defer w.Close()
	place, err := w.Place(path)
	if err != nil {
		return unwritable(path, err)
	}
	info, err := place.Stat()
	if err == nil && info != nil {
		if err = refuseIrregular(path, info.Mode()); err != nil {
			return err
		}
		err = place.Remove()
	}
	if err != nil {
		return fmt.Errorf("%s: can't be removed: %w", path, say.Cause(err))
	}
	return nil
}

// WriteAll replaces the files whose After differs from Before, each atomically
// by renaming a complete temporary file, and returns the paths of those it
// replaced or created, in the order given. Everything that can be known in
// advance is checked before the first is replaced: that each is within the bounds
// and a regular file with the content it was read with, that its folder can be
// written and that its mode, owner and group can be kept. When a rename fails all
// the same, the error says which files were replaced and which were not.
//
// New files get mode 0644, and scripts 0755, less the umask. Where a group or everybody may write the
// folder they may write the file as well, and what root makes belongs to the owner
// of its folder. What else hangs on a file, such as hard links and access control
// lists, does not pass to the file that takes its place. What a run that was killed
// has left beside the files is removed.
func WriteAll(bounds tree.Bounds, files []Output) (written []string, err error) {
	w := bounds.Writer()
	defer w.Close()
	targets, err := changed(w, files)
	if err != nil {
		return nil, err
	}
	if err := checkAll(targets); err != nil {
		return nil, err
	}
	staged, folders, err := stageAll(targets)
	defer func() {
		for _, s := range staged {
			s.Discard()
		}
		if err != nil {
			removeEmpty(folders)
		}
	}()
	if err != nil {
		return nil, err
	}
	// Bringing the temporary files to disk takes time in which others can write.
	if err := checkAll(targets); err != nil {
		return nil, err
	}
	return replaceAll(targets, staged)
}

// target is an output and where it goes.
type target struct {
	Output
	tree.Place
}

// changed returns the files that have to be written. A file may be given once:
// the second of two contents would undo the first.
func changed(w *tree.Writer, files []Output) ([]target, error) {
	seen := map[string]bool{}
	var out []target
	for _, f := range files {
		if f.Before != nil && bytes.Equal(f.Before, f.After) {
			continue
		}
		place, err := w.Place(f.Path)
		if err != nil {
			return nil, unwritable(f.Path, err)
		}
		if seen[place.Real] {
			return nil, fmt.Errorf("%s: given twice", f.Path)
		}
		seen[place.Real] = true
		out = append(out, target{f, place})
	}
	return out, nil
}

// unwritable is an error about a file to be written.
func unwritable(path string, err error) error {
	if errors.Is(err, tree.ErrOutside) || errors.Is(err, tree.ErrForeign) {
		return say.Failf("name it on the command line if it should be written", "%s: %s, which is not written", path, err)
	}
	return fmt.Errorf("%s: %w", path, say.Cause(err))
}

func checkAll(files []target) error {
	for _, f := range files {
		if err := check(f); err != nil {
			return err
		}
	}
	return nil
}

// check reports why a file can't be replaced: it is not a regular file, or it
// is not what it was when it was read.
func check(f target) error {
	now, err := holds(f)
	switch {
	case err != nil:
		return err
	case f.Before == nil && now != nil:
		return fmt.Errorf("%s: already exists", f.Path)
	case f.Before != nil && now == nil:
		return fmt.Errorf("%s: removed from disk %w", f.Path, ErrMeanwhile)
	case !bytes.Equal(f.Before, now):
		return fmt.Errorf("%s: changed on disk %w", f.Path, ErrMeanwhile)
	}
	return nil
}

// current returns what a regular file holds, nil when there is nothing at path.
func current(bounds tree.Bounds, path string) ([]byte, error) {
	w := bounds.Writer()
	defer w.Close()
	place, err := w.Place(path)
	if err != nil {
		return nil, unwritable(path, err)
	}
	return holds(target{Output{Path: path}, place})
}

func holds(f target) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, unwritable(f.Path, err)
	}
	if info == nil {
		return nil, nil
	}
	if err := refuseIrregular(f.Path, info.Mode()); err != nil {
		return nil, err
	}
	content, err := f.Read(tree.MaxLedger) // who read it has refused what is too large for it
	if err != nil {
		return nil, unwritable(f.Path, err)
	}
	return content, nil
}

// refuseIrregular says what to do about a path that is no regular file:
// a rename would put a file in the place of a link or a device.
func refuseIrregular(path string, mode fs.FileMode) error {
	switch {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return fmt.Errorf("%s: is a folder; name a file in it", path)
	case mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		if err != nil {
			return unwritable(path, err)
		}
		return fmt.Errorf("%s: is a symlink, which would be replaced by a file; name its target %s instead", path, target)
	default:
		return fmt.Errorf("%s: is not a regular file; only regular files are written", path)
	}
}

// stageAll writes a temporary file beside each target and brings it to disk.
// It returns what it has made, the folders from the innermost, on errors too.
func stageAll(files []target) (staged []tree.Staged, folders []tree.Place, err error) {
	for _, f := range files {
		f.Sweep()
	}
	for _, f := range files {
		made, err := f.MakeFolder(0o755)
		folders = append(made, folders...)
		if err != nil {
			return staged, folders, fmt.Errorf("%s: cannot create its folder: %w", f.Path, say.Cause(err))
		}
		var old fs.FileInfo
		if f.Before != nil {
			if old, err = f.Stat(); err != nil {
				return staged, folders, unwritable(f.Path, err)
			}
		}
		s, err := f.Stage(f.After, old, f.Ours)
		if err != nil {
			return staged, folders, fmt.Errorf("%s: %w", f.Path, err)
		}
		staged = append(staged, s)
	}
	return staged, folders, nil
}

// removeEmpty removes the folders that hold nothing, innermost first.
func removeEmpty(folders []tree.Place) {
	for _, f := range folders {
		_ = f.Remove() // fails, as it should, on a folder that someone else has used since
	}
}

// replaceAll puts each staged file in its place and returns the paths done.
func replaceAll(files []target, staged []tree.Staged) ([]string, error) {
	paths := lists.Map(files, func(f target) string { return f.Path })
	for i, s := range staged {
		err := s.Replace()
		if err == nil {
			continue
		}
		done := "nothing"
		if i > 0 {
			done = strings.Join(paths[:i], ", ")
		}
		return paths[:i], fmt.Errorf("%s: cannot be replaced: %w (replaced: %s; not replaced: %s)",
			paths[i], say.Cause(err), done, strings.Join(paths[i:], ", "))
	}
	return paths, nil
}
