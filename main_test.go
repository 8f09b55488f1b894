package main

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// costly are the packages that cost more than 0.3 ms at every start, with what links them.
// Each has its line under "The start" in CONTRIBUTING.
var costly = []string{
	"github.com/santhosh-tekuri/jsonschema/v6", // compose-go, and our own schema
	"github.com/distribution/reference",        // compose-go, and Docker's client
}

// mostOurs is how many milliseconds all of our packages may take together. On a quiet
// machine they take 0.1, most of which are page faults; this one may have other work.
const mostOurs = 0.25

// TestStart holds what the packages do before main is called: ours next to nothing, and
// those of others no more than is known. The least of many starts counts, since other
// programs run too.
func TestStart(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "portmoor.exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	line := regexp.MustCompile(`^init (\S+) @\S+ ms, (\S+) ms clock, (\d+) bytes`)
	took, bytes := map[string]float64{}, map[string]int{}
	var order []string
	for range 20 {
		cmd := exec.CommandContext(t.Context(), binary, "--version")
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1,gctrace=1", "GOGC=")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		order = order[:0]
		for l := range strings.Lines(string(out)) {
			if strings.HasPrefix(l, "gc ") {
				t.Fatalf("garbage is collected at the start: %s", l)
			}
			m := line.FindStringSubmatch(l)
			if m == nil {
				continue
			}
			ms, err := strconv.ParseFloat(m[2], 64)
			if err != nil {
				t.Fatal(err)
			}
			if known, ok := took[m[1]]; ok {
				ms = math.Min(known, ms)
			}
			took[m[1]] = ms
			bytes[m[1]], _ = strconv.Atoi(m[3])
			order = append(order, m[1])
		}
	}
	const ours = "github.com/portmoor/portmoor/"
	sum, made := 0.0, 0
	for name, ms := range took {
		if strings.HasPrefix(name, ours) {
			sum, made = sum+ms, made+bytes[name]
		} else if ms > 0.3 {
			t.Logf("%s takes %g ms", name, ms)
			if ms > 0.45 && !slices.Contains(costly, name) {
				t.Errorf("%s takes %g ms before main is called: find a smaller package, or say in CONTRIBUTING why there is none", name, ms)
			}
		}
	}
	t.Logf("our own packages take %.3f ms and make %d bytes", sum, made)
	if sum == 0 || sum > mostOurs || made > 30_000 {
		t.Errorf("our own packages take %.3f ms and make %d bytes before main is called, more than %g ms and 30,000: what they make is made when it is first used", sum, made, mostOurs)
	}
	if at := slices.Index(order, ours+"gc"); at < 0 || at > slices.Index(order, costly[0]) {
		t.Errorf("package gc is initialised too late: %v", order)
	}
	for _, name := range costly {
		if took[name] == 0 {
			t.Errorf("%s is not linked any more: take it off the list", name)
		}
	}
}
