package rewrite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// fill writes files below dir, with the folders they need.
func fill(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// contents reads everything below dir, so that a file too many is seen; a
// folder's content is "folder".
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		switch {
		case err != nil:
			return err
		case d.IsDir():
			found[filepath.ToSlash(name)] = "folder"
		case !d.Type().IsRegular():
			found[filepath.ToSlash(name)] = d.Type().String()
		default:
			b, err := os.ReadFile(path)
			found[filepath.ToSlash(name)] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wantContents(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Errorf("on disk (-want +got):\n%s", diff)
	}
}

// wantError compares the whole error, without the test's folder in it.
func wantError(t *testing.T, dir string, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	got := filepath.ToSlash(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	got = strings.ReplaceAll(got, dir, "DIR")
	if got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

// output is a file of dir to be replaced; "-" stands for one that must not exist.
func output(dir, name, before, after string) Output {
	o := Output{Path: filepath.Join(dir, name), Before: []byte(before), After: []byte(after)}
	if before == "-" {
		o.Before = nil
	}
	return o
}

func TestWriteAll(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, map[string]string{"a.yml": "a\r\n", "b.yml": "b", "same.yml": "s", "empty.yml": ""})
	written, err := WriteAll(tree.BoundsOf(dir), []Output{
		output(dir, "b.yml", "b", "B"),
		output(dir, "same.yml", "s", "s"),
		output(dir, "a.yml", "a\r\n", "A\r\n"),
		output(dir, "empty.yml", "", "E"),
		output(dir, "new/deep/n.yml", "-", "N"),
		output(dir, "new/blank.yml", "-", ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range written {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		written[i] = filepath.ToSlash(name)
	}
	want := []string{"b.yml", "a.yml", "empty.yml", "new/deep/n.yml", "new/blank.yml"}
	if diff := cmp.Diff(want, written); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	wantContents(t, dir, map[string]string{
		"a.yml": "A\r\n", "b.yml": "B", "same.yml": "s", "empty.yml": "E",
		"new": "folder", "new/deep": "folder", "new/deep/n.yml": "N", "new/blank.yml": "",
	})
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "data", "plan.md")
	for _, content := range []string{"one", "two", "", "three"} {
		if err := Write(tree.BoundsOf(dir), path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		wantContents(t, dir, map[string]string{"data": "folder", "data/plan.md": content})
	}
}

// TestWriteAllRefuses pairs each target that can't be replaced with a good one
// before it: neither may change, and nothing may be left behind.
func TestWriteAllRefuses(t *testing.T) {
	tests := []struct {
		name string
		bad  func(dir string) Output
		want string
	}{
		{
			"changed", func(dir string) Output { return output(dir, "bad.yml", "what was read", "x") },
			"bad.yml: changed on disk since it was read",
		},
		{
			"removed", func(dir string) Output { return output(dir, "none.yml", "x", "y") },
			"none.yml: removed from disk since it was read",
		},
		{
			"removed while empty", func(dir string) Output { return output(dir, "none.yml", "", "y") },
			"none.yml: removed from disk since it was read",
		},
		{
			"already there", func(dir string) Output { return output(dir, "bad.yml", "-", "x") },
			"bad.yml: already exists",
		},
		{
			"folder", func(dir string) Output { return output(dir, "sub", "-", "x") },
			"sub: is a folder; name a file in it",
		},
		{
			"twice", func(dir string) Output { return output(dir, "sub/../good.yml", "good", "y") },
			"good.yml: given twice",
		},
		{
			"below itself", func(dir string) Output { return output(dir, "new.yml/below", "-", "x") },
			"new.yml: is a folder; name a file in it",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, map[string]string{"good.yml": "good", "bad.yml": "bad", "sub/x": "x"})
			written, err := WriteAll(tree.BoundsOf(dir), []Output{
				output(dir, "good.yml", "good", "better"),
				output(dir, "new.yml", "-", "new"),
				tt.bad(dir),
			})
			wantError(t, dir, err, tt.want)
			if len(written) > 0 {
				t.Errorf("written %q", written)
			}
			wantContents(t, dir, map[string]string{"good.yml": "good", "bad.yml": "bad", "sub": "folder", "sub/x": "x"})
		})
	}
}

// TestFailureMidway takes away a temporary file after all checks: the error
// must say what was replaced, and the rest must stay as it was.
func TestFailureMidway(t *testing.T) {
	tests := []struct {
		lost, want string
		written    int
		first      string
	}{
		{"a.yml", "a.yml: cannot be replaced: REASON (replaced: nothing; not replaced: a.yml, b.yml, c.yml)", 0, "a"},
		{"b.yml", "b.yml: cannot be replaced: REASON (replaced: a.yml; not replaced: b.yml, c.yml)", 1, "A"},
	}
	for _, tt := range tests {
		t.Run(tt.lost, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, map[string]string{"a.yml": "a", "b.yml": "b", "c.yml": "c"})
			files := []Output{output(dir, "a.yml", "a", "A"), output(dir, "b.yml", "b", "B"), output(dir, "c.yml", "c", "C")}
			w := tree.BoundsOf(dir).Writer()
			defer w.Close()
			targets, err := changed(w, files)
			if err != nil {
				t.Fatal(err)
			}
			staged, _, err := stageAll(targets)
			if err != nil {
				t.Fatal(err)
			}
			temporary, err := filepath.Glob(filepath.Join(dir, "."+tt.lost+"*"))
			if err != nil || len(temporary) != 1 {
				t.Fatalf("temporary files %q, %v", temporary, err)
			}
			if err := os.Remove(temporary[0]); err != nil {
				t.Fatal(err)
			}
			written, err := replaceAll(targets, staged)
			for _, s := range staged {
				s.Discard()
			}
			if err == nil {
				t.Fatal("no error")
			}
			wantError(t, dir, err, strings.Replace(tt.want, "REASON", say.Cause(os.Remove(temporary[0])).Error(), 1))
			if len(written) != tt.written {
				t.Errorf("written %q, want %d", written, tt.written)
			}
			wantContents(t, dir, map[string]string{"a.yml": tt.first, "b.yml": "b", "c.yml": "c"})
		})
	}
}

func TestEqualContentIsNotWritten(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f.yml")
	fill(t, dir, map[string]string{"f.yml": "same"})
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(tree.BoundsOf(dir), path, []byte("same")); err != nil {
		t.Fatal(err)
	}
	written, err := WriteAll(tree.BoundsOf(dir), []Output{output(dir, "f.yml", "same", "same")})
	if err != nil || len(written) > 0 {
		t.Errorf("written %q, %v", written, err)
	}
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		t.Error("the file was replaced by one with the same content")
	}
}
