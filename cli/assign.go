package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

func (c *commands) assign() *cli.Command {
	return &cli.Command{
		Name:        "assign",
		Usage:       "give a service a host port by hand; it is never moved",
		ArgsUsage:   "SERVICE[:PORT] N",
		Description: "SERVICE:PORT names the container port of a service that has several.",
		Flags:       oneProjectFlags(&cli.BoolFlag{Name: "force", Usage: "also when the port is reserved or held", DisableDefaultText: true}),
		Action:      c.runAssign,
	}
}

func (c *commands) runAssign(ctx *cli.Context) error {
	if ctx.Args().Len() != 2 {
		return say.Usagef("write portmoor assign SERVICE[:PORT] N", "portmoor assign: want a service and a port")
	}
	port, err := strconv.Atoi(ctx.Args().Get(1))
	if err != nil || port < 1 || port > 65535 {
		return say.Usagef("choose one from 1 to 65535", "portmoor assign: %q is not a port", ctx.Args().Get(1))
	}
	s, err := c.openStack(ctx, assigning)
	if err != nil {
		return err
	}
	defer s.store.Close() //nolint:errcheck // the lock ends with the process
	i, err := s.unit(ctx.Args().First())
	if err != nil {
		return err
	}
	u := &s.units[i]
	if u.Var == "" {
		return say.Findingf("run portmoor migrate --write first", "%s: the host port of %s is a number, which no assignment moves", u.Place, u.Key)
	}
	if u.Source == allocate.EnvFile || u.Source == allocate.Environment {
		return say.Findingf("remove it there first", "%s pins the host port of %s, which wins over an assignment", u.Place, u.Key)
	}
	if u.Broken != "" {
		return say.Findingf(u.BrokenHint, "%s: %s: %s", u.Place, u.Key, u.Broken)
	}
	u.Want, u.Source = ports.Range{First: port, Last: port + u.Want.Width() - 1}, allocate.Manual
	if u.Want.Last > 65535 {
		return say.Usagef("choose a lower one", "portmoor assign: %s has %d ports, and %d is behind the last", u.Key, u.Want.Width(), u.Want.Last)
	}
	if err := c.ask(ctx.Context, s); err != nil {
		return err
	}
	if !ctx.Bool("force") {
		if in, reserved := s.Config.Policy().ReservedRange(u.Want); reserved {
			return say.Findingf("choose another, or give --force", "port %d is in the reserved range %s", port, in)
		}
		for j, o := range s.assignAll() {
			owner := o.Owner
			displaced := j != i && owner == allocate.Owner{Kind: allocate.Mapping, Name: u.Service} && o.Unit.Want.Overlaps(u.Want)
			if displaced {
				owner.Name = o.Unit.Service
			}
			if displaced || j == i && o.Problem != "" {
				return say.Findingf("choose another, or give --force", "port %s is held by %s", u.Want, owner)
			}
		}
	}
	s.store.Assigned[u.Key] = allocate.Assignment{Key: u.Key, Port: port, Manual: true, Sockets: u.Sockets, Width: u.Want.Width()}
	if err := s.store.Save(); err != nil {
		return s.storeProblem(err)
	}
	fmt.Fprintf(c.Err, "%s has port %s (%s)\n", u.Key, u.Want, u.Var)
	return s.writePortsEnv()
}

// unit finds what SERVICE or SERVICE:PORT names: a key of the ports file, or the
// only mapping of a service.
func (s *stack) unit(name string) (int, error) {
	var keys []string
	only := -1
	service, container, _ := strings.Cut(name, ":")
	for i, u := range s.units {
		keys = append(keys, u.Key)
		if u.Key == name {
			return i, nil
		}
		if u.Service != service {
			continue
		}
		switch {
		case container == "" && only < 0:
			only = i
		case container == "":
			return 0, say.Usagef("write one of "+strings.Join(s.keysOf(service), ", "), "%s: has several host ports", name)
		case s.hasContainer(u.Key, service, container):
			return i, nil
		}
	}
	if only >= 0 {
		return only, nil
	}
	for _, m := range s.project.Mappings {
		if m.Service == service && m.Dropped == compose.Published && m.HostPort.Ports.Zero() && (container == "" || m.Key.Container == container) {
			return 0, picked(name)
		}
		if i := s.sharing(m); m.Service == service && i >= 0 && (container == "" || m.Key.Container == container) {
			return i, nil
		}
	}
	hint := "there are " + strings.Join(keys, ", ")
	if near := say.Nearest(name, keys); near != "" {
		hint = "did you mean " + near + "?"
	}
	return 0, say.Usagef(hint, "%s: no host port of project %s is called that", name, s.project.Name)
}

// sharing is the unit that serves a mapping with a variable, -1 for none: its
// key may be that of another service.
func (s *stack) sharing(m compose.Mapping) int {
	return slices.IndexFunc(s.units, func(u allocate.Unit) bool { return u.Var != "" && u.Var == m.HostPort.Var })
}

// picked is the error about a port that is known only while the service runs.
func picked(name string) error {
	return say.Usagef("portmoor port tells it once the service runs", "%s: docker picks the host port at every start", name)
}

func (s *stack) keysOf(service string) (keys []string) {
	for _, u := range s.units {
		if u.Service == service {
			keys = append(keys, u.Key)
		}
	}
	return keys
}

// hasContainer reports whether a key stands for a container port of a service.
func (s *stack) hasContainer(key, service, container string) bool {
	for _, m := range s.project.Mappings {
		if m.Service == service && m.Key.Container == container && s.names.AssignmentKey(m) == key {
			return true
		}
	}
	return false
}
