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
// function fails, or the engine does.
func (e *Engine) Follow(ctx context.Context, project string, call func() error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	which := filters.NewArgs(filters.Arg("type", string(events.ContainerEventType)), filters.Arg("label", labelProject+"="+project))
	for _, action := range []events.Action{events.ActionStart, events.ActionDie, events.ActionDestroy, events.ActionPause, events.ActionUnPause, events.ActionRename} {
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
	for {
		if err := call(); err != nil {
			return ended(ctx, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return ended(ctx, e.explain(err))
		case <-messages:
			drain(ctx, messages)
		case <-time.After(recheck):
		}
	}
}

// drain waits until no more events come.
func drain(ctx context.Context, messages <-chan events.Message) {
	for {
		select {
		case <-messages:
		case <-ctx.Done():
			return
		case <-time.After(settle):
			return
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
