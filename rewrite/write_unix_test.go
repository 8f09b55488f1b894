//go:build unix

package rewrite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/portmoor/portmoor/tree"
)

func TestModeIsKept(t *testing.T) {
	for _, mode := range []os.FileMode{0o600, 0o640, 0o755, 0o444, 0o666} {
		t.Run(fmt.Sprint(mode), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f.yml")
			fill(t, dir, map[string]string{"f.yml": "old"})
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			if err := Write(tree.BoundsOf(dir), path, []byte("new")); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode() != mode {
				t.Errorf("mode %v, want %v", info.Mode(), mode)
			}
		})
	}
}

func TestNewFileObeysUmask(t *testing.T) {
	for umask, want := range map[int]os.FileMode{0o022: 0o644, 0o027: 0o640, 0o000: 0o644} {
		dir := t.TempDir()
		path := filepath.Join(dir, "f.yml")
		old := syscall.Umask(umask)
		err := Write(tree.BoundsOf(dir), path, []byte("new"))
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("umask %#o: mode %v, want %v", umask, info.Mode(), want)
		}
	}
}

func TestOwnerIsKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "f.yml")
	fill(t, dir, map[string]string{"f.yml": "old"})
	for _, owner := range [][2]int{{1234, 1234}, {0, 1234}, {1234, 0}} {
		if err := os.Chown(path, owner[0], owner[1]); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o640|os.ModeSetgid); err != nil {
			t.Fatal(err)
		}
		if err := Write(tree.BoundsOf(dir), path, fmt.Append(nil, owner)); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		st := info.Sys().(*syscall.Stat_t)
		if got := [2]int{int(st.Uid), int(st.Gid)}; got != owner || info.Mode() != 0o640|os.ModeSetgid {
			t.Errorf("owner %v and mode %v, want %v and 0640 with setgid", got, info.Mode(), owner)
		}
	}
}

// TestIrregularIsRefused has a good file before each path that is no regular
// file; both must stay what they are.
func TestIrregularIsRefused(t *testing.T) {
	tests := []struct {
		name   string
		create func(path string) error
		kind   os.FileMode
		want   string
	}{
		{
			"symlink", func(path string) error { return os.Symlink("target.yml", path) }, os.ModeSymlink,
			"bad: is a symlink, which would be replaced by a file; name its target target.yml instead",
		},
		{
			"dangling symlink", func(path string) error { return os.Symlink("none", path) }, os.ModeSymlink,
			"bad: is a symlink, which would be replaced by a file; name its target none instead",
		},
		{
			"fifo", func(path string) error { return syscall.Mkfifo(path, 0o644) }, os.ModeNamedPipe,
			"bad: is not a regular file; only regular files are written",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, map[string]string{"good.yml": "good", "target.yml": "target"})
			if err := tt.create(filepath.Join(dir, "bad")); err != nil {
				t.Fatal(err)
			}
			_, err := WriteAll(tree.BoundsOf(dir), []Output{output(dir, "good.yml", "good", "better"), output(dir, "bad", "target", "x")})
			wantError(t, dir, err, tt.want)
			wantError(t, dir, Write(tree.BoundsOf(dir), filepath.Join(dir, "bad"), []byte("x")), tt.want)
			wantContents(t, dir, map[string]string{"good.yml": "good", "target.yml": "target", "bad": tt.kind.String()})
		})
	}
}

func TestTwiceThroughLinkedFolder(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, map[string]string{"app/f.yml": "f"})
	if err := os.Symlink("app", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	_, err := WriteAll(tree.BoundsOf(dir), []Output{output(dir, "app/f.yml", "f", "1"), output(dir, "link/f.yml", "f", "2")})
	wantError(t, dir, err, "link/f.yml: given twice")
	wantContents(t, filepath.Join(dir, "app"), map[string]string{"f.yml": "f"})

	if err := Write(tree.BoundsOf(dir), filepath.Join(dir, "link", "f.yml"), []byte("3")); err != nil {
		t.Fatal(err)
	}
	wantContents(t, filepath.Join(dir, "app"), map[string]string{"f.yml": "3"})
}

