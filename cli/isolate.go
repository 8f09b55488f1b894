package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/checkout"
	"github.com/portmoor/portmoor/checkout/follow"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/stack/model"
	"github.com/portmoor/portmoor/tree"
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
		if refused := follow.Refused(s); refused != nil {
			c.say(refused.Error()+": docker compose by itself is about the containers of the other checkout, and would stop them", "write "+s.About.Portmoor("compose", "--", "down")+"; or "+say.Of(refused).Hint)
		}
	}
	return openRequest(r, o)
}

// endAll forgets the isolated checkouts in a folder, and below it, whatever name they
// were given, and reports whether there were some.
func (c isolator) endAll(r workspace.Request, folder string, keepManual bool) (some bool) {
	root, err := workspace.Checkouts(r.Dir, r.Environ)
	if err != nil {
		return false // which is said later
	}
	for _, i := range workspace.Isolations(root) {
		folder = tree.Resolved(folder)
		if !tree.Within(folder, i.Checkout) || tree.Nested(folder, filepath.Join(i.Checkout, i.File)) {
			continue
		}
		some = true
		s, err := openRequest(workspace.Request{Dir: i.Checkout, Config: r.Config, Name: i.Given, Files: i.Files, Environ: r.Environ, Git: r.Git}, stack.Options{Access: stack.Resetting})
		if err != nil || s.Isolation == nil || s.Isolation.Folder != i.Folder { // its compose file is gone
			c.exit(checkout.Forget(i))
			continue
		}
		done, err := s.Forget(keepManual)
		c.tellAll(s.Notes())
		switch {
		case err != nil:
			c.exit(err)
		case done.Isolated:
			s.About.In = say.Path(r.Dir, i.Checkout)
			c.exit(c.end(s, done))
		default:
			c.tellForgotten(s.Workspace, done)
		}
	}
	return some
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
// says what it can't do, if that is to be told, and returns the project as it is then.
func (c isolator) write(r workspace.Request, s *stack.Stack, upArgs []string, tell bool) (*stack.Stack, error) {
	if s.Isolation == nil {
		return s, nil
	}
	s, err := openRequest(r, stack.Options{UpArgs: upArgs})
	if err != nil {
		return nil, err
	}
	notes, err := checkout.Write(s, func(svc compose.Service) int { return model.Scaled(svc, upArgs) })
	if tell {
		c.tellAll(notes)
	}
	return s, err
}
