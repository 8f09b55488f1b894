package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/portmoor/portmoor/say"
)

// Staged is a complete temporary file that waits to take the place of another.
type Staged struct {
	place  Place // of the other
	name   string
	unlock func()
}

// Stage writes a temporary file beside a place, in a folder that exists, and brings it
// to disk: a rename that reaches the disk before the content does would leave an empty
// file after a crash. It has mode, owner and group of the file that it is to replace,
// which is what old says; the owner of one that is ours only where the system lets it.
// With nil, it has mode 0644, that of a script 0755, less the umask, and what follows from
// its folder.
func (p Place) Stage(content []byte, old fs.FileInfo, ours bool) (Staged, error) {
	mode := fs.FileMode(0o600) // until it has that of the other
	switch {
	case old != nil:
	case bytes.HasPrefix(content, []byte("#!")):
		mode = 0o755
	default:
		mode = 0o644
	}
	file, staged, err := p.temporary(mode)
	if err != nil {
		return Staged{}, fmt.Errorf("cannot write to the folder %s: %w", filepath.Dir(p.Real), say.Cause(err))
	}
	if old != nil {
		err = keepAccess(file, old, ours)
	} else {
		p.at(staged.name).Follow()
	}
	if err == nil {
		_, err = file.Write(content)
	}
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		staged.Discard()
		return Staged{}, say.Cause(err)
	}
	return staged, nil
}

// temporary creates a file beside a place, and locks it: its prefix with a number
// behind it. Another run may sweep it away before it is locked: then there is another.
func (p Place) temporary(mode fs.FileMode) (*os.File, Staged, error) {
	for range 100 {
		name := filepath.Join(filepath.Dir(p.name), fmt.Sprint(p.prefix(), rand.Uint64()))
		file, err := p.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, Staged{}, err
		}
		unlock, locked := lock(p.at(name).path())
		staged := Staged{p, name, unlock}
		mine, err := file.Stat()
		if there, errThere := p.root.Lstat(name); locked && err == nil && errThere == nil && os.SameFile(mine, there) {
			return file, staged, nil
		}
		_ = file.Close()
		staged.Discard()
	}
	return nil, Staged{}, errors.New("its temporary files vanish")
}

// prefix is what the name of the temporary file of a place begins with, which nobody
// else's does.
func (p Place) prefix() string { return "." + filepath.Base(p.name) + ".portmoor-" }

// at is another place of the same root.
func (p Place) at(name string) Place {
	return Place{Real: filepath.Join(p.root.Name(), name), root: p.root, name: name}
}

func (p Place) path() string { return filepath.Join(p.root.Name(), p.name) }

// Sweep removes temporary files that a run which was killed has left beside a place:
// those of Stage by their names, of the same user, that no run writes now.
func (p Place) Sweep() {
	folder := filepath.Dir(p.name)
	entries, err := fs.ReadDir(p.root.FS(), filepath.ToSlash(folder))
	if err != nil {
		return // staging says so
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), p.prefix())
		if ok && number != "" && strings.Trim(number, "0123456789") == "" && e.Type().IsRegular() {
			p.at(filepath.Join(folder, e.Name())).sweep()
		}
	}
}

// Replace puts the file in its place, in one step.
func (s Staged) Replace() error { return s.place.root.Rename(s.name, s.place.name) }

// Discard removes the temporary file, unless it has replaced the other, and ends what
// tells other runs that it is not left behind.
func (s Staged) Discard() {
	_ = s.place.root.Remove(s.name)
	s.unlock()
}
