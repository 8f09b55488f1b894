package contest_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/reconcile/contest"
)

// Two services have 5002. Others know the port of face, so that piper moves: not to
// 5003, which scrfd has.
func ExampleDecide() {
	settled, contests, err := contest.Decide([]contest.Port{
		{Service: "piper", Name: "piper", Port: 5002},
		{Service: "face", Name: "face", Port: 5002, Status: contest.Priority},
		{Service: "scrfd", Name: "scrfd", Port: 5003},
	}, contest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range settled {
		fmt.Printf("%s: %d → %d (%s)\n", s.Name, s.Port.Port, s.New, s.Rationale)
	}
	fmt.Println(len(contests), "contest")
	// Output:
	// face: 5002 → 5002 (Priority service)
	// piper: 5002 → 5004 (Conflict with priority face)
	// scrfd: 5003 → 5003 (Unique, no conflict)
	// 1 contest
}

// Each service has a configuration with its port, and is called by its folder.
func ExampleRead() {
	root, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(root) }()
	for service, text := range map[string]string{"face": "server:\n  port: 5002\n", "piper": "server:\n  port: 5003\n"} {
		dir := filepath.Join(root, "services", service)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}

	all := func(string) bool { return false }
	ports, err := contest.Read(root, []contest.Source{{Path: "services/*/config.yaml", Key: "server.port"}}, all)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range ports {
		line, column := p.Places[0].File.Position(p.Places[0].Span.Start)
		fmt.Printf("%s has %d, at %d:%d\n", p.Name, p.Port, line, column)
	}
	// Output:
	// face has 5002, at 2:9
	// piper has 5003, at 2:9
}
