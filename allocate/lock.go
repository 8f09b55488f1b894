package allocate

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// errHeld is why a lock is not taken that is waited for.
var errHeld = errors.New("another run has held it")

// lockWait is how long another run is waited for.
var lockWait = 30 * time.Second

// lock takes the lock of a file, which is a file beside it. Who waits is in a queue of
// the system's: asking again and again would let a lottery decide who is next. Who has
// to wait has time to do something before, unless that is nil.
func lock(path string, waiting func()) (*flock.Flock, error) {
	path += ".lock"
	w := tree.Bounds{}.And(path).Writer()
	defer w.Close()
	place, err := w.Place(path)
	if err == nil {
		_, err = place.MakeFolder(0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Dir(path), say.Cause(err))
	}
	flag := os.O_RDONLY | syscall.O_NONBLOCK // a pipe would be waited for
	err = tree.Regular(path)
	made := errors.Is(err, fs.ErrNotExist)
	switch {
	case made && tree.IsSymlink(path):
		return nil, fmt.Errorf("%s: a link that leads nowhere", path) // another's folder may be root's to write into
	case made:
		flag |= os.O_CREATE // which some systems refuse where the file is another user's
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, say.Cause(err))
	}
	l := flock.New(path, flock.SetFlag(flag), flock.SetPermissions(0o644))
	free, err := l.TryLock()
	if err == nil && !free && waiting != nil {
		waiting()
	}
	locked := make(chan error, 1)
	go func() {
		if err == nil && !free {
			bug := say.Guard(func() { err = l.Lock() })
			err = cmp.Or(bug, err)
		}
		locked <- err
	}()
	select {
	case err := <-locked:
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, say.Cause(err))
		}
	case <-time.After(lockWait):
		go func() { // its turn may still come
			if <-locked == nil {
				_ = say.Guard(func() { _ = l.Unlock() })
			}
		}()
		return nil, fmt.Errorf("%s: %w for %s", path, errHeld, lockWait)
	}
	if made {
		place.Follow()
	}
	return l, nil
}

// forbidden reports an error that says that this user may not write.
func forbidden(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}
