package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// reviewed is a small plan, as people see it.
const reviewed = Title + `

## Proposed Port Assignments

| Service | Current Port | New Port | Status | Rationale |
|---------|--------------|----------|--------|-----------|
| face | 5002 | 5002 | ✓ No change | Frozen |
| **piper** | **5002** | **5003** | ⚠️ Change | Conflict |

## Implementation Steps

### 1. Update piper

- ` + "`p.yaml:2:3`: `port: 5002` → `port: 5003`" + ` (port)

## Appendix: Inputs

| File | SHA-256 |
|------|---------|
| ` + "`p.yaml` | `0000000000000000000000000000000000000000000000000000000000000000`" + ` |
`

// Each way in which a plan contradicts itself, or says nothing that can be done, is
// refused, with the line and with what to do. One that passes would change a file
// into something that nobody has reviewed.
func TestRefusals(t *testing.T) {
	if _, err := Parse([]byte(reviewed)); err != nil {
		t.Fatal(err)
	}
	change := "- `p.yaml:2:3`: `port: 5002` → `port: 5003` (port)\n"
	const unlike = `p.yaml:2:3: "port: 5002" → "%s" does not change the port as the table does for piper: 5002 → 5003`
	for name, test := range map[string]struct{ old, next, want string }{
		"another document":           {Title, "# Another Plan", "is not a plan"},
		"text before it":             {Title, "\n" + Title, "is not a plan"},
		"no table":                   {"## Proposed Port Assignments", "## Ports", "has no table of services"},
		"a row too short":            {"| face | 5002 | 5002 | ✓ No change | Frozen |", "| face | 5002 | 5002 |", "7: is no row of the table of services"},
		"a port that is no number":   {"| face | 5002 | 5002 |", "| face | 5002 | high |", "7: row of face: ports are numbers from 1 to 65535"},
		"a port that is none today":  {"| face | 5002 | 5002 |", "| face | ? | 5002 |", "7: row of face: ports are numbers from 1 to 65535"},
		"port 0":                     {"| face | 5002 | 5002 |", "| face | 5002 | 0 |", "7: row of face: ports are numbers from 1 to 65535"},
		"a port too large":           {"| face | 5002 | 5002 |", "| face | 5002 | 65536 |", "7: row of face: ports are numbers from 1 to 65535"},
		"a row twice":                {"| face | 5002 | 5002 | ✓ No change | Frozen |\n", "| face | 5002 | 5002 | x |\n| face | 5002 | 5002 | x |\n", "8: face is in the table twice"},
		"two on one port":            {"| face | 5002 | 5002 |", "| face | 5003 | 5003 |", "7: piper and face would both get port 5003"},
		"two move to one port":       {"| face | 5002 | 5002 |", "| face | 5001 | 5003 |", "7: piper and face would both get port 5003"},
		"a change without its place": {change, "- `port: 5002` → `port: 5003`\n", "14: is no change of a place"},
		"a change without an arrow":  {change, "- `p.yaml:2:3`: `port: 5002` to `port: 5003`\n", "14: is no change of a place"},
		"a change into nothing":      {change, "- `p.yaml:2:3`: `port: 5002` → port: 5003\n", "14: is no change of a place"},
		"a change of nothing":        {change, "- `p.yaml:2:3`: `` → `port: 5003`\n", "14: is no change of a place"},
		"a line that is no number":   {change, "- `p.yaml:2:99999999999999999999`: `port: 5002` → `port: 5003`\n", "14: is no change of a place"},
		"a task":                     {change, "- [ ] tell everybody\n", "14: is no change of a place"},
		"steps of nobody":            {"Update piper", "Update pipr", "14: pipr has steps, but is not in the table"},
		"steps of who stays":         {"Update piper", "Update face", "14: face has steps, but keeps its port 5002"},
		"a place twice":              {change, change + change, "15: p.yaml:2:3 is changed twice"},
		"another number":             {"`port: 5003`", "`port: 5004`", "14: " + strings.Replace(unlike, "%s", "port: 5004", 1)},
		"another word":               {"`port: 5003`", "`host: 5003`", "14: " + strings.Replace(unlike, "%s", "host: 5003", 1)},
		"part of a number":           {"`port: 5002` → `port: 5003`", "`port: 15002` → `port: 15003`", `14: p.yaml:2:3: "port: 15002" → "port: 15003" does not change the port as the table does for piper: 5002 → 5003`},
		"an input without a digest":  {strings.Repeat("0", 64), "0", "20: is no input with its digest"},
		"an input in words":          {"| `p.yaml` | `" + strings.Repeat("0", 64) + "` |", "| `p.yaml` | the same |", "20: is no input with its digest"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Count(reviewed, test.old) != 1 {
				t.Fatalf("%q is in the plan %d times", test.old, strings.Count(reviewed, test.old))
			}
			d, err := Parse([]byte(strings.Replace(reviewed, test.old, test.next, 1)))
			if err == nil {
				t.Fatalf("taken: %+v", d)
			}
			if p := say.Of(err); p.Error() != test.want || p.Hint == "" || p.Kind != say.Usage {
				t.Errorf("%s (kind %d, hint %q), want %s", p.Error(), p.Kind, p.Hint, test.want)
			}
		})
	}
}

