package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

var update = flag.Bool("update", false, "write the expected output of golden tests")

// sample is a run over files with what formats stumble over: characters wider
// than a byte, a name that forges lines, a path with blanks, a fix, related
// places, a finding without a place, two that are equal but for their line, ones
// that are left out, with a reason and without, and what nobody could look at.
func sample(t *testing.T) Run {
	t.Helper()
	files := map[string]string{
		"/repo/a b/compose.yaml": "# 🐳\nservices:\n  web:\n    image: x\n    ports: [\"8080:80\", 22:22]\n  \"n\\nm\":\n    image: x\n    ports: [\"8080:81\"]\n",
		"/repo/empty.yaml":       "",
		"/repo/quiet.yaml": "services:\n  web:\n    image: x\n    ports:\n      - \"9000:80\" # portmoor:ignore hardcoded-host-port the \u202eload balancer <knows> it\n" +
			"      - \"9001:81\" # portmoor:ignore hardcoded-host-port\n      - \"9002:82\"\n",
	}
	l := compose.NewLoader(compose.LoadOptions{})
	var groups []compose.Group
	for _, path := range slices.Sorted(maps.Keys(files)) {
		l.Add(path, []byte(files[path]))
		groups = append(groups, compose.Group{Dir: filepath.Dir(path), Files: []string{path}})
	}
	findings, ignored := lint.RunAll(l.Load(groups), lint.Options{})
	if len(findings) < 8 || len(ignored) != 2 {
		t.Fatalf("only %d findings, and %d ignored", len(findings), len(ignored))
	}
	last := len(findings) - 1
	return Run{
		Findings: findings[:last], Ignored: ignored, Known: findings[last:],
		Unseen: []say.Problem{
			{Kind: say.Note, Place: "/repo/a b/template.yml", Message: "looks like a template, passed over"},
			{Place: "/elsewhere/x.yml", Message: "permission denied"},
			{Message: "/repo/closed: permission denied"},
		},
		Files: 3, Base: "/repo", Root: "/repo", Version: "v1.2.3",
	}
}

// TestFormats compares each format with a golden file, and each run with a run
// without findings.
func TestFormats(t *testing.T) {
	for name, write := range map[string]func(io.Writer, Run) error{
		"sarif.json": SARIF, "github.txt": GitHub, "gitlab.json": GitLab, "junit.xml": JUnit, "checkstyle.xml": Checkstyle,
	} {
		t.Run(name, func(t *testing.T) {
			var got, none bytes.Buffer
			if err := write(&got, sample(t)); err != nil {
				t.Fatal(err)
			}
			if err := write(&none, Run{Base: "/repo"}); err != nil {
				t.Fatal(err)
			}
			if bytes.ContainsAny(got.Bytes(), "\x1b\u202e") || !json.Valid(got.Bytes()) && strings.HasSuffix(name, "json") {
				t.Errorf("got %s", got.Bytes())
			}
			for _, b := range [][]byte{got.Bytes(), none.Bytes()} {
				if err := xml.Unmarshal(b, new(any)); err != nil && strings.HasSuffix(name, "xml") && !errors.Is(err, io.EOF) {
					t.Errorf("%v: %s", err, b)
				}
			}
			golden(t, name, withoutRules(got.Bytes()))
			golden(t, "none-"+name, withoutRules(none.Bytes()))
		})
	}
}

// withoutRules leaves out of a SARIF log what the rules say of themselves.
func withoutRules(b []byte) []byte {
	return rulesOfSARIF.ReplaceAll(b, []byte("          \"rules\": []\n"))
}

var rulesOfSARIF = regexp.MustCompile(`(?ms)^          "rules": \[.*?^          \]\n`)

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSARIFSchema validates logs against the schema of the standard.
func TestSARIFSchema(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "sarif-schema-2.1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range []Run{sample(t), {Base: "/repo"}, {Findings: sample(t).Findings, Base: "/elsewhere/deep"}} {
		var b bytes.Buffer
		if err := SARIF(&b, run); err != nil {
			t.Fatal(err)
		}
		log, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(log); err != nil {
			t.Error(err)
		}
	}
}

// TestFingerprints: they stay when lines are added above, and differ for equal
// texts in one file.
func TestFingerprints(t *testing.T) {
	run := sample(t)
	seen := map[string]bool{}
	for _, p := range lint.Fingerprints(run.Findings, run.Root) {
		if seen[p] {
			t.Errorf("%s twice", p)
		}
		seen[p] = true
	}
	for _, f := range run.Findings {
		const line = "# a line more\n"
		shift, other := len(line), f
		other.File, other.Message = &source.File{Path: f.File.Path, Src: append([]byte(line), f.File.Src...)}, "other words"
		other.Span = source.Span{Start: f.Span.Start + shift, End: f.Span.End + shift}
		if f.Span == (source.Span{}) {
			continue
		}
		a, b := lint.Fingerprints([]lint.Finding{f}, "/repo"), lint.Fingerprints([]lint.Finding{other}, "/repo")
		if a[0] != b[0] {
			t.Errorf("%s changes with its line", f.Rule)
		}
	}
}
