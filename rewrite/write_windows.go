package rewrite

import (
	"fmt"
	"os"
	"path/filepath"

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
	tmp, err := os.CreateTemp(folder, "."+filepath.Base(f.Path))
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
