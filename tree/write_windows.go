package tree

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// lock does nothing: a temporary file that is left behind is told by its age.
func lock(string) (unlock func(), ok bool) { return func() {}, true }

// old is how long nobody has written a temporary file that was left behind.
const old = time.Hour

// sweep removes a temporary file that is old by the clock of its folder: while a
// run has it, nothing else tells.
func (p Place) sweep() {
	probe := p.at(filepath.Join(filepath.Dir(p.name), fmt.Sprint(".portmoor", rand.Uint64())))
	file, err := p.root.OpenFile(probe.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return
	}
	now, err := file.Stat()
	_ = file.Close()
	_ = probe.Remove()
	if info, errInfo := p.Stat(); err == nil && errInfo == nil && info != nil && now.ModTime().Sub(info.ModTime()) > old {
		_ = p.Remove()
	}
}

// Follow does nothing: access rights come from the folder.
func (p Place) Follow() {}

// keepAccess does nothing: access rights come from the folder.
func keepAccess(*os.File, fs.FileInfo, bool) error { return nil }
