package nats

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/say"
)

// maxWrites is how many entries are written at once.
const maxWrites = 32

// errLost is why a session ends that nobody has ended.
var errLost = errors.New("the connection is lost")

// session is what is done with the bucket while the connection lasts.
type session struct {
	*Backend

	conn    *nats.Conn
	kv      jetstream.KeyValue
	bucket  map[string]held // what stands there, as far as it is of use
	ttl     time.Duration
	size    int                    // of it, in bytes
	written map[string][]byte      // what this registry has written there and stands by
	before  map[string]registry.ID // what others had said before the session, until it is heard again
}

// held is what stands under a key.
type held struct {
	id    registry.ID
	by    string
	from  string
	value []byte
	gone  bool      // it asks others to take it out
	taken bool      // the registry was told of it
	at    time.Time // when it was heard
}

// session keeps the registry and the bucket at the same services until the connection is
// lost or the context ends.
func (b *Backend) session(ctx context.Context, conn *nats.Conn, js jetstream.JetStream) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	b.mu.Lock()
	b.why, b.stop = nil, stop
	b.mu.Unlock()
	if !conn.IsConnected() {
		return errLost
	}
	kv, ttl, err := b.bucket(ctx, js)
	if err != nil {
		return lostOr(ctx, err)
	}
	s := &session{Backend: b, conn: conn, kv: kv, ttl: ttl, bucket: map[string]held{}, written: map[string][]byte{}, before: maps.Clone(b.taken)}
	changes := b.registry.Subscribe()
	defer changes.Close()
	watch, err := kv.WatchAll(ctx)
	if err != nil {
		return lostOr(ctx, b.failed(err))
	}
	defer watch.Stop() //nolint:errcheck // the connection may be gone
	if err := s.replay(ctx, watch); err != nil {
		return lostOr(ctx, err)
	}
	if err := s.writeAll(ctx, false); err != nil {
		return lostOr(ctx, err)
	}
	b.back()
	return lostOr(ctx, s.follow(ctx, watch, changes))
}

// lostOr is the error of a session: one that was cut off says so.
func lostOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errLost
	}
	return err
}

// replay reads what stands in the bucket.
func (s *session) replay(ctx context.Context, watch jetstream.KeyWatcher) error {
	for {
		select {
		case <-ctx.Done():
			return errLost
		case e, open := <-watch.Updates():
			if !open {
				return errLost
			}
			if e == nil {
				return nil
			}
			s.heard(e)
		}
	}
}

// follow goes on with what changes, here and there. What others had said before the
// session and have not said again is given some time: they may be on their way back too.
func (s *session) follow(ctx context.Context, watch jetstream.KeyWatcher, changes *registry.Subscription) error {
	renewal := time.NewTicker(s.ttl / 3)
	defer renewal.Stop()
	grace := time.After(s.ttl / 6)
	for {
		var err error
		select {
		case <-ctx.Done():
			return errLost
		case e, open := <-watch.Updates():
			if !open {
				return errLost
			}
			if e == nil {
				continue
			}
			if id, again := s.heard(e); again {
				err = s.changed(ctx, []registry.Change{{ID: id}})
			}
		case <-changes.Wake():
			list, all := changes.Take()
			if all {
				err = s.writeAll(ctx, false)
			} else {
				err = s.changed(ctx, list)
			}
		case <-renewal.C:
			err = s.writeAll(ctx, true)
		case <-grace:
			for key := range s.before {
				s.drop(key)
			}
			s.before = nil
		}
		if err != nil {
			return err
		}
	}
}

// heard takes in what stands under a key now. It reports whether what this registry has to
// say of that service is to be looked at again.
func (s *session) heard(e jetstream.KeyValueEntry) (id registry.ID, again bool) {
	key, now := e.Key(), time.Now() //nolint:forbidigo // the clocks of other hosts are not this one's
	was, known := s.bucket[key]
	if delete(s.before, key); e.Operation() != jetstream.KeyValuePut {
		s.forget(key)
		delete(s.written, key)
		_, own := s.registry.OwnOf(was.id)
		return was.id, own
	}
	if known && bytes.Equal(was.value, e.Value()) && (!was.taken || s.registry.Seen(registry.Remote, was.id)) {
		was.at = now
		s.bucket[key] = was
		return id, false
	}
	in, err := readEntry(key, e.Value())
	if err != nil {
		s.forget(key)
		s.invalid(key, err)
		return id, false
	}
	if size := s.size + len(e.Value()) - len(was.value); !known && len(s.bucket) >= maxEntries || size > maxBytes {
		s.forget(key)
		s.many()
		return id, false
	}
	s.forgetBytes(key)
	id = in.Service.ID()
	s.size += len(e.Value())
	if in.Gone {
		s.registry.Drop(registry.Posted, id)
	}
	taken := in.By != s.me && id.Host != s.registry.Host() && !in.Gone
	s.bucket[key] = held{id: id, by: in.By, from: in.From, value: e.Value(), gone: in.Gone, taken: taken, at: now}
	if !taken {
		s.drop(key)
		if again = in.Gone && in.By != s.me; again {
			delete(s.written, key)
		}
		return id, again
	}
	in.Service.LastSeen = registry.Time{Time: now}
	if in.Service.RegisteredAt.IsZero() {
		in.Service.RegisteredAt = in.Service.LastSeen
	}
	s.taken[key] = id
	s.registry.Put(registry.Remote, in.Service)
	return id, false
}

