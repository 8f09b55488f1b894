//go:build unix

package rewrite

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
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
			if err := Write(path, []byte("new")); err != nil {
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
		path := filepath.Join(t.TempDir(), "f.yml")
		old := syscall.Umask(umask)
		err := Write(path, []byte("new"))
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
		if err := Write(path, fmt.Append(nil, owner)); err != nil {
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
			_, err := WriteAll([]Output{output(dir, "good.yml", "good", "better"), output(dir, "bad", "target", "x")})
			wantError(t, dir, err, tt.want)
			wantError(t, dir, Write(filepath.Join(dir, "bad"), []byte("x")), tt.want)
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
	_, err := WriteAll([]Output{output(dir, "app/f.yml", "f", "1"), output(dir, "link/f.yml", "f", "2")})
	wantError(t, dir, err, "link/f.yml: given twice")
	wantContents(t, filepath.Join(dir, "app"), map[string]string{"f.yml": "f"})

	if err := Write(filepath.Join(dir, "link", "f.yml"), []byte("3")); err != nil {
		t.Fatal(err)
	}
	wantContents(t, filepath.Join(dir, "app"), map[string]string{"f.yml": "3"})
}
