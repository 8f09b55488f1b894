// Package stack is one compose project on this machine: which host ports it wants,
// which it was assigned, which Docker has bound, and what docker compose needs to
// start it there.
//
// The model: a [Stack] joins a project with what is remembered of it. What each of
// its ports should be is one law ([Stack.Wanted]); who else has a port is what an
// [Engine] says, a fact that is asked for once by whoever calls. Methods that only
// tell read without a lock; [Stack.Detect], [Stack.Choose], [Stack.Forget] and
// [Stack.WriteEnv] decide without one too, and take the lock of the ledger to write.
// Where another run was faster they decide again.
//
//	w, p, err := workspace.OpenOne(request)
//	s, err := stack.Open(w, p, stack.Options{Access: stack.Writing})
//	outcomes, err := s.Detect(engine, false)
package stack

import (
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack/model"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Stack is one project with what is remembered of it.
type Stack struct {
	*workspace.Workspace

	Project *compose.Project

	options    Options
	names      strategies.Names
	paths      allocate.Paths
	store      *allocate.Store
	table      *allocate.Table // while something is changed, which may take several tries
	units      []allocate.Unit
	mappingsOf map[string][]*compose.Mapping // those that a unit is for, by its key
	unitOf     map[*compose.Mapping]int      // by mapping; none where Docker picks its port
	services   map[string]compose.Service
	made       []string // files that were not there before
	started    []string // the services that are started; nil for those that profiles start
}

// Access is what a command is about to do with what is remembered.
type Access int

// The ways of access.
const (
	Reading   Access = iota // change nothing: no lock is taken
	Writing                 // change it, under the lock
	Resetting               // also put aside a ports file that can't be read
)

// Options are what Open is told. The zero value reads.
type Options struct {
	Access Access
	// Override is the file that overrides the ports of services, into which literals may
	// move too; "" for none.
	Override string
	// Swarm reports that the project is asked for as a stack of a swarm.
	Swarm bool
	// UpArgs are the arguments of docker compose up, of which those that are no flags
	// name the services that are started; none for all that the profiles start.
	UpArgs []string
}

// Open joins a project with what is remembered of it. It fails where docker compose
// would refuse the project or the arguments, and where what is remembered can't be
// read or, with access to write, may not be written.
func Open(w *workspace.Workspace, p *compose.Project, o Options) (*Stack, error) {
	s := &Stack{Workspace: w, Project: p, options: o}
	if i := w.Isolation; i != nil {
		s.options.Override = i.Override() // it moves literals
	}
	s.services = lists.By(p.Services, func(svc compose.Service) string { return svc.Name })
	s.names = rewrite.NewFamilies(slices.Concat(w.Projects, w.Neighbours), rewrite.FamilyOptions{Remembered: w.Remembered}).Names(p)
	if err := refuseInvalid(s); err != nil {
		return nil, err
	}
	var err error
	if s.paths, err = findPaths(s); err != nil {
		return nil, err
	}
	if s.started, err = model.Started(p, o.UpArgs, s.Knows); err != nil {
		return nil, err
	}
	if o.Access != Reading {
		if err := writable(s, s.envPath()); err != nil {
			return nil, err
		}
	}
	return s, s.read()
}

// read reads what is remembered, and works out what is wanted.
func (s *Stack) read() (err error) {
	if s.store, err = allocate.Read(s.paths); err != nil {
		return allocate.Explain(err)
	}
	s.gather()
	return nil
}

// change decides about what is remembered, and then writes it, as [allocate.Change] does.
func change(s *Stack, c allocate.Change) error {
	s.table = &allocate.Table{}
	defer func() { s.table = nil }()
	c.Table, c.Before = s.table, s.store
	c.Read = func(store *allocate.Store) {
		s.store = store
		s.gather()
	}
	decide := c.Decide
	c.Decide = func() error {
		if !s.store.Ours(keysOf(s)) {
			return say.Failf("move it away, or name another as ports_file in .portmoor.yaml; nothing was written", "%s: was not written by portmoor", s.paths.Ports)
		}
		return decide()
	}
	absent := slices.DeleteFunc([]string{s.paths.Ports, s.envPath()}, tree.Exists)
	err := c.Do(s.paths)
	s.made = append(s.made, slices.DeleteFunc(absent, func(path string) bool { return !tree.Exists(path) })...)
	return err
}

// keysOf are those of the project's ports.
func keysOf(s *Stack) []string {
	return lists.Map(s.units, func(u allocate.Unit) string { return u.Key })
}

// save writes what is remembered, and the env file for Compose.
func (s *Stack) save() error {
	if err := s.store.Save(); err != nil {
		return allocate.Explain(err)
	}
	return s.writeEnv()
}

// Notes are what should be known of the last change, though it was made; none of a nil
// Stack.
func (s *Stack) Notes() []say.Problem {
	if s == nil || s.store == nil {
		return nil
	}
	return s.store.Notes()
}

// Unignored are the files that this run has made in a Git repository and that Git does
// not ignore, though they are of this machine alone; nil for none.
func Unignored(s *Stack) []string {
	return slices.DeleteFunc(slices.Clone(s.made), func(path string) bool {
		own := s.Isolation != nil && slices.Contains(s.Isolation.Own(), path)
		return own || !tree.InGit(path) || tree.GitIgnored(path, s.Tree().Environ)
	})
}

// findPaths are where the project's ports and the machine's ledger are.
func findPaths(s *Stack) (allocate.Paths, error) {
	ledger, err := workspace.Ledger(s.Dir, s.Environ())
	if err != nil {
		return allocate.Paths{}, err
	}
	file, identity := s.PortsFile(s.Project), s.Project.Name
	checkout := tree.Resolved(s.Project.Dir)
	if rel, err := filepath.Rel(s.Project.Dir, file); err == nil {
		identity += " " + filepath.ToSlash(rel)
	}
	return allocate.Paths{Ports: file, Bounds: s.PortsBounds(), Ledger: ledger, Checkout: checkout, Project: identity, Forgiving: s.options.Access == Resetting}, nil
}