// What people do to a plan without contradicting it is taken: other bullets, ticked
// boxes, blanks, a place more or less. One that is refused makes them plan again, and
// review everything again.
func TestReviewed(t *testing.T) {
	change := "- `p.yaml:2:3`: `port: 5002` → `port: 5003` (port)\n"
	for name, test := range map[string]struct {
		next  string
		texts []string
	}{
		"as it was":           {change, []string{"port: 5003"}},
		"another bullet":      {"  * " + change[2:], []string{"port: 5003"}},
		"done":                {"- [x] " + change[2:], []string{"port: 5003"}},
		"without a reason":    {"- `p.yaml:2:3`: `port: 5002` → `port: 5003`\n", []string{"port: 5003"}},
		"none":                {"", nil},
		"one more":            {change + "- `a b.md:1:1`: `5002` → `5003`\n", []string{"port: 5003", "5003"}},
		"one that was open":   {"- `p.yaml:2:3`: `port: 5002` (who → knows) → `port: 5003`\n", []string{"port: 5003"}},
		"blanks of a table":   {"- `p.md:2:3`: `5002  ` → `5003`\n", []string{"5003"}},
		"text in other lines": {"Restart it afterwards.\n\n" + change, []string{"port: 5003"}},
	} {
		d, err := Parse([]byte(strings.Replace(reviewed, change, test.next, 1)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var texts []string
		for _, c := range d.Changes {
			texts = append(texts, c.New)
		}
		if diff := cmp.Diff(test.texts, texts); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Two services that stay may have one number: one has it over udp, or another address.
func TestOneNumber(t *testing.T) {
	row := "| face | 5002 | 5002 | ✓ No change | Frozen |\n"
	if d, err := Parse([]byte(strings.Replace(reviewed, row, row+strings.Replace(row, "face", "dns", 1), 1))); err != nil || len(d.Rows) != 3 {
		t.Errorf("%+v %v", d.Rows, err)
	}
}

// A file is due, done, something else, or its places are astray; the wrong one of
// these writes over what somebody has changed meanwhile, or never finishes after a
// crash. A place that people have added has no digest, and its texts alone tell.
func TestStates(t *testing.T) {
	const before, after = "a: 5002\nb: 5002 and 5002\n", "a: 11439\nb: 11439 and 11439\n"
	changes := []Change{ // not in their order
		{Place: Place{"f", 2, 13, "5002"}, New: "11439"},
		{Place: Place{"f", 1, 4, "5002"}, New: "11439"},
		{Place: Place{"f", 2, 4, "5002"}, New: "11439"},
	}
	for name, test := range map[string]struct {
		src               string
		known, without    State
		edits, moreEdits  int
		changesOfAnything []Change
	}{
		"as it was":            {before, Due, Due, 3, 3, changes},
		"changed":              {after, Done, Done, 0, 0, changes},
		"changed, and more":    {after + "c\n", Other, Done, 0, 0, changes},
		"as it was, and more":  {before + "c\n", Other, Due, 0, 3, changes},
		"half of it":           {"a: 11439\nb: 5002 and 5002\n", Other, Astray, 0, 0, changes},
		"empty":                {"", Other, Astray, 0, 0, changes},
		"other texts":          {before, Astray, Astray, 0, 0, []Change{{Place: Place{"f", 1, 4, "5003"}, New: "5004"}}},
		"another place":        {before, Astray, Astray, 0, 0, []Change{{Place: Place{"f", 1, 5, "5002"}, New: "5003"}}},
		"a line that is none":  {before, Astray, Astray, 0, 0, []Change{{Place: Place{"f", 9, 1, "5002"}, New: "5003"}}},
		"places that overlap":  {before, Astray, Astray, 0, 0, []Change{{Place: Place{"f", 1, 1, "a: 5002"}, New: "a: 5003"}, {Place: Place{"f", 1, 4, "5002"}, New: "5003"}}},
		"an input, no changes": {before, Due, Due, 0, 0, nil},
	} {
		same := func(src []byte) bool { return string(src) == before }
		edits, state := Edits(&source.File{Src: []byte(test.src)}, test.changesOfAnything, same)
		if state != test.known || len(edits) != test.edits {
			t.Errorf("%s: with a digest %d, %d edits", name, state, len(edits))
		}
		edits, state = Edits(&source.File{Src: []byte(test.src)}, test.changesOfAnything, nil)
		if state != test.without || len(edits) != test.moreEdits {
			t.Errorf("%s: without a digest %d, %d edits", name, state, len(edits))
		}
	}
}

// Names, paths and texts that Markdown takes for something else come back as they
// were. One that does not is a service that is "not in the plan", or a place that is
// not there.
func TestOddNames(t *testing.T) {
	for _, odd := range []string{
		"web", "a|b", "|", "**", "**web**", "*a", "`", "``", "`a`", "a ` b `` c", `\`, `a\|b`, `\*`, "a<b>", "<!-- x -->",
		"über", "a → b", "a (b)", "x:1:2", "- a", "# a", "1. Update b", "$(id)", "a\tb", "~", "a, b and c",
	} {
		p := Plan{
			Date: "2026-02-05", Author: odd,
			Services: []Service{{
				Settled: contest.Settled{Port: contest.Port{Name: odd, Port: 5002}, New: 5003, Outcome: contest.Changed, Rationale: odd}, Place: odd,
			}},
			Contests: []contest.Contest{{Port: 5002, Services: []contest.Port{{Name: odd, Port: 5002}, {Name: "other", Port: 5002}}}},
			Changes:  []Change{{Place: Place{odd, 1, 2, odd + " 5002"}, New: odd + " 5003", Service: odd, Reason: odd}},
			Open:     []Note{{Place: Place{odd, 3, 1, odd + " 5002"}, Reason: odd}},
			Left:     []Note{{Place: Place{odd, 4, 1, odd + " 5002"}, Reason: odd}},
			Copies:   []Copy{{odd, odd, Place{odd, 1, 1, ""}}},
			Inputs:   []Input{{odd, strings.Repeat("0", 64)}},
		}
		doc, err := p.Markdown("plan.md")
		if err != nil {
			t.Fatal(err)
		}
		d, err := Parse(doc)
		if err != nil {
			t.Errorf("%q: %v in\n%s", odd, err, doc)
			continue
		}
		if len(d.Rows) != 1 || d.Rows[0].Service != odd || d.Edited {
			t.Errorf("%q: %+v", odd, d.Rows)
		}
		if c := d.Changes; len(c) != 1 || c[0].Place != p.Changes[0].Place || c[0].New != p.Changes[0].New || c[0].Service != odd {
			t.Errorf("%q: %+v", odd, c)
		}
		if diff := cmp.Diff(p.Inputs, d.Inputs); diff != "" {
			t.Errorf("%q: %s", odd, diff)
		}
		if !slices.Equal(d.Left, []Place{p.Left[0].Place}) {
			t.Errorf("%q: left %+v", odd, d.Left)
		}
	}
}

// A place is listed under the heading of its file. Under another one people look for
// it in vain; an installer is also where copies outside the repository are named.
func TestKindOf(t *testing.T) {
	for path, want := range map[string]Kind{
		"docs/openapi.yaml": Specification, "Swagger.json": Specification, "API_SPEC.md": Specification, "api-spec-install.sh": Specification,
		"install.sh": Installer, "Uninstall": Installer, "setup-web.sh": Installer, "web.service": Installer, "web.socket": Installer, "x/web.container": Installer,
		"README.md": Documentation, "notes.TXT": Documentation, "index.html": Documentation, "install.md": Installer,
		"main.go": Client, "setup.py": Client, "mysetup.sh": Client, "Makefile": Client, "reinstall.sh": Client, "md": Client, "openapi/client.go": Client,
	} {
		if got := KindOf(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if IsInstaller("README.md") || !IsInstaller("swagger.service") {
		t.Error("a unit of systemd installs, whatever it is called")
	}
}
