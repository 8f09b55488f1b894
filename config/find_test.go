package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/tree"
)

// write makes files in a new folder, named by path; a name that ends in / is
// a folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFind(t *testing.T) {
	files := map[string]string{
		Name:                              "",
		"git/.git/":                       "",
		"git/" + Name:                     "",
		"git/a/b/compose.yaml":            "",
		"git/near/" + Name:                "",
		"git/near/x/":                     "",
		"bare/.git/":                      "",
		"bare/a/":                         "",
		"worktree/.git":                   "gitdir: elsewhere",
		"worktree/a/":                     "",
		"worktree/" + Name:                "",
		"git/sub/.git":                    "gitdir: elsewhere",
		"git/sub/a/":                      "",
		"git/folder/" + Name + "/x":       "",
		"plain/" + Name:                   "",
		"plain/a/b/":                      "",
		"git/a/looks-like" + Name + "/x/": "",
	}
	for start, want := range map[string]string{
		"git":                  "git/" + Name,
		"git/a/b":              "git/" + Name,
		"git/a/b/compose.yaml": "git/" + Name,
		"git/near/x":           "git/near/" + Name,
		"git/sub/a":            "",
		"git/folder":           "git/folder/" + Name,
		"bare/a":               "",
		"worktree/a":           "worktree/" + Name,
		"plain":                "plain/" + Name,
		"plain/a/b":            "",
		"plain/a":              "",
	} {
		root := write(t, files)
		if outer := tree.Root(root); outer != root {
			t.Skipf("the temporary folder is in a git checkout, %s", outer)
		}
		got, err := Find(filepath.Join(root, start))
		if err != nil {
			t.Errorf("%s: %v", start, err)
		}
		if want != "" {
			want = filepath.Join(root, want)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", start, got, want)
		}
	}
}

func TestFindRelative(t *testing.T) {
	root := write(t, map[string]string{".git/": "", Name: "", "a/": ""})
	t.Chdir(filepath.Join(root, "a"))
	got, err := Find(".")
	if err != nil || !filepath.IsAbs(got) || filepath.Base(filepath.Dir(got)) != filepath.Base(root) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestFindMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone")
	_, err := Find(path)
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), path+": ") {
		t.Errorf("got %v", err)
	}
}

func TestLoad(t *testing.T) {
	root := write(t, map[string]string{Name: everything, "bad": "range: x\n", "folder/": ""})
	want := everyConfig()
	want.Path = filepath.Join(root, Name)
	t.Chdir(root)
	got, err := Load(Name)
	if err != nil {
		t.Fatal(err)
	}
	got.Path, _ = filepath.EvalSymlinks(got.Path)
	want.Path, _ = filepath.EvalSymlinks(want.Path)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{
		"bad":    `:1:8: want a port or a range such as 3000-3999, not "x"`,
		"folder": ": not a regular file",
		"gone":   ": no such file",
	} {
		path := filepath.Join(root, name)
		if _, err := Load(path); err == nil || err.Error() != path+want {
			t.Errorf("%s: got %v, want %s", name, err, path+want)
		}
	}
}

func TestLoadSymlink(t *testing.T) {
	root := write(t, map[string]string{"real": "strategy: auto\n"})
	link, dangling := filepath.Join(root, Name), filepath.Join(root, "dangling")
	for name, target := range map[string]string{link: "real", dangling: "gone"} {
		if err := os.Symlink(target, name); err != nil {
			t.Skip(err)
		}
	}
	c, err := Load(link)
	if err != nil || c.Strategy != "auto" || c.Path != link {
		t.Errorf("got %+v, %v", c, err)
	}
	_, err = Load(dangling)
	if want := dangling + ": symbolic link to gone: "; !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s…", err, want)
	}
}
