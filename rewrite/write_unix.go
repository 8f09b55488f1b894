//go:build unix

package rewrite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"

	"github.com/portmoor/portmoor/say"
)

// tempFile is a complete temporary file that waits to take its target's place. The
// lock, which ends with the process, tells others that it is not left behind.
type tempFile struct {
	file *renameio.PendingFile
	path string
	lock *flock.Flock
}

// replace does what CloseAtomicallyReplace does, but does not bring the file to disk a
// second time, for which others wait.
func (t tempFile) replace() error {
	defer t.lock.Unlock() //nolint:errcheck // it is over
	if err := t.file.Close(); err != nil {
		return err
	}
	return os.Rename(t.file.Name(), t.path)
}

// discard removes the temporary file, unless it has replaced its target.
func (t tempFile) discard() {
	_ = t.file.Cleanup()
	_ = t.lock.Unlock()
}

// stage writes the temporary file, with mode, owner and group of its target.
func stage(f Output) (tempFile, error) {
	folder := filepath.Dir(f.Path)
	staged, err := newTemporary(f)
	if err != nil {
		return tempFile{}, fmt.Errorf("cannot write to the folder %s: %w", folder, say.Cause(err))
	}
	if f.Before != nil {
		err = keepAccess(staged.file.File, f)
	} else {
		Follow(staged.file.Name())
	}
	if err == nil {
		err = writeSynced(staged.file.File, f.After)
	}
	if err != nil {
		staged.discard()
		return tempFile{}, say.Cause(err)
	}
	return staged, nil
}

// newTemporary makes a temporary file, and locks it. Another run may sweep it away
// before it is locked: then there is another.
func newTemporary(f Output) (tempFile, error) {
	options := []renameio.Option{renameio.WithTempDir(filepath.Dir(f.Path))}
	if f.Before == nil {
		options = append(options, renameio.WithPermissions(0o644))
	}
	for range 100 {
		name := strings.TrimPrefix(temporary(f.Path), ".") // renameio puts the dot before it, and a number behind it
		tmp, err := renameio.NewPendingFile(filepath.Join(filepath.Dir(f.Path), name), options...)
		if err != nil {
			return tempFile{}, err
		}
		staged := tempFile{tmp, f.Path, lockOf(tmp.Name())}
		_ = staged.lock.Lock() // where files can't be locked, none is swept away
		mine, err := tmp.Stat()
		if there, errThere := os.Lstat(tmp.Name()); err == nil && errThere == nil && os.SameFile(mine, there) {
			return staged, nil
		}
		staged.discard()
	}
	return tempFile{}, errors.New("its temporary files vanish")
}

// lockOf is the lock of a file that is there already.
func lockOf(path string) *flock.Flock {
	return flock.New(path, flock.SetFlag(os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW))
}

// sweepOne removes a temporary file of this user, unless a run has it locked.
func sweepOne(path string) {
	info, err := os.Lstat(path)
	if err != nil {
		return
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Geteuid() {
		return
	}
	lock := lockOf(path)
	if free, err := lock.TryLock(); err == nil && free {
		_ = os.Remove(path)
		_ = lock.Unlock()
	}
}

// Follow gives a new file or folder to those whom its folder belongs to. Where
// everybody may write, but each only what is his, it stays that of who made it. What
// the system does not allow is left as it is.
func Follow(path string) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0) // never what a link leads to
	if err != nil {
		return
	}
	defer f.Close() //nolint:errcheck // it was only opened for its access
	folder, err := os.Stat(filepath.Dir(path))
	now, errNow := f.Stat()
	if err != nil || errNow != nil || folder.Mode()&fs.ModeSticky != 0 {
		return
	}
	others := folder.Mode().Perm() & 0o022
	want, ok := folder.Sys().(*syscall.Stat_t)
	have, ok2 := now.Sys().(*syscall.Stat_t)
	switch {
	case !ok || !ok2:
	case os.Geteuid() == 0:
		_ = f.Chown(int(want.Uid), int(want.Gid))
	case others != 0 && want.Gid != have.Gid:
		_ = f.Chown(-1, int(want.Gid))
	}
	mode := now.Mode() | others | others<<1
	if now.IsDir() {
		mode |= others>>1 | folder.Mode()&fs.ModeSetgid
	}
	if mode != now.Mode() {
		_ = f.Chmod(mode)
	}
}

// keepAccess gives tmp the owner, group and mode of the file that it is to replace;
// the mode last, since chown clears the setuid and setgid bits.
func keepAccess(tmp *os.File, f Output) error {
	old, err := os.Lstat(f.Path)
	if err != nil {
		return err
	}
	if err := keepOwner(tmp, old, f.Ours); err != nil {
		return err
	}
	if err := tmp.Chmod(old.Mode()); err != nil {
		return fmt.Errorf("cannot keep its mode %v: %w", old.Mode(), say.Cause(err))
	}
	return nil
}

// keepOwner gives f the owner and group of another file where they differ; a file
// of ours at least the group, if the user is in it.
func keepOwner(f *os.File, old fs.FileInfo, ours bool) error {
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
	err = f.Chown(uid, gid)
	if err != nil && ours {
		_ = f.Chown(-1, gid)
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot keep its owner %d:%d: %w", want.Uid, want.Gid, say.Cause(err))
	}
	return nil
}
