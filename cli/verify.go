package cli

import (
	"errors"
	"runtime"
	"slices"
	"sync"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/rewrite"
)

// verify applies the plan in memory and holds every file and every project
// against what it was. One that is not as planned stops the run.
func (c *commands) verify(w *workspace, m *migration) error {
	after := map[string][]byte{}
	var errs []error
	for _, f := range m.Files() {
		src, err := rewrite.Apply(f.Src, m.Edits(f.Path))
		if err == nil {
			err = rewrite.VerifyTree(f, src, m.Changes)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		after[f.Path] = src
		m.outputs = append(m.outputs, rewrite.Output{Path: f.Path, Before: f.Src, After: src})
	}
	uncompared, failures := verifyModels(w.projects, after, m.Changes)
	for _, p := range uncompared {
		if slices.ContainsFunc(p.Files, func(f *compose.File) bool { return after[f.Path] != nil }) {
			c.say(w.show(p.Group.Files[0])+": compose-go can't load this project as it stands, so the result is verified as YAML only", "")
		}
	}
	return w.unverified(append(errs, failures...))
}

var errUncompared = errors.New("not compared")

// verifyModels compares projects before and after as compose-go sees them. It
// returns those that compose-go can't load, and what is not as planned.
func verifyModels(projects []*compose.Project, after map[string][]byte, changes []rewrite.Change) (uncompared []*compose.Project, failures []error) {
	errs := inParallel(projects, func(p *compose.Project) error {
		compared, err := rewrite.VerifyModel(p, after, changes)
		if err == nil && !compared {
			return errUncompared
		}
		return err
	})
	for i, err := range errs {
		switch {
		case errors.Is(err, errUncompared):
			uncompared = append(uncompared, projects[i])
		case err != nil:
			failures = append(failures, err)
		}
	}
	return uncompared, failures
}

// unverified is the failure of a run whose result is not what was planned, nil
// when every error is nil.
func (w *workspace) unverified(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return problem{exitFailure, w.shorten(err.Error()), "nothing was written; this is a bug in portmoor, please report it with the file"}
		}
	}
	return nil
}

// inParallel calls a function on every item, as many at a time as there are
// processors, and returns the errors in the items' order.
func inParallel[T any](items []T, call func(T) error) []error {
	errs := make([]error, len(items))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(items)) {
		wg.Go(func() {
			for i := range next {
				errs[i] = call(items[i])
			}
		})
	}
	for i := range items {
		next <- i
	}
	close(next)
	wg.Wait()
	return errs
}
