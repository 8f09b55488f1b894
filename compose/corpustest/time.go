package corpustest

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// Within fails the test where a call takes too long, at best of three. How long it may
// take is said for a machine with nothing else to do: what counts is the time that the
// processors gave it, and where they are slow now, such as under load, it may take as
// many times longer as a piece of work that is always the same.
func Within(t testing.TB, what string, most time.Duration, call func()) {
	t.Helper()
	var took time.Duration
	for range 3 {
		if took = Spent(t, call); took < most {
			return
		}
	}
	slow := min(Spent(t, work), Spent(t, work))
	if allowed := most * max(slow, quiet) / quiet; took >= allowed {
		t.Errorf("%s takes %v, and may take %v while what takes %v elsewhere takes %v", what, took, allowed, quiet, slow)
	}
}

// Spent is how long the processors need for a call, or the clock says, whichever is
// less. Other tests that run meanwhile count as well.
func Spent(t testing.TB, call func()) time.Duration {
	t.Helper()
	began, used := time.Now(), Processors(t) //nolint:forbidigo // no output depends on it
	call()
	return min(time.Since(began), Processors(t)-used)
}

// Processors are what this process has used of them so far.
func Processors(t testing.TB) time.Duration {
	t.Helper()
	p, err := process.NewProcess(int32(os.Getpid())) //nolint:gosec // no system has larger ones
	if err != nil {
		t.Fatal(err)
	}
	times, err := p.Times()
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration((times.User + times.System) * float64(time.Second))
}

// quiet is what work takes on a machine with nothing else to do.
const quiet = 70 * time.Millisecond

// work fills memory and reads it back, as reading a file does.
func work() {
	var all []map[string]any
	for i := range 40_000 {
		all = append(all, map[string]any{"target": i, "protocol": "tcp", "published": "8080"})
	}
	if text, err := json.Marshal(all); err == nil {
		_ = json.Unmarshal(text, &all)
	}
}
