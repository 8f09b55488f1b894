package tree_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/tree"
)

// write writes files below a new folder; a name that ends with / is a folder.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestRead: what is read is what is there, at most so much of it, and nothing that
// could keep the program waiting or fill the memory.
func TestRead(t *testing.T) {
	root := write(t, map[string]string{"empty": "", "some": "some", "limit": strings.Repeat("x", 100), "more": strings.Repeat("x", 101)})
	for name, want := range map[string]struct {
		length int
		large  bool
	}{"empty": {0, false}, "some": {4, false}, "limit": {100, false}, "more": {101, true}} {
		src, err := tree.Read(filepath.Join(root, name), 100)
		if len(src) != want.length || errors.Is(err, tree.ErrLarge) != want.large || !want.large && err != nil {
			t.Errorf("%s: %d bytes, %v", name, len(src), err)
		}
	}
	long := strings.Repeat("0123456789abcdef", 20_000)
	for _, held := range []string{"", "some", long, long + "x"} {
		path := filepath.Join(root, "held")
		if err := os.WriteFile(path, []byte(held), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, asked := range []string{"", "some", "same", "som", "somew", long, long + "x", long + "y", "x" + long[1:]} {
			if tree.Holds(path, []byte(asked)) != (held == asked) {
				t.Errorf("a file of %d bytes holds others of %d", len(held), len(asked))
			}
		}
	}
	if tree.Holds(root, nil) || tree.Holds(filepath.Join(root, "none"), nil) {
		t.Error("a folder, or nothing at all, holds no bytes")
	}
	if _, err := tree.Read(filepath.Join(root, "none"), 100); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if src, err := tree.ReadIf(filepath.Join(root, "none"), 100); src != nil || err != nil {
		t.Error(src, err)
	}
	if _, err := tree.Read(root, 100); err == nil || err.Error() != "not a regular file" {
		t.Errorf("a folder: %v", err)
	}
	if src, err := tree.ReadStream(strings.NewReader(strings.Repeat("x", 1000)), 100); len(src) != 101 || !errors.Is(err, tree.ErrLarge) {
		t.Errorf("%d bytes, %v", len(src), err)
	}
}

// TestReadDevice: a device is refused at once, also through a link.
func TestReadDevice(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such devices")
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/dev/zero", link); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Read(link, 100); err == nil || err.Error() != "not a regular file" {
		t.Error(err)
	}
}

