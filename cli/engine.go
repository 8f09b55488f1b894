package cli

import (
	"context"
	"errors"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/stack"
)

// connect finds the engine, and does not speak to it yet. Close it.
func (c *program) connect() (*docker.Engine, error) {
	engine, err := docker.Connect(c.environ())
	if err == nil {
		engine.Timeout = c.EngineTimeout
	}
	return engine, err
}

// asking is a question about containers.
type asking func(*docker.Engine, context.Context) ([]docker.Container, error)

// ask asks the engine for all containers, once a run, and says what the answers rest on
// if it does not answer or is elsewhere.
func (c *program) ask(ctx context.Context) stack.Engine {
	return c.askFor(ctx, (*docker.Engine).Everything)
}

// askFor is ask for some of the containers.
func (c *program) askFor(ctx context.Context, which asking) stack.Engine {
	if c.engine != nil {
		return *c.engine
	}
	e, err := c.need(ctx, which)
	if err != nil {
		c.say(err.Error()+": only this machine's sockets and other checkouts count", "")
		cause, explained := errors.AsType[*docker.Error](err)
		e = stack.Engine{Denied: explained && cause.Denied}
	}
	c.engine = &e
	return e
}

// need asks the engine, for commands that are nothing without it.
func (c *program) need(ctx context.Context, which asking) (stack.Engine, error) {
	engine, err := c.connect()
	if err != nil {
		return stack.Engine{}, err
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	containers, err := which(engine, ctx)
	if err != nil {
		return stack.Engine{}, err
	}
	if engine.Remote && c.engine == nil {
		c.say("the docker engine is on another machine: only its containers and other checkouts count", "")
	}
	return stack.Engine{Answered: true, Host: engine.Machine(), Remote: engine.Remote, Containers: containers}, nil
}

// tellNames says which names that the project would use others have, as far as the
// engine answers.
func (c *program) tellNames(ctx context.Context, s *stack.Stack, facts stack.Engine) {
	if i := s.Isolation; i != nil && i.Apart {
		return // its names are its own
	}
	engine, err := c.connect()
	if err != nil || !facts.Answered {
		return // which is said already
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	c.tellAll(stack.Taken(ctx, s, engine, facts.Containers))
}
