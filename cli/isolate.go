package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/checkout"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/stack/model"
	"github.com/portmoor/portmoor/workspace"
)

// isolateFlag is --isolate.
func isolateFlag() cli.Flag {
	return &cli.BoolFlag{Name: "isolate", Usage: "let this checkout run beside others of the same files, without an edit; --isolate=false takes the project as it is", DefaultText: "$" + workspace.IsolateVariable}
}

// isolator is the program at work for checkouts that run beside others.
type isolator struct{ *program }

// begin isolates a project where that was asked for, and returns it as it is then.
func (c isolator) begin(ctx context.Context, r workspace.Request, s *stack.Stack, o stack.Options, facts stack.Engine) (*stack.Stack, error) {
	checkout.Prune(s)
	if !workspace.Isolates(s.Workspace) {
		return s, nil
	}
	engine, err := c.connect()
	if err != nil {
		engine = nil // which is said already
	} else {
		defer engine.Close() //nolint:errcheck // nothing is left to be sent
	}
	was := s.Isolation
	i, err := checkout.Isolate(ctx, r, s, engine, facts)
	if err != nil {
		return nil, err
	}
	if was == nil && !i.Natural {
		c.say("the project is called "+i.Name+" in this checkout", "")
	}
	return openRequest(r, o)
}

// end forgets that a checkout is isolated, and says what to know of that.
func (c isolator) end(s *stack.Stack, done stack.Forgotten) error {
	checkout.Prune(s)
	if err := checkout.Forget(s.Isolation); err != nil {
		return err
	}
	again := s.About
	again.Ours.Name = s.Isolation.Given
	fmt.Fprintf(c.Err, "%s of project %s forgotten, and the checkout is not isolated any more. To isolate it again: %s\n",
		say.Count(done.Ports, "port"), say.Visible(s.Project.Name), say.Visible(again.Portmoor("up", "--isolate")))
	if !s.Isolation.Natural {
		c.say("containers that still run keep the name "+s.Project.Name, "to stop them: "+say.Words([]string{"docker", "compose", "-p", s.Project.Name, "down"}))
	}
	return nil
}

// write writes the override of an isolated project with the ports that were assigned,
// says what it can't do, and returns the project as it is then.
func (c isolator) write(r workspace.Request, s *stack.Stack, upArgs []string) (*stack.Stack, error) {
	if s.Isolation == nil {
		return s, nil
	}
	s, err := openRequest(r, stack.Options{UpArgs: upArgs})
	if err != nil {
		return nil, err
	}
	notes, err := checkout.Write(s, func(svc compose.Service) int { return model.Scaled(svc, upArgs) })
	c.tellAll(notes)
	return s, err
}
