package registry

import (
	"maps"
	"slices"
	"sync"
)

// maxPending is how many changes a subscriber may be behind before it is told to look at
// everything again.
const maxPending = 1000

// Subscription is somebody who is told of changes. Close it.
type Subscription struct {
	registry *Registry
	wake     chan struct{}

	mu      sync.Mutex
	pending map[ID]bool // true for one that was deleted
	all     bool
}

// Change is a service that is another now; nil for one that is gone.
type Change struct {
	ID      ID
	Service *Service
	// Deleted reports that a client has had it taken out.
	Deleted bool
}

// Subscribe begins to note changes.
func (r *Registry) Subscribe() *Subscription {
	s := &Subscription{registry: r, wake: make(chan struct{}, 1), pending: map[ID]bool{}}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watching[s] = true
	return s
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	delete(s.registry.watching, s)
}

// note is called with every change, and never waits.
func (s *Subscription) note(id ID, deleted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending[id] = s.pending[id] || deleted; len(s.pending) > maxPending {
		s.all = true
		clear(s.pending)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Wake has something when there are changes to be taken.
func (s *Subscription) Wake() <-chan struct{} { return s.wake }

// Take returns what is true now of each service that has changed since the last time. All
// reports that there were too many to tell: the caller looks at everything again.
func (s *Subscription) Take() (changes []Change, all bool) {
	s.mu.Lock()
	pending := s.pending
	s.pending = map[ID]bool{}
	all, s.all = s.all, false
	s.mu.Unlock()
	if all {
		return nil, true
	}
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	for _, id := range slices.SortedFunc(maps.Keys(pending), ID.compare) {
		c := Change{ID: id, Deleted: pending[id]}
		if rec := s.registry.records[id]; rec != nil && rec.text != nil {
			service := rec.merged
			c.Service = &service
		}
		changes = append(changes, c)
	}
	return changes, false
}
