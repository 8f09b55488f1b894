package compose

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/source"
)

var update = flag.Bool("update", false, "write the expected output of golden tests")

// TestUgly pins every mapping's spans in files with ugly bytes: line breaks of
// all kinds, byte order marks, characters wider than a byte, flow collections,
// anchors and tags. Counting columns in bytes, or dropping the BOM, fails it.
func TestUgly(t *testing.T) {
	files, err := filepath.Glob("testdata/ugly/*")
	if err != nil || len(files) < 10 {
		t.Fatalf("only %d files: %v", len(files), err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, ".want") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, path+".want", describeAll(loadFile(src))+"\n")
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzLocate loads any bytes: nothing panics, spans are inside the file, and
// the host port's bytes are its text wherever it may be spliced.
func FuzzLocate(f *testing.F) {
	files, err := filepath.Glob("testdata/ugly/*")
	if err != nil || len(files) < 10 {
		f.Fatalf("only %d seeds: %v", len(files), err)
	}
	for _, path := range files {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) { checkSpans(t, loadFile(src)) })
}

func checkSpans(t *testing.T, p *Project) {
	t.Helper()
	for _, q := range p.Problems {
		if q.File == nil || q.Span.Start < 0 || q.Span.End > len(q.File.Src) || q.Span.Start > q.Span.End {
			t.Fatalf("problem %q at %v", q.Message, q.Span)
		}
	}
	for _, m := range p.Mappings {
		for _, s := range []source.Span{m.Entry, m.Scalar, m.Host} {
			if s.Start < 0 || s.Start > s.End || s.End > len(m.File.Src) {
				t.Fatalf("span %v outside the file: %s", s, m.Service)
			}
		}
		text := string(m.File.Src[m.Host.Start:m.Host.End])
		alias := strings.HasPrefix(text, "*")
		if m.Locked == "" && m.Invalid == "" && !alias && text != m.HostPort.Text {
			t.Fatalf("host port %q stands where %q is", m.HostPort.Text, text)
		}
	}
}

// TestCorpusInUglyBytes rewrites the line breaks and the start of every real
// file: the same mappings must be found, with the same texts.
func TestCorpusInUglyBytes(t *testing.T) {
	files := 0
	err := filepath.WalkDir(corpustest.Dir(t), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !regexp.MustCompile(`\.ya?ml$`).MatchString(path) {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil || strings.Contains(string(src), "\r") {
			return err
		}
		want := texts(t, src)
		files++
		for name, mutate := range map[string]func(string) string{
			"crlf":    func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
			"cr":      func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
			"bom":     func(s string) string { return "\ufeff" + s },
			"comment": func(s string) string { return "# ü🐳 \u2028 \u0085\n" + s },
			"no end":  func(s string) string { return strings.TrimRight(s, "\n") },
		} {
			if diff := cmp.Diff(want, texts(t, []byte(mutate(string(src))))); diff != "" {
				t.Errorf("%s as %s (-want +got):\n%s", path, name, diff)
			}
		}
		return nil
	})
	if err != nil || files < 500 {
		t.Errorf("%d files: %v", files, err)
	}
}

func texts(t *testing.T, src []byte) (all []string) {
	p := loadFile(src)
	checkSpans(t, p)
	for _, m := range p.Mappings {
		all = append(all, describe(m))
	}
	return all
}

// TestComment tells comments from text that only looks like one.
func TestComment(t *testing.T) {
	const src = `# 1 comment
a: b # 2 comment
c: "x # 3 text" # 4 comment
d: x#5text
e: |
  # 6 text
    y # 7 text

  z # 8 text
# 9 comment
f: [a, # 10 comment
  "# 11 text"]
g:
  - >-
    # 12 text
  - x # 13 comment
h: multi
  line # 14 comment
`
	f := source.Parse("/a.yaml", []byte(src))
	for n := 1; n <= 14; n++ {
		comment := strings.Index(src, "# "+itoa(n-1)+" comment")
		text := max(strings.Index(src, "# "+itoa(n-1)+" text"), strings.Index(src, "#"+itoa(n-1)+"text"))
		if at := max(comment, text); at < 0 || f.Comment(at+2) != (comment >= 0) {
			t.Errorf("%d: comment: %v", n, f.Comment(at+2))
		}
	}
}
