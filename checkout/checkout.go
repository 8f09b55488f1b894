// Package checkout lets a project run beside other checkouts of the same files: it finds
// the checkout a name that no other has, remembers that in a folder which Git does not
// see, and keeps the compose file there that isolates it. No file of the repository is
// touched.
//
// The model: a [workspace.Isolation] is what is remembered of a checkout. [Isolate] begins
// one, [Write] writes its override anew from what ports are assigned, and [Forget] ends
// it. Whoever opens the project later finds it isolated.
//
//	i, err := checkout.Isolate(ctx, request, s, engine, facts)
//	s, err = open()
//	outcomes, err := s.Detect(facts, false)
//	notes, err := checkout.Write(s)
package checkout

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/stack/isolate"
	"github.com/portmoor/portmoor/stack/others"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Isolate has a project be isolated from now on, and returns what is remembered of it. A
// name that it has stays. What is fixed in its files stays too where nobody else has
// it, so that the first checkout is what it was. Nothing is locked: who begins says so
// before he looks whether somebody else has begun, and of two at once both get out of
// the way.
func Isolate(ctx context.Context, r workspace.Request, s *stack.Stack, engine *docker.Engine, facts stack.Engine) (*workspace.Isolation, error) {
	i := s.Isolation
	if i != nil && i.Apart {
		return i, nil
	}
	begins := i == nil
	var err error
	if begins {
		if i, err = workspace.NewIsolation(s.Workspace, r, s.Project); err != nil {
			return nil, err
		}
		i.Name = s.Project.Name
	} else {
		next := *i
		i = &next
	}
	i.Keeps = fixed(s)
	if err := save(i); err != nil {
		return nil, err
	}
	others := lists.Only(workspace.Isolations(filepath.Dir(i.Folder)), func(o *workspace.Isolation) bool {
		return o.Folder != i.Folder && !allocate.Gone(o.Checkout)
	})
	naming := workspace.NamingOf(s.Project, func(name string) bool { return taken(s, i, others, facts, name) })
	if begins && i.Given == "" {
		i.Name = naming.Name()
	}
	i.Natural = i.Name == s.Project.Name && i.Given == ""
	kept := slices.ContainsFunc(others, func(o *workspace.Isolation) bool {
		return !o.Apart && slices.ContainsFunc(o.Keeps, func(name string) bool { return slices.Contains(i.Keeps, name) })
	})
	i.Apart = !i.Natural || naming.Linked || kept || held(ctx, s, engine, facts)
	if i.Settled = true; i.Apart {
		i.Keeps = nil
	}
	return i, save(i)
}

// taken reports a name that another checkout has, as far as the ledger, the engine and
// what is remembered of other checkouts say.
func taken(s *stack.Stack, i *workspace.Isolation, others []*workspace.Isolation, facts stack.Engine, name string) bool {
	ledger, err := workspace.Ledger(s.Dir, s.Environ())
	if err != nil {
		return false
	}
	known, _ := allocate.All(ledger) // one that can't be read has stopped us before
	return slices.ContainsFunc(known, func(k allocate.Remembered) bool { return k.Project == name && k.Checkout != i.Checkout }) ||
		slices.ContainsFunc(others, func(o *workspace.Isolation) bool { return o.Name == name }) ||
		!facts.Remote && slices.ContainsFunc(facts.Containers, func(c docker.Container) bool {
			return c.Project == name && !tree.Same(c.WorkingDir, i.Checkout)
		})
}

// held reports that somebody else has one of the names that the project would use.
func held(ctx context.Context, s *stack.Stack, engine *docker.Engine, facts stack.Engine) bool {
	return engine != nil && facts.Answered && len(stack.Taken(ctx, s, engine, facts.Containers)) > 0
}

