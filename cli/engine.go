package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
)

// engineFacts are what the Docker engine says; nothing when it does not answer.
type engineFacts struct {
	remote   bool
	bindings []docker.Binding
}

// askEngine asks once a run, and says what the answers rest on if the engine
// does not answer or is elsewhere.
func (c *commands) askEngine(ctx context.Context) *engineFacts {
	if c.engine != nil {
		return c.engine
	}
	c.engine = &engineFacts{}
	engine, err := docker.Connect(c.environ())
	if err == nil {
		defer engine.Close() //nolint:errcheck // nothing is left to be sent
		c.engine.remote = engine.Remote
		c.engine.bindings, err = engine.Bindings(ctx)
	}
	switch {
	case err != nil:
		c.engine.remote = false
		c.say(err.Error()+": only this machine's sockets and other checkouts count", "")
	case c.engine.remote:
		c.say("the docker engine is on another machine: only its containers and other checkouts count", "")
	}
	return c.engine
}

// ask fills in what the engine and other checkouts hold.
func (c *commands) ask(ctx context.Context, s *stack) error {
	engine := c.askEngine(ctx)
	s.machine = &allocate.Machine{Held: s.store.Claims, Remote: engine.remote}
	for _, b := range engine.bindings {
		own := b.Project == s.project.Name && b.Project != ""
		if own && !sameFolder(b.WorkingDir, s.project.Dir) {
			return problem{
				exitFailure, fmt.Sprintf("project %q runs from another folder, %s", s.project.Name, b.WorkingDir),
				"give this one another name with -p",
			}
		}
		own = own && slices.ContainsFunc(s.project.Services, func(svc compose.Service) bool { return svc.Name == b.Service })
		held := allocate.Held{Socket: allocate.Socket{Address: b.HostIP, Protocol: b.Protocol}, Port: b.HostPort}
		held.Owner = allocate.Owner{Kind: allocate.Container, Name: b.Container}
		if b.Project != "" {
			held.Owner = allocate.Owner{Kind: allocate.Container, Name: b.Project + "/" + b.Service, Detail: b.Container}
		}
		switch {
		case !own:
			s.machine.Held = append(s.machine.Held, held)
		case b.Running: // one that is stopped holds nothing against its own next start
			s.machine.Own = append(s.machine.Own, held)
		}
	}
	return nil
}

// sameFolder reports whether two paths lead to one folder.
func sameFolder(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := filepath.EvalSymlinks(a)
	y, errY := filepath.EvalSymlinks(b)
	return errX == nil && errY == nil && x == y
}
