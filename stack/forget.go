package stack

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Forgotten is what was forgotten of a project.
type Forgotten struct {
	allocate.Forgotten

	Name string
	// About is what the project's commands are about; nil where none finds it, since its
	// compose file is gone.
	About *say.About
	// Isolated reports that the checkout was isolated, and nothing is left of its ports.
	Isolated bool
	// Left are files that still have the ports.
	Left []string
}

// Detect is the command that remembers again what a copy of the ports file says, for a
// shell in a folder. An override file is made as it was.
func (f Forgotten) Detect(dir string) string {
	var words []string
	for _, path := range f.Overrides[:min(len(f.Overrides), 1)] {
		words = append(words, "--override", say.Path(filepath.Join(dir, filepath.FromSlash(f.About.In)), path))
	}
	return f.About.Portmoor("detect", words...)
}

// Forget forgets the project's ports, but for those chosen by hand where they are
// kept, and leaves a copy beside the ports file.
func (s *Stack) Forget(keepManual bool) (done Forgotten, err error) {
	done = Forgotten{Name: s.Project.Name, About: &s.About}
	defer func() { done.Isolated = err == nil && s.Isolation != nil && len(s.store.Assigned) == 0 }()
	err = change(s, allocate.Change{Decide: func() error {
		done.Forgotten = s.store.Forget(keysOf(s), keepManual)
		return nil
	}, Write: func() error { return forgotten(s, &done, s.envPath(), s.save) }})
	return done, err
}

// forgotten writes what is left.
func forgotten(s *Stack, done *Forgotten, env string, save func() error) (err error) {
	if done.Some() {
		if done.Backup, err = s.store.Backup(); err != nil {
			return allocate.Explain(err)
		}
	}
	// Also with nothing to forget there may be claims, where somebody has removed the file.
	if env != "" {
		if err := rewrite.Remove(s.Bounds, env); err != nil {
			return err
		}
	}
	done.Overrides = slices.DeleteFunc(done.Overrides, func(path string) bool { ours, err := isOverride(path); return !ours || err != nil })
	done.Left = append(done.Left, done.Overrides...)
	return save()
}

// ForgetRest forgets the ports that the ledger has of a folder, and below it, and that
// no project of a workspace has: of projects that were called otherwise, or whose
// compose files are gone. What is in other repositories is not touched, nor what is in
// the folders that are left out. What could not be forgotten is an error.
func ForgetRest(w *workspace.Workspace, environ map[string]string, folder string, leave []string, keepManual bool) (all []Forgotten, notes []say.Problem, errs []error) {
	ledger, err := workspace.Ledger(w.Dir, environ)
	if err != nil {
		return nil, nil, []error{err}
	}
	checkouts, err := workspace.Checkouts(w.Dir, environ)
	if err != nil {
		return nil, nil, []error{err}
	}
	folder = tree.Resolved(folder)
	known, err := allocate.Below(ledger, folder)
	if err != nil {
		return nil, nil, []error{err}
	}
	for _, paths := range known {
		if tree.Nested(folder, filepath.Join(paths.Checkout, "compose.yaml")) || slices.ContainsFunc(leave, func(dir string) bool { return tree.Same(dir, paths.Checkout) }) {
			continue
		}
		paths.Bounds = w.Bounds
		if tree.Within(checkouts, paths.Ports) {
			paths.Bounds = paths.Bounds.And(paths.Ports, paths.Ports+".bak")
		}
		s := &Stack{Workspace: w, paths: paths}
		done, err := forgetRest(s, keepManual)
		notes = append(notes, s.Notes()...)
		if err != nil {
			errs = append(errs, err)
		} else if done.Some() {
			all = append(all, done)
		}
	}
	return all, notes, errs
}

// forgetRest forgets the ports of a project of which only its paths are known.
func forgetRest(s *Stack, keepManual bool) (done Forgotten, err error) {
	dir := s.paths.Checkout
	done.Name, _, _ = strings.Cut(s.paths.Project, " ")
	found, named := s.FilesOf(dir, done.Name)
	env := named[1]
	_, there := discover.ByName(dir)
	if !there && !tree.Exists(env) {
		env = found[1]
	}
	if there {
		done.About = &say.About{Ours: say.Flags{Name: done.Name}}
		if dir != tree.Resolved(s.Dir) {
			done.About.In = s.Show(dir)
		}
		if s.paths.Ports != named[0] {
			done.About.Ours.PortsFile = say.Path(dir, s.paths.Ports)
		}
	}
	if err := writable(s, env); err != nil {
		return done, err
	}
	err = allocate.Change{Table: &allocate.Table{}, Read: func(store *allocate.Store) { s.store = store }, Decide: func() error {
		done.Forgotten = s.store.Forget(nil, keepManual)
		return nil
	}, Write: func() error {
		if done.Left = nil; len(s.store.Assigned) > 0 { // whose variables are not known
			if done.Some() && tree.Exists(env) {
				done.Left = []string{env}
			}
			env = ""
		}
		return forgotten(s, &done, env, s.store.Save)
	}}.Do(s.paths)
	return done, err
}
