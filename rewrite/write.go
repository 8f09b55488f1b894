package rewrite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
func Write(path string, content []byte) error { return write(Output{Path: path, After: content}) }

// ErrMeanwhile is wrapped by the error about a file that somebody else has changed
// meanwhile.
var ErrMeanwhile = errors.New("since it was read")

// WriteOurs is Write for a file that only Portmoor writes, which several users may
// do in turn: its owner is kept where the system lets it.
func WriteOurs(path string, content []byte) error {
	return write(Output{Path: path, After: content, Ours: true})
}

func write(f Output) (err error) {
	if f.Before, err = current(f.Path); err != nil {
		return err
	}
	_, err = WriteAll([]Output{f})
	return err
}

// WriteAll replaces the files whose After differs from Before, each atomically
// by renaming a complete temporary file, and returns the paths of those it
// replaced or created, in the order given. Everything that can be known in
// advance is checked before the first is replaced: that each is a regular file
// with the content it was read with, that its folder can be written and that
// its mode, owner and group can be kept. When a rename fails all the same, the
// error says which files were replaced and which were not.
//
// New files get mode 0644 less the umask. Where a group or everybody may write the
// folder they may write the file as well, and what root makes belongs to the owner
// of its folder. What else hangs on a file, such as hard links and access control
// lists, does not pass to the file that takes its place. What a run that was killed
// has left beside the files is removed.
func WriteAll(files []Output) (written []string, err error) {
	files, err = changed(files)
	if err != nil {
		return nil, err
	}
	if err := checkAll(files); err != nil {
		return nil, err
	}
	staged, folders, err := stageAll(files)
	defer func() {
		for _, s := range staged {
			s.discard()
		}
		if err != nil {
			removeEmpty(folders)
		}
	}()
	if err != nil {
		return nil, err
	}
	// Bringing the temporary files to disk takes time in which others can write.
	if err := checkAll(files); err != nil {
		return nil, err
	}
	return replaceAll(files, staged)
}

// changed returns the files that have to be written. A file may be given once:
// the second of two contents would undo the first.
func changed(files []Output) ([]Output, error) {
	seen := map[string]bool{}
	var out []Output
	for _, f := range files {
		if f.Before != nil && bytes.Equal(f.Before, f.After) {
			continue
		}
		place, err := realPath(f.Path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, say.Cause(err))
		}
		if seen[place] {
			return nil, fmt.Errorf("%s: given twice", f.Path)
		}
		seen[place] = true
		out = append(out, f)
	}
	return out, nil
}

// realPath is absolute and the same for all ways to write a path, through
// linked folders too, if its folder exists.
func realPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	return filepath.Join(folder, filepath.Base(path)), err
}

func checkAll(files []Output) error {
	for _, f := range files {
		if err := check(f); err != nil {
			return err
		}
	}
	return nil
}

// check reports why a file can't be replaced: it is not a regular file, or it
// is not what it was when it was read.
func check(f Output) error {
	now, err := current(f.Path)
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
func current(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, say.Cause(err))
	}
	if err := refuseIrregular(path, info.Mode()); err != nil {
		return nil, err
	}
	content, err := tree.Read(path, tree.MaxLedger) // who read it has refused what is too large for it
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, say.Cause(err))
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
			return fmt.Errorf("%s: %w", path, say.Cause(err))
		}
		return fmt.Errorf("%s: is a symlink, which would be replaced by a file; name its target %s instead", path, target)
	default:
		return fmt.Errorf("%s: is not a regular file; only regular files are written", path)
	}
}

// stageAll writes a temporary file beside each target and brings it to disk.
// It returns what it has made, the folders from the innermost, on errors too.
func stageAll(files []Output) (staged []tempFile, folders []string, err error) {
	sweep(files)
	for _, f := range files {
		made, err := MakeFolders(filepath.Dir(f.Path), 0o755)
		folders = append(made, folders...)
		if err != nil {
			return staged, folders, fmt.Errorf("%s: cannot create its folder: %w", f.Path, say.Cause(err))
		}
		s, err := stage(f)
		if err != nil {
			return staged, folders, fmt.Errorf("%s: %w", f.Path, err)
		}
		staged = append(staged, s)
	}
	return staged, folders, nil
}

// MakeFolders creates a folder with those above it, and returns the ones that were
// missing, the innermost first. They get a mode less the umask, and what follows from
// the folder that they are in, as the files of [WriteAll] do.
func MakeFolders(folder string, mode fs.FileMode) (made []string, err error) {
	var missing []string
	for at := folder; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	for _, at := range slices.Backward(missing) {
		if err := os.Mkdir(at, mode); err != nil && !errors.Is(err, fs.ErrExist) {
			return made, err
		} else if err == nil {
			Follow(at)
			made = slices.Insert(made, 0, at)
		}
	}
	return made, os.MkdirAll(folder, mode) // fails where something else than a folder is in the way
}

// sweep removes temporary files that a run which was killed has left beside the
// files: those of stage by their names, of the same user, that no run writes now.
func sweep(files []Output) {
	named := map[string][]string{} // by folder
	for _, f := range files {
		folder := filepath.Dir(f.Path)
		named[folder] = append(named[folder], temporary(f.Path))
	}
	for folder, prefixes := range named {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue // staging says so
		}
		for _, e := range entries {
			ours := slices.ContainsFunc(prefixes, func(prefix string) bool {
				number, ok := strings.CutPrefix(e.Name(), prefix)
				return ok && number != "" && strings.Trim(number, "0123456789") == ""
			})
			if ours && e.Type().IsRegular() {
				sweepOne(filepath.Join(folder, e.Name()))
			}
		}
	}
}

// temporary is what the name of the temporary file of a path begins with, which nobody else's does; a number
// follows.
func temporary(path string) string { return "." + filepath.Base(path) + ".portmoor-" }

// removeEmpty removes the folders that hold nothing, innermost first.
func removeEmpty(folders []string) {
	for _, f := range folders {
		_ = os.Remove(f) // fails, as it should, on a folder that someone else has used since
	}
}

// replaceAll puts each staged file in its place and returns the paths done.
func replaceAll(files []Output, staged []tempFile) ([]string, error) {
	paths := lists.Map(files, func(f Output) string { return f.Path })
	for i, s := range staged {
		err := s.replace()
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

// writeSynced fills a file and brings it to disk: a rename that reaches the
// disk before the content does would leave an empty file after a crash.
func writeSynced(f *os.File, content []byte) error {
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Sync()
}
