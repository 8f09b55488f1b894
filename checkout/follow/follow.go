// Package follow has docker compose follow by itself: it keeps the block in the .env of a
// project, from which Compose, and whatever calls it, has the project's name, its files,
// its ports and what is derived of them.
//
// The model: the block is written only where Git does not see the file, and says nothing
// that people say in it themselves: [Write] tells of that. In a checkout that is isolated
// the name, the files and the ports are the block's, since all checkouts have what people
// wrote. [Remove] takes it out.
//
//	if err := follow.Refused(s); err == nil {
//		notes, err := follow.Write(s, host)
//		…
//	}
package follow

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/checkout"
	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/environ"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// file is the env file that docker compose reads in the project's folder.
func file(s *stack.Stack) string { return filepath.Join(s.Project.Dir, ".env") }

// Has reports that the project has a block.
func Has(s *stack.Stack) bool {
	src, err := tree.ReadIf(file(s), tree.MaxFile)
	return err == nil && dotenv.Has(src)
}

// Refused is why no block may be written, and what to do; nil when it may.
func Refused(s *stack.Stack) error {
	path, environ := file(s), s.Tree().Environ
	src, unread := tree.ReadIf(path, tree.MaxFile)
	_, broken := dotenv.Cut(src)
	switch reason := s.Bounds.Refuses(path); {
	case reason != "":
		return say.Failf("make it a file of the repository", "%s: %s, and no block is written there", path, reason)
	case unread != nil:
		return say.Failf("mend it or move it away", "%s: %s", path, say.Cause(unread))
	case broken != nil:
		return say.Failf(say.Of(broken).Hint, "%s: %s", path, broken)
	case tree.InGit(path) && tree.GitTracked(path, environ):
		return say.Failf("take it out of Git, as with git rm --cached .env, and ignore it: a line .env in .gitignore", "%s: is tracked by Git, and no block is written there", path)
	case tree.InGit(path) && !tree.GitIgnored(path, environ):
		return say.Failf(`ignore it: a line .env in .gitignore, or for this clone alone echo .env >>"$(git rev-parse --git-path info/exclude)"`, "%s: is not ignored by Git, and no block is written there", path)
	}
	return nil
}

// Write writes the block as the project is now, with override files besides its own. Host is
// the machine that the engine is on; "" for this one. The notes say what people have set
// themselves.
func Write(s *stack.Stack, host string, overrides ...string) (notes []say.Problem, err error) {
	if err := Refused(s); err != nil {
		return nil, err
	}
	values, err := workspace.Derived(s.Workspace, s.Project)
	if err != nil {
		return nil, err
	}
	return notes, stack.Locked(s, func() error {
		src, err := tree.ReadIf(file(s), tree.MaxFile)
		if err != nil {
			return err
		}
		derived, left := environ.Derived(stack.Planned(s, host), values)
		b := block{Stack: s, src: src}
		b.add(true, settings(s, overrides)...)
		b.add(true, ports(s)...)
		b.add(false, derived...)
		for _, p := range left { // it has a port once the service runs
			p.Kind = say.Note
			b.notes = append(b.notes, p)
		}
		notes = b.notes
		out, err := dotenv.Put(src, b.variables)
		if err != nil || bytes.Equal(src, out) {
			return err
		}
		return rewrite.Write(s.Bounds, file(s), out)
	})
}

// settings are what says to docker compose which project it is.
func settings(s *stack.Stack, overrides []string) []dotenv.Variable {
	d := checkout.DotEnvOf(s, overrides...)
	variables := []dotenv.Variable{{Name: "COMPOSE_PROJECT_NAME", Value: s.Project.Name}}
	if d.Files != nil {
		if d.Separator != string(filepath.ListSeparator) {
			variables = append(variables, dotenv.Variable{Name: "COMPOSE_PATH_SEPARATOR", Value: d.Separator})
		}
		variables = append(variables, dotenv.Variable{Name: "COMPOSE_FILE", Value: strings.Join(d.Files, d.Separator)})
	}
	return variables
}

// ports are the variables of the host ports: those that are assigned, and those that an
// env file pins, which docker compose by itself may not read.
func ports(s *stack.Stack) []dotenv.Variable {
	variables := stack.Variables(s)
	for _, u := range s.Wanted() {
		if u.Var != "" && u.Source == allocate.EnvFile && !u.Want.Zero() {
			variables = append(variables, dotenv.Variable{Name: u.Var, Value: u.Want.String()})
		}
	}
	slices.SortFunc(variables, func(a, b dotenv.Variable) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(variables, func(a, b dotenv.Variable) bool { return a.Name == b.Name })
}

// block is what will be written, and what is said of it.
type block struct {
	*stack.Stack

	src       []byte
	variables []dotenv.Variable
	notes     []say.Problem
}

// add adds variables but for those that people have set. What isolates a checkout is added
// all the same, and counts where it stands behind theirs.
func (b *block) add(isolates bool, variables ...dotenv.Variable) {
	theirs, _, invalid := variable.ParseFile(file(b.Stack), b.src, variable.Unset)
	begins := bytes.Index(b.src, []byte(dotenv.Begin))
	for _, v := range variables {
		value, set := theirs.Vars[v.Name]
		if invalid != nil || !set {
			b.variables = append(b.variables, v)
			continue
		}
		start := theirs.Line(v.Name).Start
		line, _ := theirs.File.Position(start)
		p := say.Problem{Kind: say.Note, Place: fmt.Sprintf("%s:%d", file(b.Stack), line)}
		switch {
		case !isolates || b.Isolation == nil:
			p.Message, p.Hint = v.Name+" is set here, and stays as it is", "remove the line to have Portmoor say it"
		case begins >= 0 && start > begins:
			b.variables = append(b.variables, v)
			p.Message, p.Hint = v.Name+" is set here, and docker compose by itself takes that for this checkout too", "move the line before the block, or remove it"
		default:
			b.variables = append(b.variables, v)
			p.Message = v.Name + " is set here; in this checkout the block's counts"
		}
		if value != v.Value {
			b.notes = append(b.notes, p)
		}
	}
}

// Remove takes the block out of the project's .env, and removes one that had nothing else.
// It fails where it may not be written.
func Remove(s *stack.Stack) error {
	if !Has(s) {
		return nil
	}
	if err := Refused(s); err != nil {
		return err
	}
	return stack.Locked(s, func() error {
		src, err := tree.ReadIf(file(s), tree.MaxFile)
		if err != nil {
			return err
		}
		out, err := dotenv.Cut(src)
		switch {
		case err != nil || bytes.Equal(src, out):
			return err
		case len(out) == 0:
			return rewrite.Remove(s.Bounds, file(s))
		}
		return rewrite.Write(s.Bounds, file(s), out)
	})
}