// fixed are the names that the files of a project fix.
func fixed(s *stack.Stack) (all []string) {
	every := func(string) bool { return true }
	for _, n := range others.Names(s.Project, every, func(compose.Service) int { return 1 }) {
		if !n.Made {
			all = append(all, string(n.Kind)+" "+n.Value)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// save remembers an isolation.
func save(i *workspace.Isolation) error {
	src, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return err
	}
	return write(i, i.StateFile(), append(src, '\n'))
}

// write writes a file of an isolation, unless it says the same already.
func write(i *workspace.Isolation, path string, text []byte) error {
	if old, err := tree.Read(path, tree.MaxFile); err == nil && string(old) == string(text) {
		return nil
	}
	if err := rewrite.WriteOurs(tree.Bounds{}.And(i.Own()...), path, text); err != nil {
		return say.Failf("let your user write there, or name a ledger with PORTMOOR_LEDGER, beside which it is", "%s", err)
	}
	return nil
}

// Header begins the override of a checkout.
const Header = "# Written by portmoor, which isolates a checkout with it. Do not edit: the next start writes it again.\n"

// Write writes the override of an isolated project as it is to be now: with the ports that
// are assigned. It returns notes about what can't be isolated; nothing for a project that
// is not isolated.
func Write(s *stack.Stack, replicas func(compose.Service) int) ([]say.Problem, error) {
	i := s.Isolation
	if i == nil {
		return nil, nil
	}
	plan := isolate.Plan{
		Header: Header + "# checkout: " + strings.Join(strings.Fields(say.Visible(i.Checkout)), " ") + "\n",
		To:     stack.Moved(s), Name: i.Name, Apart: i.Apart, Replicas: replicas, Root: tree.Resolved(tree.Root(s.Project.Dir)),
		Read: func(path string) []byte {
			src, _ := tree.ReadIf(path, tree.MaxFile) // without it nothing is built on an image
			return src
		},
	}
	var notes []say.Problem
	for _, f := range discover.ForwardedBy(plan.Root) {
		notes = append(notes, say.Problem{Kind: say.Note, Place: f.Path, Message: "fixes port " + strings.Join(f.Ports, ", ") + ", which is the same in every checkout"})
	}
	o, err := plan.Override(s.Project, s.Project.Group.Files, i.Override())
	switch {
	case err != nil:
		p := say.Of(err)
		if p.Hint == "" {
			p.Hint = "to see why: " + s.About.Docker("config")
		}
		return nil, p
	case o.Text == nil && !tree.Exists(i.Override()):
		return slices.Concat(o.Shared, notes), nil
	case o.Text == nil:
		return slices.Concat(o.Shared, notes), rewrite.Remove(tree.Bounds{}.And(i.Own()...), i.Override())
	}
	return slices.Concat(o.Shared, notes), write(i, i.Override(), o.Text)
}

// Forget forgets that a checkout is isolated.
func Forget(i *workspace.Isolation) error {
	bounds := tree.Bounds{}.And(append(i.Own(), i.Folder)...)
	for _, path := range i.Own() { // what says that there is one, last
		if err := rewrite.Remove(bounds, path); err != nil {
			return err
		}
	}
	w := bounds.Writer()
	defer w.Close()
	if place, err := w.Place(i.Folder); err == nil {
		_ = place.Remove() // somebody may have put something there
	}
	return nil
}

// Prune forgets the checkouts whose folders are gone. What can't be forgotten is left for
// the next run.
func Prune(s *stack.Stack) {
	root, err := workspace.Checkouts(s.Dir, s.Environ())
	if err != nil {
		return
	}
	for _, i := range workspace.Isolations(root) {
		if allocate.Gone(i.Checkout) {
			_ = Forget(i)
		}
	}
}

// DotEnv is what an env file has to say so that docker compose, without a flag, sees an
// isolated project as it is. The zero value is nothing.
type DotEnv struct {
	// Name is COMPOSE_PROJECT_NAME, "" where docker compose's own is right.
	Name string
	// Files are COMPOSE_FILE, from the project's folder where they are in it; nil where those
	// that docker compose finds are right. Separator is between them, and to be said as
	// COMPOSE_PATH_SEPARATOR where it is not the system's.
	Files     []string
	Separator string
}

// DotEnvOf is what the .env of a project has to say, with override files besides its own.
func DotEnvOf(s *stack.Stack, overrides ...string) (d DotEnv) {
	other := len(overrides) > 0 // than what docker compose finds
	if i := s.Isolation; i != nil {
		if !i.Natural {
			d.Name = i.Name
		}
		own := i.Overrides()
		overrides = append(own, overrides...)
		other = other || own != nil || i.Files != nil
	} else {
		plain, there := discover.ByName(s.Project.Dir)
		other = other || !there || !slices.Equal(plain.Files, s.Project.Group.Files)
	}
	if other {
		for _, f := range append(slices.Clone(s.Project.Group.Files), overrides...) {
			if rel, err := filepath.Rel(s.Project.Dir, f); err == nil && filepath.IsLocal(rel) {
				f = filepath.ToSlash(rel)
			}
			d.Files = append(d.Files, f)
		}
		d.Separator = separator(d.Files)
	}
	return d
}

// separator is what none of some paths has in it, the system's if it can be.
func separator(paths []string) string {
	all := []string{string(filepath.ListSeparator), ";", ",", "|", "::"}
	i := slices.IndexFunc(all, func(sep string) bool {
		return !slices.ContainsFunc(paths, func(path string) bool { return strings.Contains(path, sep) })
	})
	return all[max(i, 0)]
}
