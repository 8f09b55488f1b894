package stack

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack/bindable"
	"github.com/portmoor/portmoor/tree"
)

// Check is what Detect would find, without a change: what it would move is a problem
// of the outcome.
func (s *Stack) Check(e Engine) (outcomes []allocate.Outcome, err error) {
	if err := s.refuseElsewhere(e.Containers, e.Remote); err != nil {
		return nil, err
	}
	r, machine := round{s, e}, s.machine(e)
	r.setHas()
	options := r.choices(s.units)
	apart := allocate.Assign(s.units, machine, options) // as they would be for every profile
	options.Together = func(a, b int) bool { return together(s, s.units[a], s.units[b], true) }
	outcomes = allocate.Assign(s.units, machine, options)
	for i := range outcomes {
		o := &outcomes[i]
		if !o.Moved && o.Problem == "" {
			if other := apart[i]; other.Moved {
				o.Owner, o.Hint = other.Owner, "to give each a port of its own: "+s.About.Portmoor("detect")
				o.Note = fmt.Sprintf("port %s is that of service %s too, which another profile starts", o.Unit.Want, other.Owner.Name)
			}
			continue
		}
		if o.Moved { // here it is what stops the project
			o.Moved, o.Ports, o.Hint = false, ports.Range{}, "to move it: "+s.About.Portmoor("detect")+"; or stop whatever holds it"
		}
		o.Problem = cmp.Or(o.Unit.Unfit, fmt.Sprintf("port %s is %s", o.Unit.Want, o.Owner.Has()))
	}
	return outcomes, nil
}

// Notable are the outcomes of a check as people are told of them: what stops services
// that are not started is a note.
func Notable(s *Stack, outcomes []allocate.Outcome) []allocate.Outcome {
	told := slices.Clone(outcomes)
	for i, o := range told {
		if o.Problem != "" && !s.StartsAny(o.Unit.Services) {
			profiles := lists.Flat(o.Unit.Services, func(name string) []string { return s.services[name].Profiles })
			slices.Sort(profiles)
			told[i].Note, told[i].Problem = o.Problem+", and only profile "+say.Or(s.Project.Written(slices.Compact(profiles)...))+" starts it", ""
		}
	}
	return told
}

// Looked says what Check has looked at: the ports of which services can be bound, those
// that are started first, then those of every other profile, and of which services
// nothing is known.
func (s *Stack) Looked(outcomes []allocate.Outcome) (lines []string) {
	started, others := bindable.Count{}, map[string]*bindable.Count{}
	for i := range outcomes {
		for _, name := range outcomes[i].Unit.Services {
			if s.Starts(name) {
				started.Add(&outcomes[i], name)
				continue
			}
			for _, profile := range s.services[name].Profiles {
				if others[profile] == nil {
					others[profile] = &bindable.Count{}
				}
				others[profile].Add(&outcomes[i], name)
			}
		}
	}
	lines = append(lines, started.Line(" of project "+s.Project.Name))
	for _, profile := range slices.Sorted(maps.Keys(others)) {
		lines = append(lines, "profile "+s.Project.Written(profile)[0]+": "+others[profile].Line(""))
	}
	var idle []string
	for _, svc := range s.Project.Services {
		if svc.Scale == 0 && slices.ContainsFunc(s.Project.Mappings, func(m compose.Mapping) bool { return m.Service == svc.Name && m.Dropped == compose.Published }) {
			idle = append(idle, svc.Name+" (scaled to 0)")
		}
	}
	if len(idle) > 0 {
		lines = append(lines, "not started, so that their ports may be held: "+strings.Join(idle, ", "))
	}
	return lines
}

// Plain says which ports Compose takes by itself where those that were looked
// at are others, "" where they are the same.
func Plain(s *Stack, outcomes []allocate.Outcome) string {
	read := []string{filepath.Join(s.Project.Dir, ".env")}
	if len(s.About.Compose.Files) == 0 { // it is found from here, whose own is read too
		read = append(read, filepath.Join(s.Dir, ".env"))
	}
	if named := s.Environ()["COMPOSE_ENV_FILES"]; named != "" {
		read = tree.Absolute(s.Dir, strings.Split(named, ",")...)
	}
	remembered := map[string]string{} // in what is our own, which pins nothing here
	for _, path := range read {
		src, _ := tree.ReadIf(path, tree.MaxFile)
		maps.Copy(remembered, variable.Kept(src, path == s.PortsEnvFile(s.Project)))
	}
	var others []string
	for _, o := range outcomes {
		plain := s.Project.Under(read, s.mappingsOf[o.Unit.Key][0])
		if text, set := remembered[o.Unit.Var]; set && s.Environ()[o.Unit.Var] == "" {
			plain, _ = ports.Parse(text) // zero is none
		}
		if o.Unit.Var != "" && plain != o.Unit.Want && s.StartsAny(o.Unit.Services) {
			others = append(others, fmt.Sprintf("%s for %s instead of %s", cmp.Or(plain.String(), "none"), o.Unit.Key, cmp.Or(o.Unit.Want.String(), "none")))
		}
	}
	if len(others) == 0 {
		return ""
	}
	return "Compose by itself takes other ports: " + say.And(say.First(others))
}
