package stack

import (
	"context"
	"fmt"
	"slices"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack/model"
	"github.com/portmoor/portmoor/stack/others"
)

// Taken are the names of containers, networks and volumes that the next start would
// use, though another project has them. Findings stop the start, of which otherwise
// half of the containers would be there, or would share what they should not; notes
// do not. Of networks and volumes nothing is said where the engine does not list them.
func Taken(ctx context.Context, s *Stack, engine *docker.Engine, containers []docker.Container) (problems []say.Problem) {
	names := others.Names(s.Project, s.Starts, func(svc compose.Service) int { return model.Scaled(svc, s.options.UpArgs) })
	of := func(kind others.Kind) []string {
		mine := lists.Only(names, func(n others.Name) bool { return n.Kind == kind })
		return lists.Map(mine, func(n others.Name) string { return n.Value })
	}
	there := map[others.Kind][]docker.Resource{}
	if networks, err := engine.Networks(ctx, of(others.Network)); err == nil {
		there[others.Network] = networks
	}
	if volumes, err := engine.Volumes(ctx, of(others.Volume)); err == nil {
		there[others.Volume] = volumes
	}
	for _, c := range others.Conflicts(s.Project.Name, names, containers, there) {
		c.Problem.Place = s.Place(c.File, c.Span)
		problems = append(problems, c.Problem)
	}
	return problems
}

// Stale are notes about the values in environments, build arguments, labels and env
// files that name the host port of something that has moved, so that they lead to
// whoever has that port now. Each place is there once.
func Stale(s *Stack, outcomes []allocate.Outcome) (notes []say.Problem) {
	moved := lists.Map(lists.Only(outcomes, func(o allocate.Outcome) bool { return o.Moved }), func(o allocate.Outcome) others.Move {
		return others.Move{From: o.Unit.Want, To: o.Ports, Var: o.Unit.Var, Mappings: s.mappingsOf[o.Unit.Key]}
	})
	if len(moved) == 0 {
		return nil
	}
	settings := slices.DeleteFunc(s.Project.Settings(), func(v compose.Setting) bool { return v.File.Path == s.envPath() })
	for _, m := range others.Mentions(s.Project, settings, moved, allocate.ThisMachine()) {
		of := ""
		if m.Service != "" {
			of = " of service " + m.Service
		}
		notes = append(notes, say.Problem{
			Kind: say.Note, Place: s.Place(m.File, m.Number), Hint: m.Hint(),
			Message: fmt.Sprintf("%s%s still has port %d, which is %d now", m.Name, of, m.Old, m.Now),
		})
	}
	return notes
}
