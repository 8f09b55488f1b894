package docker

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
)

const (
	settle  = 100 * time.Millisecond // one docker compose up is many events
	recheck = 5 * time.Second        // an event may be lost between two connections
)

// Follow calls a function now, and again whenever a container of a project may
// have got or lost a port, until the context ends, which is no error, the
// function fails, or the engine does. The function is given the ids of those
// that were started since the last time, as far as that is known.
func (e *Engine) Follow(ctx context.Context, project string, call func(started []string) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	which := filters.NewArgs(filters.Arg("type", string(events.ContainerEventType)), filters.Arg("label", labelProject+"="+project))
	for _, action := range []events.Action{events.ActionStart, events.ActionDie, events.ActionStop, events.ActionDestroy, events.ActionPause, events.ActionUnPause, events.ActionRename} {
		which.Add("event", string(action))
	}
	_, done, err := e.ready(ctx)
	if err != nil {
		return ended(ctx, err)
	}
	done()
	patience := time.AfterFunc(cmp.Or(e.Timeout, Timeout), stop) // the client waits until the engine begins to answer
	messages, failed := e.api.Events(ctx, events.ListOptions{Filters: which})
	if !patience.Stop() {
		return e.explain(context.DeadlineExceeded)
	}
	var started []string
	for {
		if err := call(started); err != nil {
			return ended(ctx, err)
		}
		started = nil
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return ended(ctx, e.explain(err))
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
