package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/cli"
)

// TestPages: each command has a page with every word of its manual, of which groff has
// nothing to complain.
func TestPages(t *testing.T) {
	about, all := cli.Manual()
	if len(all) < 20 {
		t.Fatalf("%d pages", len(all))
	}
	shown := rendered(t, "portmoor", overview(about, all))
	for _, p := range all {
		if !strings.Contains(shown, title(p)+"(1) "+p.Usage+" ") {
			t.Errorf("portmoor: %s is not there", p.Name)
		}
		text := page(p)
		words := p.Usage + " " + p.Args + " " + p.Description
		for _, f := range p.Flags {
			words += " --" + f.Names[0] + " " + f.Value + " " + f.Says
		}
		for _, e := range p.Examples {
			words += " " + e.Says + " " + e.Line
		}
		for _, e := range p.Exits {
			words += " " + e.Means
		}
		shown := rendered(t, p.Name, text)
		for word := range strings.FieldsSeq(words) {
			if !strings.Contains(shown, word) {
				t.Errorf("%s: %q is not there:\n%s", p.Name, word, shown)
			}
		}
	}
}

// rendered is a page as man shows it, with its words one blank apart.
func rendered(t *testing.T, name, page string) string {
	t.Helper()
	if _, err := exec.LookPath("groff"); err != nil {
		if os.Getenv("PORTMOOR_CI") != "" {
			t.Fatal("groff is missing: install it with the system's package manager")
		}
		t.Skip(err)
	}
	cmd := exec.CommandContext(t.Context(), "groff", "-man", "-ww", "-Tascii", "-P-cbou", "-rLL=500n")
	cmd.Stdin = strings.NewReader(page)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Errorf("%s: %v: %s", name, err, complaints.String())
	}
	return strings.Join(strings.Fields(string(out)), " ")
}
