package stack

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"slices"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack/isolate"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// header tells an override file from one that somebody else has written.
const header = "# Host ports that portmoor found free on this machine; portmoor detect --override writes it.\n"

// MayOverride refuses to write over a file that detect has not written.
func (s *Stack) MayOverride(path string) error {
	if err := s.MayCreate(path, workspace.OverrideRole); err != nil {
		return err
	}
	ours, err := isOverride(tree.Absolute(s.Dir, path)[0])
	switch {
	case ours || errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return say.Usagef("name a new file", "%s: exists already, and can't be read: %s", say.Visible(path), say.Cause(err))
	}
	return say.Usagef("name a new file", "%s: exists already, and was not written by portmoor detect --override", say.Visible(path))
}

// isOverride reports a file that detect has written. The error says why it can't be
// read.
func isOverride(path string) (bool, error) {
	src, err := tree.Read(path, tree.MaxFile)
	return bytes.HasPrefix(src, []byte(header)), err
}

// overridden is the file that has moved a literal; "" for none.
func overridden(s *Stack, u allocate.Unit, before allocate.Assignment) string {
	switch {
	case u.Var != "":
		return ""
	case s.options.Override == "":
		return before.Override
	}
	return tree.Absolute(s.Dir, s.options.Override)[0]
}

// WriteOverride writes a compose file that moves the ports of services whose files
// one does not own, and returns the files of the project with it, as people name
// them. When no number has to move there are none, and one that was written before is
// removed. The file replaces the lists of ports, since a list that is only added to
// would bind the old ports as well; so it repeats what does not move.
func (s *Stack) WriteOverride(path string, outcomes []allocate.Outcome) (named []string, removed bool, err error) {
	abs := tree.Absolute(s.Dir, path)[0]
	moved := map[string]ports.Range{} // by key
	stuck := false
	for _, o := range outcomes {
		stuck = stuck || o.Problem != "" && o.Unit.Var == ""
		if o.Problem == "" && o.Unit.Var == "" && o.Ports != s.mappingsOf[o.Unit.Key][0].HostPort.Ports {
			moved[o.Unit.Key] = o.Ports
		}
	}
	if len(moved) == 0 && (stuck || !tree.Exists(abs)) {
		return nil, false, nil
	}
	if err := s.MayOverride(path); err != nil {
		return nil, false, err
	}
	if len(moved) == 0 {
		if err := rewrite.Remove(s.Bounds.And(abs), abs); err != nil {
			return nil, false, say.Failf("remove it: its ports are not assigned any more", "%s: can't be removed", abs)
		}
		return nil, true, nil
	}
	files := slices.DeleteFunc(slices.Clone(s.Project.Group.Files), func(f string) bool { return f == abs })
	o, err := isolate.Plan{Header: header, To: func(m compose.Mapping) ports.Range { return moved[s.names.AssignmentKey(&m)] }}.Override(s.Project, files, abs)
	if err != nil {
		p := say.Of(err)
		p.Hint = cmp.Or(p.Hint, "to see why: "+s.About.Docker("config"))
		return nil, false, p
	}
	if err := rewrite.Write(s.Bounds.And(abs), abs, o.Text); err != nil {
		return nil, false, err
	}
	return lists.Map(append(files, abs), s.Show), false, nil
}

// Moved tells where an override has to move a literal host port, since another one was
// assigned; zero for one that stays, and for a variable, which the env file sets.
func Moved(s *Stack) func(compose.Mapping) ports.Range {
	return func(m compose.Mapping) ports.Range {
		i := unitOf(s, &m)
		if i < 0 || s.units[i].Var != "" || !s.units[i].Movable || s.units[i].Want == m.HostPort.Ports {
			return ports.Range{}
		}
		return s.units[i].Want
	}
}
