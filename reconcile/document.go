package reconcile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Document is the file of a plan.
type Document struct {
	Path string // as the user has it
	// About is what the plan is about, which commands that carry it out name again.
	About workspace.Request
}

// Arguments are what follows --plan or --apply in a command about the document,
// for a shell.
func (d Document) Arguments() string {
	return strings.TrimSpace(say.Words(say.Paths(d.Path)) + " " + d.About.Command().Searching())
}

// Command is a command about the document, with --plan or --apply and what follows,
// for a shell.
func (d Document) Command(flag string, more ...string) string {
	return d.About.Command().Portmoor("reconcile", slices.Concat([]string{flag}, say.Paths(d.Path), more)...)
}

// Save writes a plan. A document that says the same, whenever it was written, keeps
// its bytes. One that people have changed or that has been carried out, and a file
// that is no plan or that is something else to the workspace, are errors, and stay.
func (d Document) Save(w *workspace.Workspace, p plan.Plan) error {
	if err := w.MayCreate(d.Path, workspace.PlanRole); err != nil {
		return err
	}
	before, err := d.read()
	if err != nil {
		return err
	}
	if before != nil {
		old, err := plan.Parse(before)
		switch {
		case err != nil || old.Edited:
			return say.Failf("name another file, or remove it", "%s: was changed by hand, and is not overwritten", d.Path)
		case slices.ContainsFunc(p.Services, func(s plan.Service) bool {
			return slices.ContainsFunc(old.Moves(), func(m plan.Row) bool { return m.Service == s.Name && m.New == s.Port.Port })
		}):
			return say.Failf("name another file, or remove it", "%s: records a plan that has been carried out, and is not overwritten", d.Path)
		}
		again := p
		again.Date = old.Date
		if doc, err := again.Markdown(d.Arguments()); err == nil && bytes.Equal(doc, bytes.ReplaceAll(before, []byte("\r\n"), []byte("\n"))) {
			return nil
		}
	}
	after, err := p.Markdown(d.Arguments())
	if err != nil {
		return err
	}
	if _, err := rewrite.WriteAll(tree.Bounds{}.And(d.Path), []rewrite.Output{{Path: d.Path, Before: before, After: after}}); err != nil {
		return say.Failf("nothing was written", "%s", err)
	}
	return nil
}

// Open reads what a plan says is to be done. An error about its text names the
// line.
func (d Document) Open() (plan.Decided, error) {
	src, err := d.read()
	if err == nil && src == nil {
		err = say.Usagef("to write one: "+d.Command("--plan"), "%s: no such file", d.Path)
	}
	if err != nil {
		return plan.Decided{}, err
	}
	decided, err := plan.Parse(src)
	if err != nil {
		p := say.Of(err)
		if p.Place == "" {
			p.Place = d.Path
		} else {
			p.Place = d.Path + ":" + p.Place
		}
		err = p
	}
	return decided, err
}

// read reads the file, nil when it does not exist.
func (d Document) read() ([]byte, error) {
	info, err := os.Stat(d.Path)
	var src []byte
	if err == nil && info.Mode().IsRegular() {
		src, err = tree.Read(d.Path, tree.MaxFile)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, say.Failf("", "%s: %s", d.Path, say.Cause(err))
	case !plan.Is(src):
		return nil, say.Usagef("name another file; this one is not overwritten", "%s: is not a plan", d.Path)
	}
	return src, nil
}
