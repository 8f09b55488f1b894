package docker

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/portmoor/portmoor/say"
)

const (
	settle  = 100 * time.Millisecond // one docker compose up is many events
	latest  = 500 * time.Millisecond // is what an event waits for others
	recheck = 5 * time.Second        // an event may be lost between two connections
)

// Follow calls a function now, and again whenever a container of a project, or a service of
// the stack of its name, may have got or lost a port, until the context ends, which is no error, or the
// function fails. The function is given the ids of those that were started since
// the last time, as far as that is known. An engine that ends after it has
// answered once, as it does to be restarted, is waited for: lost is told why, once,
// and the function is called when it is back. nil waits for nobody.
func (e *Engine) Follow(ctx context.Context, project string, call func(started []string) error, lost func(error)) error {
	f := follower{Engine: e, label: labelProject + "=" + project, stack: project, recheck: recheck, longest: again, lost: lost}
	return f.keep(ctx, func(all []events.Message) error {
		var started []string
		for _, m := range all {
			if m.Action == events.ActionStart {
				started = append(started, m.Actor.ID)
			}
		}
		return call(started)
	})
}

// Watch is [Engine.Follow] for all compose projects. The function is given the names of
// those of which a container may be another now, and when the first of them was; at first,
// and after the engine was away, nil, which is all. Nothing is asked while nothing
// happens. An engine that has not answered yet is waited for too.
func (e *Engine) Watch(ctx context.Context, call func(projects []string, since time.Time) error, lost func(error)) error {
	f := follower{Engine: e, label: labelProject, longest: 16 * again, lost: lost, answered: true}
	return f.keep(ctx, func(all []events.Message) error {
		changed := map[string]bool{}
		var since time.Time
		for _, m := range all {
			changed[m.Actor.Attributes[labelProject]] = true
			if at := time.Unix(0, m.TimeNano); since.IsZero() || at.Before(since) {
				since = at
			}
		}
		return call(slices.Sorted(maps.Keys(changed)), since)
	})
}

// follower waits for events of containers with a label, or of a swarm.
type follower struct {
	*Engine

	label    string
	stack    string        // of a swarm, where there is one of this name; "" for none
	recheck  time.Duration // how often to look without an event; 0 for never
	longest  time.Duration // between two tries to reach an engine that is away
	lost     func(error)   // nil to wait for no engine
	answered bool          // once
}

// keep waits for an engine that ends, and follows it again.
func (f *follower) keep(ctx context.Context, call func([]events.Message) error) error {
	pause, waiting := again, false
	for {
		err := f.follow(ctx, func(all []events.Message) error {
			err := call(all)
			if err == nil {
				f.answered, waiting, pause = true, false, again
			}
			return err
		})
		cause, silent := errors.AsType[*Error](err)
		if !silent || !f.answered || f.lost == nil || ctx.Err() != nil {
			return ended(ctx, err)
		}
		if !waiting {
			waiting = true
			f.lost(cause)
		}
		f.talk.Lock()
		f.agreed = false // it may be another version now
		f.talk.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
			pause = min(2*pause, f.longest)
		}
	}
}

// again is how long an engine that does not answer is left alone, at first.
const again = 250 * time.Millisecond

// actions are what changes the ports of a container, or whether it has them.
var actions = []events.Action{
	events.ActionStart, events.ActionDie, events.ActionStop, events.ActionDestroy, events.ActionPause, events.ActionUnPause, events.ActionRename,
}

// follow calls a function until the engine ends.
func (f *follower) follow(ctx context.Context, call func([]events.Message) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	which, err := f.which(ctx)
	if err != nil {
		return err
	}
	patience := time.AfterFunc(cmp.Or(f.Timeout, Timeout), func() { _ = say.Guard(stop) }) // the client waits until the engine begins to answer
	messages, failed := f.api.Events(ctx, events.ListOptions{Filters: which})
	if !patience.Stop() {
		return f.explain(context.DeadlineExceeded)
	}
	var again <-chan time.Time
	var seen []events.Message
	for {
		if err := call(seen); err != nil {
			return err
		}
		seen = nil
		if f.recheck > 0 {
			again = time.After(f.recheck)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			return f.explain(err)
		case first := <-messages:
			seen = until(ctx, first, messages)
		case <-again:
		}
	}
}

// which are the events to wait for. Those of a swarm's services have no labels, and tasks none
// at all but those of their containers on this node.
func (f *follower) which(ctx context.Context) (filters.Args, error) {
	ctx, done, err := f.ready(ctx)
	if err != nil {
		return filters.Args{}, err
	}
	defer done()
	which := filters.NewArgs(filters.Arg("type", string(events.ContainerEventType)))
	for _, action := range actions {
		which.Add("event", string(action))
	}
	if f.recheck == 0 { // nobody looks again by itself
		which.Add("event", string(events.ActionHealthStatus))
	}
	if f.stack != "" {
		if deployed, _ := f.services(ctx, filters.NewArgs(filters.Arg("label", labelStack+"="+f.stack))); len(deployed) > 0 {
			which.Add("type", string(events.ServiceEventType))
			for _, action := range []events.Action{events.ActionCreate, events.ActionUpdate, events.ActionRemove} {
				which.Add("event", string(action))
			}
			return which, nil
		}
	}
	which.Add("label", f.label)
	return which, nil
}

// until waits until no more events come, for a moment, and returns them all. Where they
// never end it returns what there is.
func until(ctx context.Context, next events.Message, messages <-chan events.Message) (all []events.Message) {
	enough := time.After(latest)
	for {
		all = append(all, next)
		select {
		case next = <-messages:
		case <-ctx.Done():
			return all
		case <-enough:
			return all
		case <-time.After(settle):
			return all
		}
	}
}

// ended is no error when the caller wanted the end.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
