//go:build unix

package rewrite

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"

	"github.com/portmoor/portmoor/say"
)

// tempFile is a complete temporary file that waits to take its target's place.
type tempFile struct{ file *renameio.PendingFile }

func (t tempFile) replace() error { return t.file.CloseAtomicallyReplace() }

// discard removes the temporary file, unless it has replaced its target.
func (t tempFile) discard() { _ = t.file.Cleanup() }

// stage writes the temporary file, with mode, owner and group of its target.
func stage(f Output) (tempFile, error) {
	folder := filepath.Dir(f.Path)
	options := []renameio.Option{renameio.WithTempDir(folder)}
	if f.Before == nil {
		options = append(options, renameio.WithPermissions(0o644))
	}
	tmp, err := renameio.NewPendingFile(f.Path, options...)
	if err != nil {
		return tempFile{}, fmt.Errorf("cannot write to the folder %s: %w", folder, say.Cause(err))
	}
	staged := tempFile{tmp}
	if f.Before != nil {
		err = keepAccess(tmp.File, f.Path)
	}
	if err == nil {
		err = writeSynced(tmp.File, f.After)
	}
	if err != nil {
		staged.discard()
		return tempFile{}, say.Cause(err)
	}
	return staged, nil
}

// keepAccess gives tmp the owner, group and mode of the file at path; the mode
// last, since chown clears the setuid and setgid bits.
func keepAccess(tmp *os.File, path string) error {
	old, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if err := keepOwner(tmp, old); err != nil {
		return err
	}
	if err := tmp.Chmod(old.Mode()); err != nil {
		return fmt.Errorf("cannot keep its mode %v: %w", old.Mode(), say.Cause(err))
	}
	return nil
}

// keepOwner gives f the owner and group of another file where they differ.
func keepOwner(f *os.File, old fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	want, ok := old.Sys().(*syscall.Stat_t)
	have, ok2 := now.Sys().(*syscall.Stat_t)
	if !ok || !ok2 || want.Uid == have.Uid && want.Gid == have.Gid {
		return nil
	}
	// -1 keeps what is there; a user may give files to any group of theirs.
	uid, gid := -1, -1
	if want.Uid != have.Uid {
		uid = int(want.Uid)
	}
	if want.Gid != have.Gid {
		gid = int(want.Gid)
	}
	if err := f.Chown(uid, gid); err != nil {
		return fmt.Errorf("cannot keep its owner %d:%d: %w", want.Uid, want.Gid, say.Cause(err))
	}
	return nil
}
