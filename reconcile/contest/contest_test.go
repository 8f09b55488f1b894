package contest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/ports"
)

// hailo is the stack of the reconciliation plan.
func hailo(keep ...string) (ports []Port) {
	statuses := map[string]Status{"hailo-ollama": Priority, "hailo-face": Frozen, "hailo-scrfd": Frozen}
	for _, name := range keep {
		statuses[name] = Kept
	}
	for _, s := range []struct {
		name string
		port int
	}{
		{"hailo-ollama", 11434},
		{"hailo-whisper", 11437},
		{"hailo-clip", 5000},
		{"hailo-vision", 11435},
		{"hailo-florence", 11438},
		{"hailo-scrfd", 5001},
		{"hailo-face", 5002},
		{"hailo-piper", 5002},
		{"hailo-ocr", 11436},
		{"hailo-depth", 11436},
		{"hailo-pose", 11436},
	} {
		ports = append(ports, Port{Service: s.name, Name: s.name, Port: s.port, Status: statuses[s.name]})
	}
	return ports
}

// table is a plan as lines of service, current, new and status.
func table(settled []Settled) (lines []string) {
	for _, s := range settled {
		lines = append(lines, fmt.Sprintf("%s %d %d %s", s.Name, s.Port.Port, s.New, s.Outcome))
	}
	return lines
}

