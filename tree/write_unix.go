//go:build unix

package tree

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/portmoor/portmoor/say"
)

// lockOf is the lock of a file that is there already. It ends with the process.
func lockOf(path string) *flock.Flock {
	return flock.New(path, flock.SetFlag(os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW))
}

// lock locks a temporary file, and reports false where another run has done so. Where
// files can't be locked, none is swept away.
func lock(path string) (unlock func(), ok bool) {
	l := lockOf(path)
	free, err := l.TryLock()
	return func() { _ = l.Unlock() }, free || err != nil
}

// sweep removes a temporary file of this user, unless a run has it locked.
func (p Place) sweep() {
	info, err := p.Stat()
	if err != nil || info == nil {
		return
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Geteuid() {
		return
	}
	l := lockOf(p.path())
	if free, err := l.TryLock(); err == nil && free {
		_ = p.Remove()
		_ = l.Unlock()
	}
}

// Follow gives a new file or folder to those whom its folder belongs to. Where
// everybody may write, but each only what is his, it stays that of who made it. What
// the system does not allow is left as it is.
func (p Place) Follow() {
	now, errNow := p.root.Lstat(p.name)
	f, err := p.root.OpenFile(p.name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close() //nolint:errcheck // it was only opened for its access
	opened, errOpened := f.Stat()
	folder, err := p.root.Stat(filepath.Dir(p.name))
	if err != nil || errNow != nil || errOpened != nil || !os.SameFile(now, opened) || folder.Mode()&fs.ModeSticky != 0 {
		return // never what a link leads to
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

// keepAccess gives a file the owner, group and mode of another; the mode last, since
// chown clears the setuid and setgid bits.
func keepAccess(file *os.File, old fs.FileInfo, ours bool) error {
	if err := keepOwner(file, old, ours); err != nil {
		return err
	}
	if err := file.Chmod(old.Mode()); err != nil {
		return fmt.Errorf("cannot keep its mode %v: %w", old.Mode(), say.Cause(err))
	}
	return nil
}

// keepOwner gives a file the owner and group of another where they differ; a file
// of ours at least the group, if the user is in it.
func keepOwner(file *os.File, old fs.FileInfo, ours bool) error {
	now, err := file.Stat()
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
	err = file.Chown(uid, gid)
	if err != nil && ours {
		_ = file.Chown(-1, gid)
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot keep its owner %d:%d: %w", want.Uid, want.Gid, say.Cause(err))
	}
	return nil
}
