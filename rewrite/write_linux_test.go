package rewrite

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/portmoor/portmoor/tree"
)

const nobody = 65534

// withoutRoot runs f with a plain user's rights to files, which Linux has per
// thread. The thread is not unlocked and so ends with its goroutine.
func withoutRoot(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := syscall.Setfsuid(nobody)
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// openFolder is a folder that any user reaches and may write.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rewrite") //nolint:usetesting // the folder above t.TempDir() is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFolderIsReadOnly(t *testing.T) {
	dir := openFolder(t)
	fill(t, dir, map[string]string{"good.yml": "good", "closed/f.yml": "f"})
	closed := filepath.Join(dir, "closed")
	if err := os.Chmod(closed, 0o555); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(closed, 0o755) }() // else a plain user can't remove it
	if os.Geteuid() == 0 {
		if err := os.Chown(filepath.Join(dir, "good.yml"), nobody, 0); err != nil {
			t.Fatal(err)
		}
	}
	var err, newErr error
	withoutRoot(t, func() {
		good := output(dir, "good.yml", "good", "better")
		_, err = WriteAll(tree.BoundsOf(dir), []Output{good, output(dir, "closed/f.yml", "f", "x")})
		_, newErr = WriteAll(tree.BoundsOf(dir), []Output{
			good, output(dir, "made/n.yml", "-", "n"), output(dir, "made/deep/n.yml", "-", "n"),
			output(dir, "closed/sub/n.yml", "-", "x"),
		})
	})
	wantError(t, dir, err, "closed/f.yml: cannot write to the folder closed: permission denied")
	wantError(t, dir, newErr, "closed/sub/n.yml: cannot create its folder: permission denied")
	wantContents(t, dir, map[string]string{"good.yml": "good", "closed": "folder", "closed/f.yml": "f"})
}

func TestOwnerThatCannotBeKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := openFolder(t)
	fill(t, dir, map[string]string{"good.yml": "good", "theirs.yml": "t"})
	for name, uid := range map[string]int{"good.yml": nobody, "theirs.yml": 1234} {
		if err := os.Chown(filepath.Join(dir, name), uid, 0); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	withoutRoot(t, func() {
		_, err = WriteAll(tree.BoundsOf(dir), []Output{output(dir, "good.yml", "good", "better"), output(dir, "theirs.yml", "t", "x")})
	})
	wantError(t, dir, err, "theirs.yml: cannot keep its owner 1234:0: permission denied")
	wantContents(t, dir, map[string]string{"good.yml": "good", "theirs.yml": "t"})

	// Of a file that only Portmoor writes, who writes becomes the owner.
	withoutRoot(t, func() { err = WriteOurs(tree.BoundsOf(dir), filepath.Join(dir, "theirs.yml"), []byte("ours")) })
	if err != nil {
		t.Error(err)
	}
	wantContents(t, dir, map[string]string{"good.yml": "good", "theirs.yml": "ours"})
}
