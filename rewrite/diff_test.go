package rewrite

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	tests := []struct {
		name   string
		before string
		edits  []Edit
		want   string
	}{
		{"no edits", "a\n", nil, ""},
		{"edits that change nothing", "a\nb\n", []Edit{edit(0, 1, "a"), edit(2, 2, "")}, ""},
		{
			"two of one line", "- 8080:80\n",
			[]Edit{edit(7, 9, "81"), edit(2, 6, "0")},
			"--- a/f.yml\n+++ b/f.yml\n@@ -1 +1 @@\n-- 8080:80\n+- 0:81\n",
		},
		{
			"narrowed to the lines that differ", "a\nb\nc\n",
			[]Edit{edit(0, 6, "a\nB\nc\n")},
			"--- a/f.yml\n+++ b/f.yml\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n",
		},
		{
			"no final newline", "a\r\nb",
			[]Edit{edit(3, 4, "c")},
			"--- a/f.yml\n+++ b/f.yml\n@@ -1,2 +1,2 @@\n a\r\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n",
		},
		{
			"hunks after a joined one keep their line", strings.Repeat("x\n", 16),
			[]Edit{edit(0, 1, "A"), edit(6, 7, "B"), edit(30, 31, "C")},
			"--- a/f.yml\n+++ b/f.yml\n@@ -1,7 +1,7 @@\n-x\n+A\n x\n x\n-x\n+B\n x\n x\n x\n@@ -13,4 +13,4 @@\n x\n x\n x\n-x\n+C\n",
		},
		{
			"a hunk after added lines", "a\n" + strings.Repeat("x\n", 8),
			[]Edit{edit(0, 0, "0\n1\n"), edit(16, 17, "C")},
			"--- a/f.yml\n+++ b/f.yml\n@@ -1,3 +1,5 @@\n+0\n+1\n a\n x\n x\n@@ -6,4 +8,4 @@\n x\n x\n x\n-x\n+C\n",
		},
		{"emptied", "a\n", []Edit{edit(0, 2, "")}, "--- a/f.yml\n+++ b/f.yml\n@@ -1 +0,0 @@\n-a\n"},
		{"filled", "", []Edit{edit(0, 0, "a\nb")}, "--- a/f.yml\n+++ b/f.yml\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Diff("f.yml", []byte(tt.before), tt.edits)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Diff (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDiffRefusesWhatApplyRefuses(t *testing.T) {
	_, err := Diff("f.yml", []byte("abc"), []Edit{edit(0, 2, ""), edit(1, 3, "")})
	if want := "f.yml: bytes 1-3: edit overlaps the one at 0-2"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestPatchName(t *testing.T) {
	tests := []struct{ in, want string }{
		{"a/app/compose.yaml", "a/app/compose.yaml"},
		{"a/my app", "a/my app\t"},
		{"a/tab\there", `"a/tab\there"`},
		{"a/x\ny\x1b[0m", `"a/x\ny\033[0m"`},
		{`a/"q"\`, `"a/\"q\"\\"`},
		{"a/é \u202e", `"a/\303\251 \342\200\256"` + "\t"},
		{"a/\x7f", `"a/\177"`},
	}
	for _, tt := range tests {
		if got := patchName(tt.in); got != tt.want {
			t.Errorf("patchName(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// The random sources have few different lines, so that a hunk with a wrong
// line number finds a wrong place, and every kind of line ending.
var (
	patchLines = []string{"a\n", "a\n", "b\n", "- \"8080:80\"\n", "\n", "a\r\n", "é\tx \r\n", "\r\n", "lone\rcr\n", "-- a\n", "@@ -1 +1 @@\n", "\\ No newline\n"}
	patchTexts = []string{"", "Z", "a", "0\n", "\r\n", "\n", "a\na\nb\n", "${X_HOST_PORT:-8080}", "é\r", "--- a/x\n+++ b/x\n"}
	patchNames = []string{"compose.yaml", "my app.yml", "é.yml", "tab\there.yml", `q"uo\te.yml`, "esc\x1b[0m.yml", "bidi\u202e .yml"}
)

func randomSource(rnd *rand.Rand) []byte {
	var src []byte
	if rnd.IntN(5) == 0 {
		src = append(src, "\xef\xbb\xbf"...)
	}
	for range rnd.IntN(40) {
		src = append(src, patchLines[rnd.IntN(len(patchLines))]...)
	}
	if rnd.IntN(3) == 0 {
		src = bytes.TrimRight(src, "\r\n")
	}
	return src
}

// randomEdits makes edits from left to right, so that they never clash.
func randomEdits(rnd *rand.Rand, src []byte) []Edit {
	var edits []Edit
	for at := rnd.IntN(20); at <= len(src); at += 1 + rnd.IntN(40) {
		end := at
		if rnd.IntN(3) > 0 {
			end = min(len(src), at+rnd.IntN(8))
		}
		edits = append(edits, edit(at, end, patchTexts[rnd.IntN(len(patchTexts))]))
		at = end
	}
	rnd.Shuffle(len(edits), func(i, j int) { edits[i], edits[j] = edits[j], edits[i] })
	return edits
}

// TestDiffApplies lets git and patch apply diffs of random edits: the files
// must come out as Apply makes them, to the byte.
func TestDiffApplies(t *testing.T) {
	tools := []struct {
		name string
		args []string
	}{
		{"git", []string{"apply", "--whitespace=nowarn"}},
		{"patch", []string{"-p1", "--silent"}},
	}
	for _, tool := range tools {
		t.Run(tool.name, func(t *testing.T) {
			needTool(t, tool.name)
			dir := t.TempDir()
			patch, want := randomPatch(t, dir)
			cmd := exec.CommandContext(t.Context(), tool.name, tool.args...)
			cmd.Dir = dir
			// The user's git settings, and a repository that holds the folder
			// for temporary files, must not matter.
			cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
			cmd.Stdin = strings.NewReader(patch)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", tool.name, err, out)
			}
			for name, content := range want {
				got, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, content) {
					t.Errorf("%q after %s: %q, want %q", name, tool.name, got, content)
				}
			}
		})
	}
}

// randomPatch fills dir with files and returns one patch for all of them, and
// what they are to become.
func randomPatch(t *testing.T, dir string) (patch string, want map[string][]byte) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(3, 4))
	want = map[string][]byte{}
	hunks := 0
	for i := range 500 {
		name := fmt.Sprintf("%d/%s", i, patchNames[i%len(patchNames)])
		src := randomSource(rnd)
		edits := randomEdits(rnd, src)
		after, err := Apply(src, edits)
		if err != nil {
			t.Fatal(err)
		}
		diff, err := Diff(name, src, edits)
		if err != nil {
			t.Fatal(err)
		}
		if (diff == "") != bytes.Equal(src, after) {
			t.Fatalf("the diff is %q for %q becoming %q", diff, src, after)
		}
		if err := os.Mkdir(filepath.Join(dir, fmt.Sprint(i)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), src, 0o644); err != nil {
			t.Fatal(err)
		}
		patch += diff
		want[name] = after
		hunks += len(hunkHead().FindAllString(diff, -1))
	}
	if hunks < len(want) || len(want) < 500 {
		t.Fatalf("%d hunks in %d files test little", hunks, len(want))
	}
	return patch, want
}

// needTool skips a test without its tool, and fails it in CI. Other systems
// than Linux have a patch that knows no quoted names.
func needTool(t *testing.T, name string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the names of these files need Linux")
	}
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}
