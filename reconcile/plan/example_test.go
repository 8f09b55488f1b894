package plan_test

import (
	"fmt"
	"log"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
)

// A plan is written, reviewed and read back; what it says becomes edits of the bytes
// of a file.
func Example() {
	p := plan.Plan{
		Services: []plan.Service{
			{Settled: contest.Settled{Port: contest.Port{Name: "face", Port: 5002}, New: 5002, Outcome: contest.NoChange}},
			{Settled: contest.Settled{Port: contest.Port{Name: "piper", Port: 5002}, New: 5003, Outcome: contest.Changed}},
		},
		Changes: []plan.Change{
			{Place: plan.Place{Path: "piper.yaml", Line: 1, Column: 1, Text: "port: 5002"}, New: "port: 5003", Service: "piper", Reason: "port"},
		},
	}
	document, err := p.Markdown("plan.md")
	if err != nil {
		log.Fatal(err)
	}

	decided, err := plan.Parse(document)
	if err != nil {
		log.Fatal(err)
	}
	for _, move := range decided.Moves() {
		fmt.Printf("%s: %d → %d\n", move.Service, move.Current, move.New)
	}
	file := &source.File{Path: "/stack/piper.yaml", Src: []byte("port: 5002 # of piper\n")}
	edits, state := plan.Edits(file, decided.Changes, nil)
	after, err := rewrite.Apply(file.Src, edits)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(state == plan.Due, ": ", string(after))
	// Output:
	// piper: 5002 → 5003
	// true: port: 5003 # of piper
}