// The rows are those of the source document, by name: it would show every
// change to who keeps a port and to what the others get.
func TestReconcileDocument(t *testing.T) {
	settled, contests, err := Decide(hailo("hailo-ocr"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"hailo-clip 5000 5000 No change",
		"hailo-depth 11436 11439 Change",
		"hailo-face 5002 5002 No change",
		"hailo-florence 11438 11438 No change",
		"hailo-ocr 11436 11436 Prioritized",
		"hailo-ollama 11434 11434 No change",
		"hailo-piper 5002 5003 Change",
		"hailo-pose 11436 11440 Change",
		"hailo-scrfd 5001 5001 No change",
		"hailo-vision 11435 11435 No change",
		"hailo-whisper 11437 11437 No change",
	}
	if diff := cmp.Diff(want, table(settled)); diff != "" {
		t.Error(diff)
	}
	services := 0
	for _, c := range contests {
		services += len(c.Services)
	}
	if len(contests) != 2 || services != 5 {
		t.Errorf("%d ports and %d services in conflict, the document has 2 and 5", len(contests), services)
	}
}

// Without a decision the alphabet decides, which the document says it does, and
// does not.
func TestReconcileAlphabet(t *testing.T) {
	settled, _, err := Decide(hailo(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(table(settled), "\n")
	for _, want := range []string{"hailo-depth 11436 11436 Prioritized", "hailo-ocr 11436 11439 Change", "hailo-pose 11436 11440 Change"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func port(name string, number int, status Status) Port {
	return Port{Service: name, Name: name, Port: number, Status: status}
}

func TestReconcileRules(t *testing.T) {
	for _, test := range []struct {
		name    string
		ports   []Port
		options Options
		want    string // rows, or the error with its hint
	}{
		{
			"priority beats frozen, and frozen beats working",
			[]Port{port("a", 8080, Working), port("b", 8080, Frozen), port("c", 8080, Priority)},
			Options{},
			"a 8080 8082 Change; b 8080 8081 Change; c 8080 8080 Prioritized",
		},
		{
			"two frozen ones",
			[]Port{port("b", 8080, Frozen), port("a", 8080, Frozen), port("c", 8080, Working)},
			Options{},
			"port 8080: a and b are frozen (name one of them under reconcile: keep)",
		},
		{
			"a decision between two frozen ones",
			[]Port{port("a", 8080, Frozen), port("b", 8080, Kept)},
			Options{},
			"a 8080 8081 Change; b 8080 8080 Prioritized",
		},
		{
			"two decisions",
			[]Port{port("a", 8080, Kept), port("b", 8080, Kept)},
			Options{},
			"port 8080: a and b are kept (leave only one of them under reconcile: keep)",
		},
		{
			"the end of the thousand",
			[]Port{port("a", 5999, Working), port("b", 5999, Working)},
			Options{},
			"port 5999: no port is free for b after it in 5000-5999 (give it another range under reconcile: ranges)",
		},
		{
			"the end of the hundred",
			[]Port{port("a", 11498, Working), port("b", 11498, Working), port("c", 11498, Working)},
			Options{},
			"port 11498: no port is free for c after it in 11400-11499 (give it another range under reconcile: ranges)",
		},
		{
			"a port that nobody should pick is passed over",
			[]Port{port("a", 6880, Working), port("b", 6880, Working), port("c", 1023, Working), port("d", 1023, Working)},
			Options{},
			"a 6880 6880 Prioritized; b 6880 6890 Change; c 1023 1023 Prioritized; d 1023 1025 Change",
		},
		{
			"where none may be picked, another range",
			[]Port{port("a", 33000, Working), port("b", 33000, Working), port("c", 80, Working), port("d", 80, Working)},
			Options{Otherwise: ports.Range{First: 20000, Last: 20100}, Taken: func(n int) string { return map[int]string{20000: "taken"}[n] }},
			"a 33000 33000 Prioritized; b 33000 20002 Change; c 80 80 Prioritized; d 80 20001 Change",
		},
		{
			"a range of its own, without the port",
			[]Port{port("a", 8080, Working), port("b", 8080, Working)},
			Options{Ranges: map[string]ports.Range{"b": {First: 9000, Last: 9001}}},
			"a 8080 8080 Prioritized; b 8080 9000 Change",
		},
		{
			"what others have",
			[]Port{port("a", 8080, Working), port("b", 8080, Working), port("c", 8081, Working)},
			Options{Taken: func(port int) string { return map[int]string{8082: "somebody"}[port] }},
			"a 8080 8080 Prioritized; b 8080 8083 Change; c 8081 8081 No change",
		},
		{
			"what never runs together",
			[]Port{port("a", 8080, Working), port("b", 8080, Working), port("c", 8080, Working)},
			Options{Apart: func(a, b int) bool { return a+b == 1 }}, // a and b
			"a 8080 8080 Prioritized; b 8080 8080 No change; c 8080 8081 Change",
		},
		{
			"what can't move stays",
			[]Port{port("a", 8080, Working), {Service: "b", Name: "b", Port: 8080, Stuck: "it is a range"}},
			Options{},
			"a 8080 8081 Change; b 8080 8080 Prioritized",
		},
		{
			"what can't move has to",
			[]Port{port("a", 8080, Frozen), {Service: "b", Name: "b", Port: 8080, Stuck: "it is a range"}},
			Options{},
			"port 8080: b would have to move, but it is a range (change it by hand first, or let it keep the port: reconcile: keep)",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			settled, _, err := Decide(test.ports, test.options)
			got := strings.Join(table(settled), "; ")
			if u, ok := errors.AsType[*Undecided](err); ok {
				got = fmt.Sprintf("%s (%s)", u.Message, u.Hint)
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// Whatever the stack: afterwards no two have one port, who was alone has not
// moved, every loser is in its range, and doing it again changes nothing.
func TestReconcileProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var ports []Port
		count := map[int]int{}
		for i := range 2 + random.IntN(30) {
			p := port(fmt.Sprintf("s%02d", i), 5000+random.IntN(40)+random.IntN(2)*6400, Status(random.IntN(2)))
			if p.Status == Frozen && count[-p.Port] > 0 {
				p.Status = Working
			}
			if p.Status == Frozen {
				count[-p.Port]++
			}
			count[p.Port]++
			ports = append(ports, p)
		}
		settled, _, err := Decide(ports, Options{})
		if err != nil {
			t.Fatal(err)
		}
		owner := map[int]string{}
		var again []Port
		for _, s := range settled {
			if owner[s.New] != "" {
				t.Fatalf("%d is of %s and %s in %v", s.New, owner[s.New], s.Name, ports)
			}
			owner[s.New] = s.Name
			if in := established(s.Port.Port); s.New < in.First || s.New > in.Last {
				t.Fatalf("%s left %s for %d", s.Name, in, s.New)
			}
			if count[s.Port.Port] == 1 && s.New != s.Port.Port {
				t.Fatalf("%s moved from %d, where it was alone", s.Name, s.Port.Port)
			}
			p := s.Port
			p.Port = s.New
			again = append(again, p)
		}
		settled, contests, err := Decide(again, Options{})
		if err != nil || len(contests) > 0 || strings.Contains(strings.Join(table(settled), ""), string(Changed)) {
			t.Fatalf("the second time: %v, %v, %v", settled, contests, err)
		}
	}
}
