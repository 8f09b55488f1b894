package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose/corpustest"
)

var (
	findingHead = regexp.MustCompile(`(?m)^\S.*:\d+:\d+: (?:error|warning|info): .* \[([a-z-]+)\]$`)
	moreNote    = regexp.MustCompile(`(?m)^ +(?:= )?(\d+) more: portmoor (.*)$`)
	shownOf     = regexp.MustCompile(`(?m)^(\d+) of (\d+) findings are shown; all of them: portmoor lint --full$`)
)

// TestBrief lints every real repository: what text shows and what it says is left out are
// the findings of JSON, it is never longer than people read, and the commands that it
// names show the rest.
func TestBrief(t *testing.T) {
	folders, err := os.ReadDir(corpustest.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	collapsed, noted := 0, 0
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		t.Run(folder.Name(), func(t *testing.T) {
			t.Chdir(filepath.Join(corpustest.Dir(t), folder.Name()))
			findings := lintedRules(t)
			_, text, _ := run("portmoor", "lint")
			if n := strings.Count(text, "\n"); n > 130 {
				t.Errorf("%d lines", n)
			}
			heads := len(findingHead.FindAllString(text, -1))
			hidden := 0
			for row := range strings.Lines(text[max(strings.Index(text, "\nRULE "), 0):]) {
				if cells := strings.Fields(row); strings.Contains(text, "  NOT SHOWN\n") && len(cells) > 1 && ruleNamed(cells[0]) {
					n, _ := strconv.Atoi(cells[len(cells)-1])
					hidden += n
				}
			}
			if heads+hidden != len(findings) {
				t.Errorf("%d shown and %d not, of %d", heads, hidden, len(findings))
			}
			if hidden > 0 {
				collapsed++
				if said := shownOf.FindStringSubmatch(text); said == nil || said[1] != strconv.Itoa(heads) || said[2] != strconv.Itoa(len(findings)) {
					t.Errorf("said %q: %d of %d", said, heads, len(findings))
				}
			}
			sum := 0
			for _, note := range moreNote.FindAllStringSubmatch(text, -1) {
				noted++
				n, _ := strconv.Atoi(note[1])
				sum += n
				if all := lintedRules(t, strings.Fields(note[2])[1:]...); len(all) < n+3 {
					t.Errorf("%q lists %d", note[0], len(all))
				}
			}
			if sum > 0 && sum != hidden {
				t.Errorf("%d more, but %d not shown", sum, hidden)
			}
			_, concise, _ := run("portmoor", "lint", "--format", "concise")
			if n := strings.Count(concise, "\n"); n != len(findings) {
				t.Errorf("concise has %d lines for %d findings", n, len(findings))
			}
			_, full, _ := run("portmoor", "lint", "--full")
			if n := len(findingHead.FindAllString(full, -1)); n != len(findings) {
				t.Errorf("--full has %d of %d findings", n, len(findings))
			}
		})
	}
	if collapsed < 10 || noted < 3 {
		t.Errorf("only %d of the repositories have more than is shown, %d files more than three of a rule", collapsed, noted)
	}
}

func ruleNamed(name string) bool {
	_, _, errs := run("portmoor", "rules", name)
	return errs == ""
}

// lintedRules are the rules of the findings that lint has with some flags.
func lintedRules(t *testing.T, args ...string) (rules []string) {
	t.Helper()
	_, out, _ := run(append([]string{"portmoor", "lint", "--format", "json"}, args...)...)
	var report struct {
		Findings []struct{ Rule string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		rules = append(rules, f.Rule)
	}
	return rules
}