// forget takes out what stood under a key.
func (s *session) forget(key string) {
	s.forgetBytes(key)
	s.drop(key)
}

func (s *session) forgetBytes(key string) {
	s.size -= len(s.bucket[key].value)
	delete(s.bucket, key)
}

// drop takes out what the registry was told of a key.
func (s *session) drop(key string) {
	if id, taken := s.taken[key]; taken {
		delete(s.taken, key)
		s.registry.Drop(registry.Remote, id)
	}
}

// says is the value that this registry has to write for a service, nil for none: of
// another host's it is silent when that host's own registry speaks of it.
func (s *session) says(service registry.Service, key string) []byte {
	if at := s.bucket[key]; at.by != s.me && service.Host != s.registry.Host() && at.from == service.Host {
		return nil
	}
	return entry{By: s.me, From: s.registry.Host(), Added: service.Added, Service: service}.bytes()
}

// writeAll writes what is not in the bucket as this registry knows it, and with renew also
// what is, so that it stays, but for what another registry of this host renews; and takes
// out what it has written and knows no more.
func (s *session) writeAll(ctx context.Context, renew bool) error {
	now := time.Now() //nolint:forbidigo // what is stale depends on the clock
	todo, known := map[string][]byte{}, map[string]bool{}
	for _, service := range s.registry.Own() {
		key := keyOf(service.ID())
		known[key] = true
		value := s.says(service, key)
		if value == nil {
			continue
		}
		s.tell(key, service)
		at := s.bucket[key]
		renewed := at.by != s.me && at.from == s.registry.Host() && now.Sub(at.at) < s.ttl*2/3
		if renew && !renewed || !bytes.Equal(s.written[key], value) {
			todo[key] = value
		}
	}
	for key, at := range s.bucket {
		if at.by == s.me && !at.gone && !known[key] {
			todo[key] = nil
		}
	}
	s.untell(known)
	return s.write(ctx, todo)
}

// changed writes what is another now, of a few services.
func (s *session) changed(ctx context.Context, list []registry.Change) error {
	todo := map[string][]byte{}
	for _, c := range list {
		key := keyOf(c.ID)
		service, own := s.registry.OwnOf(c.ID)
		at, there := s.bucket[key]
		_, wrote := s.written[key]
		switch {
		case own:
			if value := s.says(service, key); value != nil && !bytes.Equal(s.written[key], value) {
				s.tell(key, service)
				todo[key] = value
			}
		case c.Deleted && there && at.by != s.me:
			gone := registry.Service{Name: c.ID.Name, Host: c.ID.Host, Port: 1, Metadata: map[string]any{}}
			if c.ID.Project != "" {
				gone.Metadata["project"] = c.ID.Project
			}
			todo[key] = entry{By: s.me, From: s.registry.Host(), Gone: true, Service: gone}.bytes()
		case wrote || there && at.by == s.me && !at.gone:
			todo[key] = nil
		}
		if !own {
			s.untellOne(key)
		}
	}
	return s.write(ctx, todo)
}

// write writes values under keys; nil takes one out, unless another registry has written
// it since.
func (s *session) write(ctx context.Context, todo map[string][]byte) error {
	var g errgroup.Group
	g.SetLimit(maxWrites)
	for _, key := range slices.Sorted(maps.Keys(todo)) {
		value := todo[key]
		if len(value) > maxEntry {
			s.many()
			continue
		}
		if value == nil {
			_, wrote := s.written[key]
			at, there := s.bucket[key]
			if delete(s.written, key); !wrote && !there || there && at.by != s.me {
				continue
			}
		} else {
			s.written[key] = value
			if at, there := s.bucket[key]; there { // and is heard of later
				at.by, at.from = s.me, s.registry.Host()
				s.bucket[key] = at
			}
		}
		g.Go(func() error {
			ctx, stop := context.WithTimeout(ctx, patience)
			defer stop()
			var err error
			bug := say.Guard(func() {
				if value == nil {
					err = s.kv.Delete(ctx, key)
				} else {
					_, err = s.kv.Put(ctx, key, value)
				}
			})
			return errors.Join(bug, err)
		})
	}
	if err := g.Wait(); err != nil {
		return s.failed(err)
	}
	return nil
}
