package api

import (
	"container/heap"
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/say"
)

const (
	healthEvery = 30 * time.Second
	// healthSlow is after what time an answer was slow, and healthAgain how soon a service
	// may be asked again whose URL is another one.
	healthSlow, healthAgain = time.Second, time.Second
	maxChecksOfOne          = 2 // at once, of one host and port
)

// pace is how a service answered the last time. Of two services that are due, the one with
// the lower pace is asked first.
type pace int

const (
	prompt pace = iota
	fresh       // was not asked yet
	slow
	paces
)

// maxChecks is how many checks are under way at once when one of a pace begins. Those who
// let a check wait can't take the place of those who answer, nor of those who come new.
var maxChecks = [paces]int{prompt: 32, fresh: 24, slow: 16}

// target is a service whose health URL is asked.
type target struct {
	id    registry.ID
	url   string
	at    string // the host and the port
	due   time.Time
	began time.Time // zero for one that was not asked yet
	pace  pace
	dead  bool // the service is gone, or has another URL
	index int  // in its queue; -1 for one that is in none
}

// queue is a heap of targets by when they are due.
type queue []*target

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push is for [heap.Push].
func (q *queue) Push(v any) {
	t := v.(*target)
	t.index = len(*q)
	*q = append(*q, t)
}

// Pop is for [heap.Pop].
func (q *queue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	(*q)[last], t.index = nil, -1
	*q = (*q)[:last]
	return t
}

// checker asks health URLs, each at a time of its own.
type checker struct {
	registry *registry.Registry
	ask      func(ctx context.Context, url string) registry.Health
	every    time.Duration
	slow     time.Duration

	known   map[registry.ID]*target
	queues  [paces]queue
	parked  map[string][]*target // by host and port, of which enough are asked
	asked   map[string]int       // by host and port, how many are
	running int
	done    chan *target
}

func newChecker(r *registry.Registry, ask func(ctx context.Context, url string) registry.Health) *checker {
	return &checker{
		registry: r, ask: ask, every: healthEvery, slow: healthSlow,
		known: map[registry.ID]*target{}, parked: map[string][]*target{}, asked: map[string]int{}, done: make(chan *target),
	}
}

// run asks until the context ends: a service that is new at once, and then each again and
// again. Nobody waits for the answer of another.
func (c *checker) run(ctx context.Context) {
	changes := c.registry.Subscribe()
	defer changes.Close()
	c.lookAtAll()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			for ; c.running > 0; c.running-- {
				<-c.done
			}
			return
		case <-timer.C:
		case t := <-c.done:
			c.end(t)
		case <-changes.Wake():
			list, all := changes.Take()
			if all {
				c.lookAtAll()
			}
			for _, change := range list {
				c.look(change.ID, change.Service)
			}
		}
		c.begin(ctx)
		timer.Reset(c.wait())
	}
}

// lookAtAll takes in all services.
func (c *checker) lookAtAll() {
	has := map[registry.ID]bool{}
	for _, s := range c.registry.List(registry.Filter{}) {
		has[s.ID()] = true
		c.look(s.ID(), &s)
	}
	for id := range c.known {
		if !has[id] {
			c.look(id, nil)
		}
	}
}

// look takes in a service as it is now, nil for one that is gone.
func (c *checker) look(id registry.ID, s *registry.Service) {
	before := c.known[id]
	if before != nil && s != nil && before.url == s.HealthURL {
		return
	}
	if before != nil {
		c.forget(before)
	}
	if s == nil || s.HealthURL == "" {
		return
	}
	u, err := url.Parse(s.HealthURL)
	if err != nil {
		return // which nobody may add
	}
	t := &target{id: id, url: s.HealthURL, at: u.Host, due: now(), pace: fresh, index: -1}
	if before != nil && !before.began.IsZero() {
		t.due = later(t.due, before.began.Add(healthAgain))
	}
	c.known[id] = t
	heap.Push(&c.queues[t.pace], t)
}

// forget takes out one that is not asked any more. It may be asked just now.
func (c *checker) forget(t *target) {
	t.dead = true
	delete(c.known, t.id)
	if t.index >= 0 {
		heap.Remove(&c.queues[t.pace], t.index)
	}
	c.park(t.at, slices.DeleteFunc(c.parked[t.at], func(other *target) bool { return other == t }))
}

// park notes who waits until fewer of a host and port are asked.
func (c *checker) park(at string, parked []*target) {
	if c.parked[at] = parked; len(parked) == 0 {
		delete(c.parked, at)
	}
}

// begin asks those who are due, as many as may be asked at once.
func (c *checker) begin(ctx context.Context) {
	for p := range paces {
		for q := &c.queues[p]; c.running < maxChecks[p] && q.Len() > 0 && !(*q)[0].due.After(now()); {
			t := heap.Pop(q).(*target)
			if c.asked[t.at] >= maxChecksOfOne {
				c.park(t.at, append(c.parked[t.at], t))
				continue
			}
			c.running++
			c.asked[t.at]++
			t.began = now()
			go func() {
				var h registry.Health
				_ = say.Guard(func() { h = c.ask(ctx, t.url) }) // a panic leaves the service as it was
				if h != "" && ctx.Err() == nil {
					c.registry.SetHealth(t.id, t.url, h)
				}
				c.done <- t
			}()
		}
	}
}

// end notes that one was asked, and lets one go on that had to wait for it.
func (c *checker) end(t *target) {
	c.running--
	if c.asked[t.at]--; c.asked[t.at] == 0 {
		delete(c.asked, t.at)
	}
	if parked := c.parked[t.at]; len(parked) > 0 {
		heap.Push(&c.queues[parked[0].pace], parked[0])
		c.park(t.at, parked[1:])
	}
	if t.dead {
		return
	}
	t.pace, t.due = prompt, later(t.began.Add(c.every), now())
	if now().Sub(t.began) >= c.slow {
		t.pace = slow
	}
	heap.Push(&c.queues[t.pace], t)
}

// wait is how long nobody is due that may be asked.
func (c *checker) wait() time.Duration {
	least := c.every
	for p, q := range c.queues {
		if len(q) > 0 && c.running < maxChecks[p] {
			least = min(least, max(0, q[0].due.Sub(now())))
		}
	}
	return least
}

func now() time.Time { return time.Now() } //nolint:forbidigo // who is due depends on the clock

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
