package cli

import (
	"errors"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// verify applies the plan in memory and holds every file and every project
// against what it was. One that is not as planned stops the run.
func (c *program) verify(w *space, m *migration) error {
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
	uncompared, failures := verifyModels(w.Projects, after, m.Changes)
	for _, p := range uncompared {
		c.say(w.Show(p.Group.Files[0])+": compose-go can't load this project as it stands, or not in time: the result is verified as YAML only", "")
	}
	return w.unverified(append(errs, failures...))
}

var errUncompared = errors.New("not compared")

// verifyModels compares the projects that change before and after, as compose-go
// sees them. It returns those that it can't load, and what is not as planned.
func verifyModels(projects []*compose.Project, after map[string][]byte, changes []rewrite.Change) (uncompared []*compose.Project, failures []error) {
	errs := make([]error, len(projects))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range projects {
		if !slices.ContainsFunc(p.Files, func(f *source.File) bool { return after[f.Path] != nil }) {
			continue
		}
		g.Go(func() error {
			compared, err := rewrite.VerifyModel(p, after, changes)
			if err == nil && !compared {
				err = errUncompared
			}
			errs[i] = err
			return nil
		})
	}
	_ = g.Wait()
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
func (w *space) unverified(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return say.Failf("nothing was written; this is a bug in portmoor, please report it with the file", "%s", err)
		}
	}
	return nil
}
