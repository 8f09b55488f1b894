package corpustest

import (
	"testing"
	"time"
)

// TestWork: the piece of work is known to take what is said of it, and what takes many
// times as long fails.
func TestWork(t *testing.T) {
	took := min(Spent(t, work), Spent(t, work))
	t.Logf("takes %v", took)
	if took < quiet/20 {
		t.Errorf("takes %v, where %v is said", took, quiet)
	}
	failing := &recorder{TB: t}
	Within(failing, "work", quiet/20, func() {
		for range 3 {
			work()
		}
	})
	if !failing.failed {
		t.Error("what takes sixty times as long as it may does not fail")
	}
	Within(t, "nothing", time.Millisecond, func() {})
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB

	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }
