package tree_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/tree"
)

// TestExcludes: what Git ignores by its settings is what is ignored here, as Git itself
// says, in a repository and in a worktree of it.
func TestExcludes(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	patterns := map[string]string{"home/ig": "byhome\n", "home/.config/git/ignore": "byxdg\n", "home/inc/more": "[core]\n\texcludesFile = ~/inc/ig\n", "home/inc/ig": "byinclude\n", "xdg/git/ignore": "byotherxdg\n", "rel": "byrelative\n"}
	for name, c := range map[string]struct {
		global, local string
		environ       []string
		want          []string // of the repository, and of its worktree
	}{
		"nothing but the default":    {"", "", nil, []string{"byinfo", "byxdg"}},
		"another folder of the user": {"", "", []string{"XDG_CONFIG_HOME=$ROOT/xdg"}, []string{"byinfo", "byotherxdg"}},
		"the user's":                 {"[core]\n\tExcludesFile = \"~/ig\" # mine\n", "", nil, []string{"byhome", "byinfo"}},
		"none":                       {"[core]\nexcludesfile =\n", "", nil, []string{"byinfo"}},
		"the repository's":           {"[core]\nexcludesfile = ~/ig\n", "[core]\n\texcludesfile = ../rel\n", nil, []string{"byinfo", "byrelative"}},
		"an include":                 {"[include]\npath = inc/more\n", "", nil, []string{"byinclude", "byinfo"}},
		"an include before":          {"[include]\npath = inc/more\n[core]\nexcludesfile = ~/ig\n", "", nil, []string{"byhome", "byinfo"}},
		"a condition":                {"[includeIf \"gitdir:$ROOT/\"]\npath = ~/inc/more\n", "", nil, []string{"byinclude", "byinfo"}},
		"a condition of a name":      {"[includeIf \"gitdir:repo/.git\"]\npath = ~/inc/more\n", "", nil, nil},
		"a condition of another":     {"[includeIf \"gitdir:~/elsewhere/\"]\npath = ~/inc/more\n", "", nil, []string{"byinfo", "byxdg"}},
		"another file":               {"[core]\nexcludesfile = ~/ig\n", "", []string{"GIT_CONFIG_GLOBAL=$ROOT/home/inc/more"}, []string{"byinclude", "byinfo"}},
		"the environment":            {"", "", []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.excludesFile", "GIT_CONFIG_VALUE_0=$ROOT/home/ig"}, []string{"byhome", "byinfo"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := write(t, patterns)
			filled := func(text string) string { return strings.ReplaceAll(text, "$ROOT", filepath.ToSlash(root)) }
			environ := []string{"HOME=" + filepath.Join(root, "home"), "USERPROFILE=" + filepath.Join(root, "home"), "GIT_CONFIG_NOSYSTEM=1", "PATH=" + os.Getenv("PATH")}
			for _, e := range c.environ {
				environ = append(environ, filled(e))
			}
			git := func(dir string, args ...string) string {
				cmd := exec.CommandContext(t.Context(), "git", args...)
				cmd.Dir, cmd.Env = dir, environ
				out, _ := cmd.CombinedOutput() // check-ignore fails where it finds none
				return string(out)
			}
			repo, linked := filepath.Join(root, "repo"), filepath.Join(root, "linked")
			git(root, "init", "-q", "repo")
			git(repo, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m", "x")
			git(repo, "worktree", "add", "-q", linked)
			for file, text := range map[string]string{"home/.gitconfig": c.global, "repo/.git/info/exclude": "byinfo\n", "repo/.git/config": string(read(t, repo)) + c.local} {
				if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(file)), []byte(filled(text)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			vars := map[string]string{}
			for _, e := range environ {
				name, value, _ := strings.Cut(e, "=")
				vars[name] = value
			}
			for _, dir := range []string{repo, linked} {
				names := []string{"byhome", "byxdg", "byotherxdg", "byinfo", "byinclude", "byrelative", "plain"}
				want := strings.Fields(git(dir, append([]string{"check-ignore"}, names...)...))
				slices.Sort(want)
				var got []string
				for _, name := range names {
					if tree.GitIgnored(filepath.Join(dir, name), vars) {
						got = append(got, name)
					}
				}
				slices.Sort(got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-git +got):\n%s", dir, diff)
				}
				if c.want != nil && !slices.Equal(want, c.want) {
					t.Errorf("%s: git says %v, which is not what this tests", dir, want)
				}
			}
		})
	}
}

