package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	b.WriteString("| rule | what is wrong | severity | fix |\n|---|---|---|---|\n")
	for _, r := range lint.Rules() {
		fix := ""
		if fixable(t, r) {
			fix = "`--fix`"
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", r.Name, r.Name, r.Title, r.Severity, fix)
	}
	for _, r := range lint.Rules() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", r.Name, r.Doc)
		if r.Strategies != nil {
			fmt.Fprintf(&b, "\nOnly under %s.\n", strings.ReplaceAll(strings.Trim(fmt.Sprint(r.Strategies), "[]"), " ", " or "))
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

// TestStrategies: the configuration takes the strategies that there are; a tag can't be made of a list.
func TestStrategies(t *testing.T) {
	field, ok := reflect.TypeFor[config.Config]().FieldByName("Strategy")
	values := strings.Split(field.Tag.Get("values"), ",")
	slices.Sort(values)
	want := slices.Sorted(slices.Values(strategyNames))
	if diff := cmp.Diff(want, values); !ok || diff != "" {
		t.Error(diff)
	}
}
