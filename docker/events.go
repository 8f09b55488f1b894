package docker

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/portmoor/portmoor/say"
)

const (
	settle  = 100 * time.Millisecond // one docker compose up is many events
	recheck = 5 * time.Second        // an event may be lost between two connections
)

// Follow calls a function now, and again whenever a container of a project may
// have got or lost a port, until the context ends, which is no error, or the
// function fails. The function is given the ids of those that were started since
// the last time, as far as that is known. An engine that ends after it has
// answered once, as it does to be restarted, is waited for: lost is told why, once,
// and the function is called when it is back. nil waits for nobody.
func (e *Engine) Follow(ctx context.Context, project string, call func(started []string) error, lost func(error)) error {
	answered := false
	for waiting := false; ; {
		err := e.follow(ctx, project, func(started []string) error {
			err := call(started)
			if err == nil {
				answered, waiting = true, false
			}
			return err
		})
		cause, silent := errors.AsType[*Error](err)
		if !silent || !answered || lost == nil || ctx.Err() != nil {
			return ended(ctx, err)
		}
		if !waiting {
			waiting = true
			lost(cause)
		}
		e.talk.Lock()
		e.agreed = false // it may be another version now
		e.talk.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(again):
		}
	}
}

// again is how long an engine that does not answer is left alone.
const again = 250 * time.Millisecond

// follow is Follow until the engine ends.
func (e *Engine) follow(ctx context.Context, project string, call func(started []string) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	which := filters.NewArgs(filters.Arg("type", string(events.ContainerEventType)), filters.Arg("label", labelProject+"="+project))
	for _, action := range []events.Action{events.ActionStart, events.ActionDie, events.ActionStop, events.ActionDestroy, events.ActionPause, events.ActionUnPause, events.ActionRename} {
		which.Add("event", string(action))
	}
	_, done, err := e.ready(ctx)
	if err != nil {
		return err
	}
	done()
	patience := time.AfterFunc(cmp.Or(e.Timeout, Timeout), func() { _ = say.Guard(stop) }) // the client waits until the engine begins to answer
	messages, failed := e.api.Events(ctx, events.ListOptions{Filters: which})
	if !patience.Stop() {
		return e.explain(context.DeadlineExceeded)
	}
	var started []string
	for {
		if err := call(started); err != nil {
			return err
		}
		started = nil
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			return e.explain(err)
		case first := <-messages:
			started = startedBy(ctx, first, messages)
		case <-time.After(recheck):
		}
	}
}

// startedBy waits until no more events come, and returns who was started.
func startedBy(ctx context.Context, next events.Message, messages <-chan events.Message) (started []string) {
	for {
		if next.Action == events.ActionStart {
			started = append(started, next.Actor.ID)
		}
		select {
		case next = <-messages:
		case <-ctx.Done():
			return started
		case <-time.After(settle):
			return started
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
