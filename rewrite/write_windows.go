package rewrite

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/portmoor/portmoor/say"
)

// tempFile is a complete temporary file that waits to take its target's place.
type tempFile struct{ tmp, path string }

func (t tempFile) replace() error { return os.Rename(t.tmp, t.path) }

// discard removes the temporary file, unless it has replaced its target.
func (t tempFile) discard() { _ = os.Remove(t.tmp) }

// stage writes the temporary file. Access rights come from the folder.
func stage(f Output) (tempFile, error) {
	folder := filepath.Dir(f.Path)
	tmp, err := os.CreateTemp(folder, temporary(f.Path))
	if err != nil {
		return tempFile{}, fmt.Errorf("cannot write to the folder %s: %w", folder, say.Cause(err))
	}
	staged := tempFile{tmp: tmp.Name(), path: f.Path}
	err = writeSynced(tmp, f.After)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		staged.discard()
		return tempFile{}, say.Cause(err)
	}
	return staged, nil
}

// old is how long nobody has written a temporary file that was left behind.
const old = time.Hour

// sweepOne removes a temporary file that is old by the clock of its folder: while a
// run has it, nothing else tells.
func sweepOne(path string) {
	probe, err := os.CreateTemp(filepath.Dir(path), ".portmoor")
	if err != nil {
		return
	}
	now, err := probe.Stat()
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	if info, errInfo := os.Lstat(path); err == nil && errInfo == nil && now.ModTime().Sub(info.ModTime()) > old {
		_ = os.Remove(path)
	}
}

// Follow does nothing: access rights come from the folder.
func Follow(string) {}
