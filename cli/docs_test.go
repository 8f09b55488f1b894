package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lint"
)

// generated compares a committed file with what it is made from; -update writes it.
func generated(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.Join("..", "docs", name)
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/%s is out of date: go test ./cli -update (-want +got):\n%s", name, diff)
	}
}

// TestRulesPage: docs/rules.md says what the rules themselves say.
func TestRulesPage(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# Rules\n\nMade from the rules themselves; `portmoor rules RULE` shows the same offline.\n\n")
	b.WriteString("| rule | severity | fix |\n|---|---|---|\n")
	for _, r := range lint.Rules() {
		fix := ""
		if fixable(t, r) {
			fix = "`--fix`"
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", r.Name, r.Name, r.Severity, fix)
	}
	for _, r := range lint.Rules() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", r.Name, r.Doc)
		if r.Strategy != "" {
			fmt.Fprintf(&b, "\nOnly under the %s strategy.\n", r.Strategy)
		}
		fmt.Fprintf(&b, "\nBad:\n\n```yaml\n%s```\n\nGood:\n\n```yaml\n%s```\n", r.Bad, r.Good)
	}
	generated(t, "rules.md", b.Bytes())
}

// fixable reports whether --fix fixes the bad example of a rule, which then
// must be as good as the good one.
func fixable(t *testing.T, r lint.Rule) bool {
	t.Helper()
	dir := t.TempDir()
	writeExample(t, dir, r.Bad)
	_, _, errs := run("portmoor", "lint", "--rule", r.Name, "--fix", dir)
	if !strings.Contains(errs, "fixed ") {
		return false
	}
	if _, out, _ := run("portmoor", "lint", "--rule", r.Name, dir); out != "" {
		t.Errorf("%s: --fix leaves:\n%s", r.Name, out)
	}
	return true
}

// TestConfigSchema: the committed schema is made from the types, accepts every
// configuration of the documentation, and refuses what the decoder refuses.
func TestConfigSchema(t *testing.T) {
	text, err := config.Schema(lint.RuleOptions())
	if err != nil {
		t.Fatal(err)
	}
	generated(t, "portmoor.schema.json", text)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("portmoor.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("portmoor.json")
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	check := func(src string) {
		_, decoded := config.Parse("x", []byte(src))
		var v any
		if err := yaml.Unmarshal([]byte(src), &v); err != nil {
			t.Fatal(err)
		}
		err := schema.Validate(v)
		if (err == nil) != (decoded == nil) {
			t.Errorf("the schema says %v, the decoder %v of:\n%s", err, decoded, src)
		}
		if err == nil {
			accepted++
		}
	}
	for _, block := range configBlock.FindAllStringSubmatch(readREADME(t), -1) {
		check(block[1])
	}
	for _, r := range lint.Rules() {
		for _, f := range txtar.Parse([]byte(r.Bad)).Files {
			if f.Name == config.Name {
				check(string(f.Data))
			}
		}
	}
	for _, src := range []string{
		"strategie: hybrid", "strategy: best", "range: 0", "range: 1-2", "range: [1]", "reserved: [9100-9199, 7000]", "reserved: 7000",
		"groups: {data: {range: 3000-3999, services: [postgres*]}}", "groups: {data: {range: 3000-3999}}",
		"defaults: {stacks/app: {\"web:80\": \"${WEB_PORT:-8080}\", \"web:81\": 81}}", "rules: {unquoted-port: {all: true}}",
		"rules: {unquoted-port: off}", "rules: {unquoted-port: {severity: info}}", "projects: [{files: [a.yaml]}]", "projects: [{name: a}]",
		"sources: [{path: a, key: b}]", "registry: {listen: \"127.0.0.1:8100\"}", "reconcile: {keep: [a], ranges: {a: 5000-5999}}",
	} {
		check(src)
	}
	if accepted < 12 {
		t.Errorf("only %d configurations are accepted", accepted)
	}
}

// TestLinks: what documents link to is there, and where the link names a function or
// a type, the file has it. A page about the code is wrong from the day when it is not.
func TestLinks(t *testing.T) {
	named := regexp.MustCompile("\\[`?([^]`]+)`?\\]\\(([^)#]+)(?:#[^)]*)?\\)")
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) < 4 {
		t.Fatal(pages, err)
	}
	links := 0
	for _, page := range append(pages, "../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md") {
		src, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range named.FindAllStringSubmatch(string(src), -1) {
			name, target := link[1], link[2]
			if strings.Contains(target, "://") {
				continue
			}
			links++
			text, err := os.ReadFile(filepath.Join(filepath.Dir(page), target))
			if info, stat := os.Stat(filepath.Join(filepath.Dir(page), target)); stat != nil || err != nil && !info.IsDir() {
				t.Errorf("%s: %s is not there", page, target)
			}
			identifier := name[strings.LastIndexAny(name, ".")+1:]
			if filepath.Ext(target) == ".go" && !strings.Contains(name, "/") &&
				!regexp.MustCompile(`(?m)^(?:func (?:\([^)]*\) )?|type )`+regexp.QuoteMeta(identifier)+`\b`).Match(text) {
				t.Errorf("%s: %s has no %s", page, target, identifier)
			}
		}
	}
	if links < 40 {
		t.Errorf("only %d links", links)
	}
}
