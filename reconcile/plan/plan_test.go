package plan

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
)

// sample is a plan with names, paths and texts that Markdown would take for more.
func sample() Plan {
	face := contest.Port{Service: "face", Name: "face", Port: 5002, Status: contest.Frozen}
	piper := contest.Port{Service: "a|b *c* `d`", Name: "a|b *c* `d`", Port: 5002}
	return Plan{
		Date: "2026-02-05", Author: "Ann | Bob",
		Services: []Service{
			{Settled: contest.Settled{Port: piper, New: 5003, Outcome: contest.Changed, Rationale: "Conflict"}, Health: "/health", Place: "p.yaml"},
			{Settled: contest.Settled{Port: face, New: 5002, Outcome: contest.NoChange, Rationale: "Frozen"}, Health: "/health", Place: "f.yaml"},
		},
		Contests: []contest.Contest{{Port: 5002, Services: []contest.Port{face, piper}}},
		Ranges:   []string{"5000-5999"},
		Changes: []Change{
			{Place: Place{"p.yaml", 2, 3, "port: 5002"}, New: "port: 5003", Service: piper.Name, Reason: "server.port"},
			{Place: Place{"a `b`: c.md", 7, 1, "| 5002 "}, New: "| 5003 ", Service: piper.Name, Reason: "a (b) → `c`", Kind: Documentation},
			{Place: Place{"über/x:1:2.md", 1, 22, "`` 5002"}, New: "`` 5003", Service: piper.Name, Kind: Client},
		},
		Open:   []Note{{Place: Place{"x.md", 1, 1, "5002"}, Reason: "who knows"}},
		Left:   []Note{{Place: Place{"y.md", 1, 1, "5002"}, Reason: "a quantity", More: 2}},
		Copies: []Copy{{"a|b", "/etc/x.yaml", Place{"install.sh", 1, 1, ""}}},
		Units:  []string{"piper"},
		Inputs: []Input{{"p.yaml", strings.Repeat("0", 64)}, {"a `b`: c.md", strings.Repeat("1", 64)}},
	}
}

// What Markdown writes, Parse reads.
func TestRoundTrip(t *testing.T) {
	p := sample()
	doc, err := p.Markdown("plan.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(doc), strings.ReplaceAll(string(doc), "\n", "\r\n")} {
		d, err := Parse([]byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		var want []Change
		for _, kind := range []Kind{Definition, Client, Documentation} {
			for _, c := range p.Changes {
				if c.Kind == kind {
					c.Reason, c.Kind = "", Definition
					want = append(want, c)
				}
			}
		}
		for i := range d.Changes {
			d.Changes[i].line = 0
		}
		if d.Edited || !d.Leaves("y.md", "", 1, 3) || d.Leaves("y.md", "5002", 2, 5) || d.Leaves("x.md", "5002", 1, 1) {
			t.Errorf("edited %v, left %v", d.Edited, d.Left)
		}
		if diff := cmp.Diff(want, d.Changes, cmp.AllowUnexported(Change{})); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(p.Inputs, d.Inputs); diff != "" {
			t.Error(diff)
		}
		if len(d.Rows) != 2 || d.Rows[0].Service != p.Services[0].Name || d.Rows[0].New != 5003 || d.Rows[1].New != 5002 || d.Date != p.Date {
			t.Errorf("%+v %s", d.Rows, d.Date)
		}
	}
	again, err := p.Markdown("plan.md")
	if err != nil || string(again) != string(doc) {
		t.Error("the second document differs", err)
	}
	p.Left[0].More = 20
	if doc, err := p.Markdown("plan.md"); err != nil || !strings.Contains(string(doc), "`y.md`: 21 places, the first at 1:1 (a quantity)") {
		t.Error("places that are not listed are not counted", err)
	}
	if d, err := Parse(append(doc, "more"...)); err != nil || !d.Edited {
		t.Error("an edited plan passes for one as it was planned", err)
	}
}

// The edits of random changes do what they say, are known again when they are
// made, and fit no other file.
func TestEdits(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		words := []string{"x", "port: 5002", "é 5002 ", "5002", "\n", "\r\n", "\ttext", "5003"}
		var src strings.Builder
		var changes []Change
		for range 1 + random.IntN(40) {
			word := words[random.IntN(len(words))]
			if strings.Contains(word, "5002") && random.IntN(2) == 0 {
				line, column := (&source.File{Src: []byte(src.String() + "x")}).Position(src.Len())
				changes = append(changes, Change{Place: Place{"f", line, column, word}, New: strings.Replace(word, "5002", []string{"5003", "11439"}[random.IntN(2)], 1)})
			}
			src.WriteString(word)
			if word != "\r\n" && word != "\n" {
				src.WriteString(" ")
			}
		}
		before := src.String()
		same := func(b []byte) bool { return string(b) == before }
		edits, state := Edits(&source.File{Src: []byte(before)}, changes, same)
		if state != Due || len(edits) != len(changes) {
			t.Fatalf("%q: %v is %d", before, changes, state)
		}
		after, err := rewrite.Apply([]byte(before), edits)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) == 0 {
			continue
		}
		if _, state := Edits(&source.File{Src: after}, changes, same); state != Done {
			t.Fatalf("%q became %q, which is %d", before, after, state)
		}
		if _, state := Edits(&source.File{Src: append(after, 'x')}, changes, same); state != Other {
			t.Fatalf("%q and more is %d", after, state)
		}
		if len(changes) > 1 { // half of the changes made by hand
			half, err := rewrite.Apply([]byte(before), edits[:1])
			if err != nil {
				t.Fatal(err)
			}
			if _, state := Edits(&source.File{Src: half}, changes, same); state != Other {
				t.Fatalf("%q is %d", half, state)
			}
		}
	}
}

// FuzzParse: whatever the document says, Parse refuses it or gives changes that
// replace one number by another.
func FuzzParse(f *testing.F) {
	doc, err := sample().Markdown("plan.md")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(doc))
	f.Add(Title + "\n## Proposed Port Assignments\n| a | 1 | 2 | x |\n## Implementation Steps\n### 1. Update a\n- `f:1:1`: `1` → `2`\n")
	f.Fuzz(func(t *testing.T, doc string) {
		d, err := Parse([]byte(doc))
		if err != nil {
			return
		}
		for _, c := range d.Changes {
			if c.Text == c.New && len(d.Moves()) == len(d.Rows) || strings.ContainsAny(c.New, "\r\n") {
				t.Fatalf("%+v", c)
			}
		}
	})
}

// Texts that overlap are cut, and still say what they said.
func TestWithoutOverlaps(t *testing.T) {
	line := `web: {ports: ["8080:80", "http://localhost:8080/443:443"]}`
	changes := []Change{
		{Place: Place{"f", 1, 1, `web: {ports: ["8080`}, New: `web: {ports: ["8081`},
		{Place: Place{"f", 1, 1, `web: {ports: ["8080:80", "http://localhost:8080/443`}, New: `web: {ports: ["8080:80", "http://localhost:8081/443`},
		{Place: Place{"f", 1, 49, `443`}, New: `444`},
		{Place: Place{"g", 1, 1, `443`}, New: `444`},
	}
	src := []byte(line)
	edits, state := Edits(&source.File{Src: src}, WithoutOverlaps(changes[:3]), func([]byte) bool { return true })
	if state != Due {
		t.Fatalf("%+v", changes)
	}
	got, err := rewrite.Apply(src, edits)
	if want := `web: {ports: ["8081:80", "http://localhost:8081/444:443"]}`; err != nil || string(got) != want {
		t.Errorf("%s, want %s (%v)", got, want, err)
	}
}