func read(t *testing.T, repo string) []byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(repo, ".git", "config"))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// TestSettingsTorn: a configuration that can't be read says nothing, and what else
// there is still counts. It includes one that includes itself.
func TestSettingsTorn(t *testing.T) {
	for _, text := range []string{"[", "[core", "[core]\nexcludesfile = \"a", "[core]\nexcludesfile = \\x", "[core]\nexcludesfile = a\\", "\x00", "[core \"\\", "[include]\npath = config", "key = v"} {
		root := write(t, map[string]string{"repo/.git/config": text, "repo/.git/info/exclude": "mine\n"})
		if !tree.GitIgnored(filepath.Join(root, "repo", "mine"), nil) {
			t.Errorf("%q: info/exclude does not count", text)
		}
	}
}

// TestWorktrees: the checkouts of a repository know each other; a submodule is none.
func TestWorktrees(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	git := func(dir string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "protocol.file.allow=always", "-C", filepath.Join(root, dir)}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	git("", "init", "-q", "main")
	git("main", "commit", "-q", "--allow-empty", "-m", "x")
	git("main", "worktree", "add", "-q", "../a")
	git("main", "worktree", "add", "-q", "../deep/b")
	git("", "init", "-q", "alone")
	git("alone", "commit", "-q", "--allow-empty", "-m", "x")
	git("main", "submodule", "add", "-q", filepath.Join(root, "alone"), "sub")
	git("", "clone", "-q", "--bare", "main", "bare.git")
	git("bare.git", "worktree", "add", "-q", "../ofbare")
	for dir, want := range map[string]string{
		"main": "false a deep/b", "a": "true deep/b main", "deep/b": "true a main", "alone": "false", "main/sub": "false", "ofbare": "true", "": "false",
	} {
		linked, others := tree.Worktrees(filepath.Join(root, dir))
		slices.Sort(others)
		got := fmt.Sprint(linked)
		for _, o := range others {
			rel, err := filepath.Rel(root, o)
			if err != nil {
				t.Fatal(err)
			}
			got += " " + filepath.ToSlash(rel)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", dir, got, want)
		}
	}
}

// TestGitTracked: what Git tracks is what is tracked here, whichever form its index has.
func TestGitTracked(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	names := []string{".env", "a/.env", "a/b.c", "a/b.cd", "a/b/" + strings.Repeat("long", 40), "z", "ü"}
	for name, c := range map[string][]string{
		"version 2":   {"update-index --index-version 2"},
		"version 3":   {"update-index --index-version 3", "add -N intent"},
		"version 4":   {"update-index --index-version 4"},
		"split":       {"update-index --split-index", "add later"},
		"of a linked": {"worktree add -q -b other ../linked"},
		"sha256":      {"status"},
	} {
		t.Run(name, func(t *testing.T) {
			root := write(t, nil)
			environ := []string{"HOME=" + root, "GIT_CONFIG_NOSYSTEM=1", "PATH=" + os.Getenv("PATH")}
			repo := filepath.Join(root, "repo")
			git := func(dir string, args ...string) string {
				cmd := exec.CommandContext(t.Context(), "git", args...)
				cmd.Dir, cmd.Env = dir, environ
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %v: %s", args, err, out)
				}
				return string(out)
			}
			format := "sha1"
			if name == "sha256" {
				format = name
			}
			git(root, "init", "-q", "--object-format="+format, "repo")
			if tree.GitTracked(filepath.Join(repo, ".env"), nil) {
				t.Error("tracked without an index")
			}
			for _, file := range append([]string{"intent", "later", "free", "a/free"}, names...) {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(repo, file)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(repo, file), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			git(repo, append([]string{"add"}, names...)...)
			git(repo, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x")
			for _, line := range c {
				git(repo, strings.Fields(line)...)
			}
			if name == "of a linked" {
				repo = filepath.Join(root, "linked")
			}
			want := strings.Split(strings.TrimSuffix(git(repo, "ls-files", "-z"), "\x00"), "\x00")
			var got []string
			for _, file := range append([]string{"intent", "later", "free", "a/free", "a", "none", "a/b"}, names...) {
				if tree.GitTracked(filepath.Join(repo, file), map[string]string{"HOME": root}) {
					got = append(got, file)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" || len(want) < len(names) {
				t.Errorf("(-git +got):\n%s", diff)
			}
		})
	}
	for _, torn := range []string{"", "DIRC", "DIRC\x00\x00\x00\x09\x00\x00\x00\x00" + strings.Repeat("x", 40), "DIRC\x00\x00\x00\x02\x00\x00\x00\x05" + strings.Repeat("x", 80)} {
		root := write(t, map[string]string{"repo/.git/HEAD": "", "repo/.git/index": torn})
		if !tree.GitTracked(filepath.Join(root, "repo", ".env"), nil) {
			t.Errorf("%q: an index that can't be read says that nothing is tracked", torn)
		}
	}
}
