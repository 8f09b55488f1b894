package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// A compose stack whose services people call by other names (the office, S3, the
// charts), judged number by number: most has to be left to people, and next to
// nothing changes that should not. What is inside a container has the same numbers.
func TestReconcileKilnhouse(t *testing.T) {
	all := judgements(t, "testdata/kilnhouse.tsv")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/kilnhouse")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	code, out, errs := reconciled(t, "--format", "json")
	var p struct {
		Changes []struct {
			File, Before, Service string
			Line, Column          int
		}
	}
	if err := json.Unmarshal([]byte(out), &p); err != nil || code != exitFindings {
		t.Fatal(err, errs)
	}
	right, wrong, wanted := 0, 0, 0
	verdicts := map[string]judged{}
	for _, j := range all {
		verdicts[fmt.Sprintf("%s:%d:%d", j.path, j.line, j.column)] = j
		if j.verdict == "change" {
			wanted++
		}
	}
	for _, c := range p.Changes {
		number := 0 // where it is in the text
		for _, n := range []string{"8080", "9000", "3000"} {
			if i := strings.LastIndex(c.Before, n); i >= 0 {
				number = len([]rune(c.Before[:i]))
			}
		}
		j := verdicts[fmt.Sprintf("%s:%d:%d", c.File, c.Line, c.Column+number)]
		service, _, _ := strings.Cut(c.Service, ":")
		switch {
		case j.verdict == "definition":
		case j.verdict == "change" && j.service == service:
			right++
		default:
			wrong++
			t.Logf("%s:%d: %q changes for %s, but: %s (%s)", c.File, c.Line, c.Before, c.Service, j.verdict, j.reason)
		}
	}
	fmt.Printf("kilnhouse: recall %d/%d, precision %d/%d, of %d numbers\n", right, wanted, right, right+wrong, len(all))
	if wrong > 1 || right < 24 {
		t.Errorf("%d right, %d wrong", right, wrong)
	}
}
