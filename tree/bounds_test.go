package tree_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/tree"
)

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skip(err)
	}
}

// TestBounds: a path is within the bounds by where it leads, whatever it looks like.
func TestBounds(t *testing.T) {
	dir := write(t, map[string]string{"repo/.git/HEAD": "", "repo/sub/a": "a", "repo/b": "", "outside/c": "c", "bare/x": "", "repo/sub/clone/.git/HEAD": "", "repo/tree/.git": "gitdir: x"})
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	link(t, "../outside", in("repo/out"))
	link(t, "sub", in("repo/in"))
	link(t, "tree", in("repo/intree"))
	link(t, "../outside/c", in("repo/file"))
	link(t, "../outside/none", in("repo/dangling"))
	link(t, "../outside/new", in("repo/newfolder"))
	link(t, "circle", in("repo/circle"))
	link(t, "repo", in("alias"))
	b := tree.BoundsOf(in("repo/sub")).And(in("outside/named"), in("repo/out/named2"), in("repo/tree/named"))
	for name, want := range map[string]struct {
		has     bool
		refused string
	}{
		"repo/b": {true, ""}, "repo/sub/a": {true, ""}, "repo/sub/new/deep/x": {true, ""}, "repo/in/a": {true, ""}, "alias/b": {true, ""},
		"repo/sub/../b": {true, ""}, "repo/..b": {true, ""},
		"outside/c": {false, "outside"}, "repo/../outside/c": {false, "outside"}, "repo2": {false, "outside"}, "repo/out/c": {false, "outside"},
		"repo/out/new/deep": {false, "outside"}, "repo/newfolder/x": {false, "outside"}, "repo/newfolder/deep/x": {false, "outside"},
		"repo/file": {false, "symlink"}, "repo/dangling": {false, "symlink"},
		"repo/sub/clone/x": {true, "belongs to the repository"}, "repo/sub/clone/deep/x": {true, "belongs to the repository"}, "repo/tree/x": {true, "belongs to the repository"},
		"repo/intree/x": {true, "belongs to the repository"}, "repo/tree/named": {true, ""}, "repo/.git/config": {true, "belongs to Git"}, "repo/.GIT/hooks/x": {true, "belongs to Git"},
		"outside/named": {true, ""}, "outside/named2": {true, ""}, "outside/named3": {false, "outside"}, "repo/out/named": {true, ""},
	} {
		if b.Has(in(name)) != want.has {
			t.Errorf("%s: has is not %v", name, want.has)
		}
		if got := b.Refuses(in(name)); (got == "") != (want.refused == "") || !strings.Contains(got, want.refused) {
			t.Errorf("%s: refused as %q, want %q", name, got, want.refused)
		}
		w := b.Writer()
		_, err := w.Place(in(name))
		outside, foreign := errors.Is(err, tree.ErrOutside), errors.Is(err, tree.ErrForeign)
		if outside != (want.refused == "outside") || foreign != strings.HasPrefix(want.refused, "belongs") || err != nil && !outside && !foreign {
			t.Errorf("%s: %v", name, err)
		}
		w.Close()
	}
	for name, want := range map[string]bool{"bare/x": true, "bare/new": true, "repo/b": false} {
		if tree.BoundsOf(in("bare")).Has(in(name)) != want {
			t.Errorf("without Git: %s is not %v", name, want)
		}
	}
	if (tree.Bounds{}).Has(in("repo/b")) || (tree.Bounds{}).Refuses(in("repo/b")) == "" {
		t.Error("the zero value has something in it")
	}
	if b.Refuses(in("repo/circle/x")) == "" {
		w := b.Writer()
		defer w.Close()
		place, err := w.Place(in("repo/circle/x"))
		if _, made := place.MakeFolder(0o755); err == nil && made == nil {
			t.Error("a circle of links is a folder")
		}
	}
}

// put stages and replaces.
func put(p tree.Place, text string) error {
	if _, err := p.MakeFolder(0o755); err != nil {
		return err
	}
	old, err := p.Stat()
	if err != nil {
		return err
	}
	s, err := p.Stage([]byte(text), old, false)
	if err != nil {
		return err
	}
	defer s.Discard()
	return s.Replace()
}

// TestPlaceIsSwapped: a folder that becomes a link to elsewhere, after its path was
// checked, leads nobody out. Each line is a moment at which that happens.
func TestPlaceIsSwapped(t *testing.T) {
	for _, moment := range []string{"never", "before the folder", "before the temporary file", "before the rename"} {
		dir := write(t, map[string]string{"repo/sub/f": "old", "outside/f": "theirs"})
		swap := func(now string) {
			if moment != now {
				return
			}
			if err := os.Rename(filepath.Join(dir, "repo", "sub"), filepath.Join(dir, "repo", "gone")); err != nil {
				t.Skip(err)
			}
			link(t, filepath.Join("..", "outside"), filepath.Join(dir, "repo", "sub"))
		}
		w := tree.BoundsOf(filepath.Join(dir, "repo")).Writer()
		place, err := w.Place(filepath.Join(dir, "repo", "sub", "f"))
		if err != nil {
			t.Fatal(err)
		}
		swap("before the folder")
		_, err = place.MakeFolder(0o755)
		var staged tree.Staged
		if err == nil {
			swap("before the temporary file")
			staged, err = place.Stage([]byte("new"), nil, false)
		}
		if err == nil {
			swap("before the rename")
			err = staged.Replace()
		}
		if (err == nil) != (moment == "never") {
			t.Errorf("%s: %v", moment, err)
		}
		entries, readErr := os.ReadDir(filepath.Join(dir, "outside"))
		text, _ := os.ReadFile(filepath.Join(dir, "outside", "f"))
		if readErr != nil || len(entries) != 1 || string(text) != "theirs" {
			t.Errorf("%s: outside there is now %v, %q", moment, entries, text)
		}
		w.Close()
	}
}

// TestPlace: what is put is there, whole, in folders that are made for it; nothing else
// is left.
func TestPlace(t *testing.T) {
	dir := write(t, map[string]string{"old": "old", "there/x": ""})
	w := tree.BoundsOf(dir).And(filepath.Join(dir, "..", filepath.Base(dir)+".named", "deep", "f")).Writer()
	defer w.Close()
	named := filepath.Join(dir+".named", "deep", "f")
	t.Cleanup(func() { _ = os.RemoveAll(dir + ".named") })
	for _, path := range []string{filepath.Join(dir, "old"), filepath.Join(dir, "new", "deep", "f"), filepath.Join(dir, "there", "y"), named} {
		place, err := w.Place(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"one", "two"} {
			if err := put(place, text); err != nil {
				t.Fatal(path, err)
			}
			if got, err := place.Read(100); err != nil || string(got) != text {
				t.Errorf("%s: %q, %v", path, got, err)
			}
		}
		if entries, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(entries) > 0 {
			t.Errorf("left behind: %v, %v", entries, err)
		}
		if err := place.Remove(); err != nil {
			t.Error(err)
		}
		if info, err := place.Stat(); info != nil || err != nil {
			t.Errorf("removed: %v, %v", info, err)
		}
	}
}
