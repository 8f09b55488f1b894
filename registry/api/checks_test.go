package api

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portmoor/portmoor/registry"
)

// asker notes who was asked when. Hosts that begin with hang answer nothing.
type asker struct {
	mu    sync.Mutex
	asked map[string][]time.Time
	now   map[string]int // by host and port, how many are asked
	most  map[string]int
}

func (a *asker) ask(ctx context.Context, url string) registry.Health {
	at, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	a.mu.Lock()
	a.asked[url] = append(a.asked[url], time.Now())
	a.now[at]++
	a.most[at] = max(a.most[at], a.now[at])
	a.now[""]++
	a.most[""] = max(a.most[""], a.now[""])
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		a.now[at]--
		a.now[""]--
		a.mu.Unlock()
	}()
	if strings.HasPrefix(at, "hang") {
		<-ctx.Done()
		return ""
	}
	if strings.HasPrefix(at, "panic") {
		panic("a bug")
	}
	return registry.Healthy
}

func (a *asker) times(url string) []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]time.Time{}, a.asked[url]...)
}

// checking is a checker at work over a registry, which asks each service every 50 ms.
func checking(t *testing.T, r *registry.Registry) (a *asker, c *checker) {
	t.Helper()
	a = &asker{asked: map[string][]time.Time{}, now: map[string]int{}, most: map[string]int{}}
	c = newChecker(r, func(ctx context.Context, url string) registry.Health {
		ctx, stop := context.WithTimeout(ctx, 500*time.Millisecond)
		defer stop()
		return a.ask(ctx, url)
	})
	c.every, c.slow = 50*time.Millisecond, 400*time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan bool)
	go func() {
		defer close(ended)
		c.run(ctx)
	}()
	t.Cleanup(func() { stop(); <-ended })
	return a, c
}

func postURL(t *testing.T, r *registry.Registry, name, url string) {
	t.Helper()
	if _, err := r.Post(registry.Service{Name: name, Host: "h", Port: 1, HealthURL: url}); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); time.Sleep(time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatal("never: " + what)
		}
	}
}

// TestChecksWait: services that let their checks hang, on one host or on a thousand, keep
// no other from being asked in time, nor one that is new from being asked at once.
func TestChecksWait(t *testing.T) {
	t.Parallel()
	r := registry.New(registry.Options{})
	postURL(t, r, "good", "http://good/")
	a, _ := checking(t, r)
	eventually(t, "the good one is asked", func() bool { return len(a.times("http://good/")) > 2 })
	for i := range 100 {
		postURL(t, r, fmt.Sprint("one-", i), fmt.Sprintf("http://hang:80/%d", i))
	}
	hanging := func(at string) int { a.mu.Lock(); defer a.mu.Unlock(); return a.now[at] }
	eventually(t, "one host hangs", func() bool { return hanging("hang:80") == maxChecksOfOne })
	for i := range 1000 {
		postURL(t, r, fmt.Sprint("many-", i), fmt.Sprintf("http://hang-%d/", i))
	}
	eventually(t, "many hang", func() bool { return hanging("") >= maxChecks[slow] })
	before := len(a.times("http://good/"))
	began := time.Now()
	eventually(t, "the good one is asked again and again", func() bool { return len(a.times("http://good/")) >= before+20 })
	if took := time.Since(began); took > 20*400*time.Millisecond { // one that had to wait would take 500 ms each time
		t.Errorf("20 checks took %s", took)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.most[""] > maxChecks[prompt] || a.most["hang:80"] != maxChecksOfOne {
		t.Errorf("%d at once, %d of one host", a.most[""], a.most["hang:80"])
	}
}

// TestChecksNew: one that is new is asked before those that hung the last time.
func TestChecksNew(t *testing.T) {
	t.Parallel()
	r := registry.New(registry.Options{})
	for i := range 40 {
		postURL(t, r, fmt.Sprint("many-", i), fmt.Sprintf("http://hang-%d/", i))
	}
	a, _ := checking(t, r)
	eventually(t, "all have hung", func() bool { return len(a.times("http://hang-39/")) > 0 && len(a.times("http://hang-0/")) > 1 })
	began := time.Now()
	postURL(t, r, "new", "http://new/")
	eventually(t, "the new one is asked", func() bool { s, _ := r.Newest("new"); return s.Health == registry.Healthy })
	if took := time.Since(began); took > 400*time.Millisecond {
		t.Errorf("it took %s", took)
	}
}

// TestChecksChange: a service is asked at the URL that it has; one that is gone is not
// asked; a bug in a check is the end of that one alone.
func TestChecksChange(t *testing.T) {
	t.Parallel()
	r := registry.New(registry.Options{})
	a, c := checking(t, r)
	postURL(t, r, "bug", "http://panic/")
	for i := range 1000 {
		postURL(t, r, "a", fmt.Sprintf("http://hang/%d", i))
	}
	postURL(t, r, "a", "http://good/")
	eventually(t, "it is asked where it is", func() bool { s, _ := r.Newest("a"); return s.Health == registry.Healthy })
	asked := 0
	for i := range 1000 {
		asked += len(a.times(fmt.Sprintf("http://hang/%d", i)))
	}
	if asked > 3 {
		t.Errorf("a name that was posted 1,000 times was asked %d times meanwhile", asked)
	}
	eventually(t, "the bug comes again", func() bool { return len(a.times("http://panic/")) > 1 })
	r.Delete("a", "")
	r.Delete("bug", "")
	eventually(t, "nobody is asked", func() bool {
		n := len(a.times("http://good/"))
		time.Sleep(3 * c.every)
		return n == len(a.times("http://good/"))
	})
}
