package allocate

import (
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestQueue: who waits for the lock gets it though others take it again and again.
func TestQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.json")
	var stop atomic.Bool
	var others sync.WaitGroup
	var taken atomic.Int64
	take := func() {
		l, err := lock(path, nil)
		if err != nil {
			t.Error(err)
			return
		}
		taken.Add(1)
		time.Sleep(time.Millisecond)
		if err := l.Unlock(); err != nil {
			t.Error(err)
		}
	}
	for range 4 {
		others.Go(func() {
			for !stop.Load() {
				take()
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	var most int64
	for range 20 {
		before := taken.Load()
		take()
		most = max(most, taken.Load()-before)
	}
	stop.Store(true)
	others.Wait()
	if most > 500 { // about 10; with asking again every 5 ms up to 2500
		t.Errorf("%d others were first", most)
	}
}

// TestHeldTooLong: who waits for too long says who he waited for, and does not keep
// the lock from others when his turn comes.
func TestHeldTooLong(t *testing.T) {
	defer func(d time.Duration) { lockWait = d }(lockWait)
	lockWait = 50 * time.Millisecond
	path := filepath.Join(t.TempDir(), "ledger.json")
	first, err := lock(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(path, nil); err == nil || !strings.HasSuffix(err.Error(), "ledger.json.lock: another run has held it for 50ms") {
		t.Error(err)
	}
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	lockWait = 10 * time.Second
	next, err := lock(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Unlock(); err != nil {
		t.Error(err)
	}
}