// TestFiles: the files of a tree are those that Git has, less what the options
// ignore. A file too many is edited by nobody's wish, one too few is missed.
func TestFiles(t *testing.T) {
	root := write(t, map[string]string{
		".git/HEAD": "", ".git/info/exclude": "excluded\n", ".gitignore": "/old/\n*.log\r\n!keep.log\n# no pattern\n",
		"a": "", "excluded": "", "old/b": "", "sub/x.log": "", "sub/keep.log": "", "sub/.gitignore": "mine\n", "sub/mine": "", "mine": "",
		"node_modules/c": "", "vendor/d": "", "skip/e": "", "sub/skip/f": "", "sub/g.tmp": "",
		"clone/.git/HEAD": "", "clone/h": "", "sub/worktree/.git": "gitdir: elsewhere", "sub/worktree/i": "",
	})
	var got []string
	options := tree.Options{Base: root, Ignore: []string{"/skip/", "*.tmp"}}
	tree.Files(root, options, func(path string, _ os.DirEntry) {
		rel, _ := filepath.Rel(root, path)
		got = append(got, filepath.ToSlash(rel))
	})
	want := []string{".gitignore", "a", "mine", "sub/.gitignore", "sub/keep.log", "sub/skip/f"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = nil
	tree.Files(filepath.Join(root, "old"), options, func(path string, _ os.DirEntry) { got = append(got, filepath.Base(path)) })
	if !slices.Equal(got, []string{"b"}) {
		t.Errorf("a folder that was asked for by name has %v", got)
	}
	got = nil
	tree.Files(filepath.Join(root, "clone"), options, func(path string, _ os.DirEntry) { got = append(got, filepath.Base(path)) })
	if !slices.Equal(got, []string{"h"}) {
		t.Errorf("a repository that was asked for by name has %v", got)
	}
	for path, want := range map[string]bool{"a": false, "sub/x.log": false, "clone/h": true, "sub/worktree/i": true} {
		if tree.Nested(root, filepath.Join(root, filepath.FromSlash(path))) != want {
			t.Errorf("%s: not %v", path, want)
		}
	}
	ignored := options.Ignored()
	for path, want := range map[string]bool{"a": false, "skip/e": true, "sub/skip/f": false, "sub/g.tmp": true} {
		if ignored(filepath.Join(root, filepath.FromSlash(path))) != want {
			t.Errorf("%s: not %v", path, want)
		}
	}
	for path, want := range map[string]bool{"a": false, "old/b": true, "sub/mine": true, "mine": false, "skip/e": false} {
		if tree.GitIgnored(filepath.Join(root, filepath.FromSlash(path)), nil) != want {
			t.Errorf("%s: not %v", path, want)
		}
	}
}

// TestRoot: where a repository begins, in a worktree and without Git too.
func TestRoot(t *testing.T) {
	root := write(t, map[string]string{"git/.git/HEAD": "", "git/sub/a": "", "worktree/.git": "gitdir: elsewhere", "worktree/sub/a": "", "bare/a/b": ""})
	if outer := tree.Root(root); outer != root {
		t.Skipf("the temporary folder is in a repository, %s", outer)
	}
	for dir, want := range map[string]string{"git": "git", "git/sub": "git", "worktree/sub": "worktree", "bare/a": "bare/a"} {
		if got := tree.Root(filepath.Join(root, dir)); got != filepath.Join(root, want) {
			t.Errorf("%s: %s", dir, got)
		}
	}
	if got := tree.Folder(filepath.Join(root, "git/sub/a")); got != filepath.Join(root, "git/sub") {
		t.Error(got)
	}
	if got := tree.Folder(filepath.Join(root, "none")); got != filepath.Join(root, "none") {
		t.Error(got)
	}
}

// TestPaths: paths that are written in several ways are one.
func TestPaths(t *testing.T) {
	root := write(t, map[string]string{"a/b": ""})
	if diff := cmp.Diff([]string{filepath.Join(root, "a"), filepath.Join(root, "c")}, tree.Absolute(root, "./a/", filepath.Join(root, "x", "..", "c"))); diff != "" {
		t.Error(diff)
	}
	if tree.Absolute(root) != nil {
		t.Error("no path becomes one")
	}
	link := filepath.Join(root, "link")
	if err := os.Symlink("a", link); err != nil {
		t.Skip(err)
	}
	if !tree.Same(link, filepath.Join(root, "a")) || tree.Same(link, root) || !tree.IsSymlink(link) || tree.IsSymlink(root) || !tree.Exists(link) {
		t.Error("a link is not what it leads to")
	}
}

// TestGitIgnoredBelow: what is below an ignored folder stays ignored, as Git has it.
func TestGitIgnoredBelow(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{".git/HEAD": "", ".gitignore": "cfg/\n!.portmoor.yaml\n*.log\n!kept.log\n", "cfg/.portmoor.yaml": "", "kept.log": ""} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{"cfg/.portmoor.yaml": true, ".portmoor.yaml": false, "kept.log": false, "other.log": true} {
		if got := tree.GitIgnored(filepath.Join(dir, name), nil); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestLimits: what is read is as long as these, whoever asks.
func TestLimits(t *testing.T) {
	if got, want := []int{tree.MaxFile, tree.MaxDocument, tree.MaxLedger}, []int{4 << 20, 16 << 20, 64 << 20}; !slices.Equal(got, want) {
		t.Errorf("the limits are %d, want %d", got, want)
	}
	path := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, most := range []int{tree.MaxFile, tree.MaxDocument, tree.MaxLedger} {
		for size, want := range map[int]error{most: nil, most + 1: tree.ErrLarge} {
			if err := os.Truncate(path, int64(size)); err != nil {
				t.Fatal(err)
			}
			if _, err := tree.Read(path, most); !errors.Is(err, want) {
				t.Errorf("%d bytes of at most %d: %v", size, most, err)
			}
		}
	}
}