// TestLeftBehind: what a run that was killed has left is gone after the next one that
// writes there; what only looks like it, is another user's or is being written stays.
func TestLeftBehind(t *testing.T) {
	dir := t.TempDir()
	stays := map[string]string{
		"f.yml": "new", ".f.yml": "x", ".f.yml.portmoor-1x": "x", ".f.yml.portmoor-": "x", ".g.yml.portmoor-12": "x",
		"f.yml.portmoor-12": "x", ".f.yml.portmoor-7": "written", ".f.yml1": "somebody's", ".f.yml20261128": "somebody's",
	}
	fill(t, dir, map[string]string{"f.yml": "old", ".f.yml.portmoor-123": "left", ".f.yml.portmoor-9": "left"})
	fill(t, dir, stays)
	fill(t, dir, map[string]string{"f.yml": "old"})
	if err := os.Mkdir(filepath.Join(dir, ".f.yml.portmoor-5"), 0o755); err != nil {
		t.Fatal(err)
	}
	stays[".f.yml.portmoor-5"] = "folder"
	if err := os.Symlink("f.yml", filepath.Join(dir, ".f.yml.portmoor-6")); err != nil {
		t.Fatal(err)
	}
	stays[".f.yml.portmoor-6"] = os.ModeSymlink.String()
	if os.Geteuid() == 0 {
		fill(t, dir, map[string]string{".f.yml.portmoor-4": "x"})
		if err := os.Chown(filepath.Join(dir, ".f.yml.portmoor-4"), 1234, 1234); err != nil {
			t.Fatal(err)
		}
		stays[".f.yml.portmoor-4"] = "x"
	}
	locked, err := os.Open(filepath.Join(dir, ".f.yml.portmoor-7"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(locked.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if err := Write(tree.BoundsOf(dir), filepath.Join(dir, "f.yml"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	wantContents(t, dir, stays)
	if err := locked.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Write(tree.BoundsOf(dir), filepath.Join(dir, "f.yml"), []byte("newer")); err != nil {
		t.Fatal(err)
	}
	stays["f.yml"] = "newer"
	delete(stays, ".f.yml.portmoor-7")
	wantContents(t, dir, stays)
}

// TestFollows: new files and folders belong to those whom their folder belongs to,
// unless each has there only what is his.
func TestFollows(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	for _, c := range []struct{ folder, file, made os.FileMode }{
		{0o700, 0o600, 0o700},
		{0o755, 0o600, 0o700},
		{0o770, 0o660, 0o770},
		{0o775 | os.ModeSetgid, 0o660, 0o770 | os.ModeSetgid},
		{0o777, 0o666, 0o777},
		{0o777 | os.ModeSticky, 0o600, 0o700},
	} {
		dir := t.TempDir()
		uid, gid := os.Getuid(), os.Getgid()
		if os.Geteuid() == 0 {
			uid, gid = 1234, 1235
			if err := os.Chown(dir, uid, gid); err != nil {
				t.Fatal(err)
			}
			if c.folder&os.ModeSticky != 0 {
				uid, gid = 0, 0
			}
		}
		if err := os.Chmod(dir, c.folder); err != nil {
			t.Fatal(err)
		}
		if err := Write(tree.BoundsOf(dir), filepath.Join(dir, "new", "f.yml"), []byte("new")); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]os.FileMode{"new": c.made | os.ModeDir, "new/f.yml": c.file} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			st := info.Sys().(*syscall.Stat_t)
			if info.Mode() != want || int(st.Uid) != uid || int(st.Gid) != gid {
				t.Errorf("in %v: %s is %v of %d:%d, want %v of %d:%d", c.folder, name, info.Mode(), st.Uid, st.Gid, want, uid, gid)
			}
		}
	}
}

// TestFollowLink: who owns a folder does not get what a link in it leads to.
func TestFollowLink(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	fill(t, filepath.Dir(outside), map[string]string{"outside": "x"})
	link := filepath.Join(dir, "link")
	if err := errors.Join(os.Chmod(outside, 0o600), os.Chmod(dir, 0o777), os.Symlink(outside, link)); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, 1234, 1234); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.Stat(outside)
	if err != nil {
		t.Fatal(err)
	}
	w := tree.BoundsOf(dir).Writer()
	defer w.Close()
	place, err := w.Place(link)
	if err != nil {
		t.Fatal(err)
	}
	place.Follow()
	after, err := os.Stat(outside)
	if err != nil || after.Mode() != before.Mode() || after.Sys().(*syscall.Stat_t).Uid != before.Sys().(*syscall.Stat_t).Uid {
		t.Errorf("%v is %v now, %v", before, after, err)
	}
}
