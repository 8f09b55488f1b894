// Package setup is what a repository needs once: the configuration, what Git should
// ignore, and where they are wanted targets for make, the hook of pre-commit, a
// baseline, what agents should know, and a hook of Git for new worktrees.
//
// The model: [Plan] reads the files that there are and says what each is to hold;
// nothing is written. What is there is added to and never changed, so that after the
// plan is written the next one is empty.
//
//	files, err := setup.Plan(root, w, setup.Options{Make: true})
package setup

import (
	"bytes"
	"slices"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Options widen the plan. The zero value is the configuration, and what Git should
// ignore where there is a Git repository.
type Options struct {
	// Make also plans targets for make.
	Make bool
	// PreCommit also plans the hook of pre-commit.
	PreCommit bool
	// Baseline also plans a baseline, where lint would fail.
	Baseline bool
	// Agents also plans a section in AGENTS.md that tells agents how to find ports.
	Agents bool
	// Worktree also plans a hook of Git that finds ports for a new worktree.
	Worktree bool
	// EnvFiles are those, absolute, that the configuration is to list.
	EnvFiles []string
}

// File is what becomes of one file.
type File struct {
	// Path is absolute; Said is what to tell of the file, in one line or more.
	Path, Said string
	// Before is what it holds, nil where it is not there; After is what it is to hold,
	// nil to leave it as it is.
	Before, After []byte

	asked bool // for by name, wherever it is
}

// Outputs are what a plan writes, and the bounds for it: those of the workspace, and the
// hook of Git where it was asked for.
func Outputs(w *workspace.Workspace, plan []File) (outputs []rewrite.Output, bounds tree.Bounds) {
	bounds = w.Bounds
	for _, f := range plan {
		if f.After != nil {
			outputs = append(outputs, rewrite.Output{Path: f.Path, Before: f.Before, After: f.After})
		}
		if f.asked {
			bounds = bounds.And(f.Path)
		}
	}
	return outputs, bounds
}

// Plan is what is missing below the root of a repository, file by file. The workspace is
// the root's, or that of the folder that has the configuration. The error is about a file
// that can't be read, or that is outside of the workspace's bounds.
func Plan(root string, w *workspace.Workspace, o Options) ([]File, error) {
	settled := *w
	p := &planner{root: root, w: &settled, options: o}
	p.settle()
	steps := []func() error{p.baseline, p.configuration}
	if tree.InGit(root) {
		steps = append(steps, p.ignoreLines)
	}
	if o.PreCommit {
		steps = append(steps, p.hook)
	}
	if o.Make {
		steps = append(steps, p.targets)
	}
	if o.Agents {
		steps = append(steps, p.agents)
	}
	if o.Worktree {
		steps = append(steps, p.checkoutHook)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return p.files, nil
}

type planner struct {
	root    string
	w       *workspace.Workspace
	options Options
	files   []File
	known   string // the baseline, as the configuration names it; "" for none
	called  []config.Project
}

// read is what a file holds, nil where it is not there.
func (p *planner) read(path string) ([]byte, error) {
	if reason := p.w.Bounds.Refuses(path); reason != "" {
		return nil, say.Failf("nothing was written", "%s: %s, which is not written", path, reason)
	}
	src, err := tree.ReadIf(path, tree.MaxFile)
	if err != nil {
		return nil, say.Failf("nothing was written", "%s: can't be read: %s", path, say.Cause(err))
	}
	return src, nil
}

func (p *planner) write(path string, before, after []byte, said string) error {
	p.files = append(p.files, File{Path: path, Said: said, Before: before, After: after})
	return nil
}

// keep leaves a file as it is.
func (p *planner) keep(path, said string) error { return p.write(path, nil, nil, said) }

// ended is text that ends with a line break, unless it is empty.
func ended(src []byte) []byte {
	if len(src) > 0 && src[len(src)-1] != '\n' {
		return slices.Concat(src, []byte("\n"))
	}
	return bytes.Clone(src)
}
