package cli

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

// A new port that somebody has on this machine is said where it is planned, in the plan
// and when the plan is verified, unless a check finds that it is the service itself.
func TestReconcileHeld(t *testing.T) {
	port := listening(t, func(http.ResponseWriter, *http.Request) {})
	t.Chdir(t.TempDir())
	for path, text := range map[string]string{
		"compose.yaml":   "services:\n  a: {image: x, ports: ['8080:80']}\n  b: {image: x, ports: ['127.0.0.1:8080:80']}\n",
		".portmoor.yaml": fmt.Sprintf("reconcile: {ranges: {b: %d-%d}}\n", port, port),
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, out, errs := reconciled(t, "--format", "json")
	if !strings.Contains(errs, fmt.Sprintf("port %d, which b would get, is held by process ", port)) || strings.Count(out, `"held_by"`) != 1 {
		t.Error(errs, out)
	}
	code, _, errs := reconciled(t, "--plan", "plan.md")
	doc, err := os.ReadFile("plan.md")
	if err != nil || code != exitOK || !strings.Contains(string(doc), fmt.Sprintf("- **Held where this plan was made:** port %d, which b gets, by process ", port)) {
		t.Errorf("%d %s %s %v", code, errs, doc, err)
	}
	if code, _, errs = reconciled(t, "--apply", "plan.md", "--write"); code != exitOK {
		t.Fatal(errs)
	}
	held := fmt.Sprintf("port %d, the new one of b, is held by process ", port)
	if code, _, errs := reconciled(t, "--apply", "plan.md", "--verify"); code != exitOK || !strings.Contains(errs, held) {
		t.Error(code, errs)
	}
	if _, _, errs := reconciled(t, "--apply", "plan.md", "--verify", "--health"); strings.Contains(errs, held) {
		t.Error(errs)
	}
}
