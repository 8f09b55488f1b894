package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/say"
)

func (c *commands) detect() *cli.Command {
	return &cli.Command{
		Name:  "detect",
		Usage: "give every host port of the project one that is free here, and remember it",
		Description: `A port that is free, or held by the project's own containers, is kept; else the lowest
free one of the range takes its place. The second run changes nothing. Pass what was found
to Compose with: docker compose $(portmoor env --args) up`,
		Flags: oneProjectFlags(
			&cli.StringFlag{Name: "override", Usage: "move numbers too, and write `FILE` that overrides the ports of their services", TakesFile: true},
			&cli.BoolFlag{Name: "prune", Usage: "forget the ports of mappings that are gone", DisableDefaultText: true},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "how to print the ports, `FORMAT` is " + say.Or(formatNames)},
		),
		Action: c.runDetect,
	}
}

// runDetect asks the machine, assigns, remembers and tells what has moved.
func (c *commands) runDetect(ctx *cli.Context) error {
	if err := oneOf(ctx, "format", formatNames); err != nil {
		return err
	}
	s, err := c.openStack(ctx, assigning)
	if err != nil {
		return err
	}
	if path := ctx.String("override"); path != "" {
		if err := s.refuseForeign(path); err != nil {
			return errors.Join(err, s.store.Close())
		}
	}
	outcomes, err := c.assignPorts(ctx, s)
	if err != nil {
		return err
	}
	path := ctx.String("override")
	if moved := c.tell(outcomes); moved > 0 && path == "" {
		theirs := sameFlags(ctx, "file", "project-name", "profile")
		ours := theirs + sameFlags(ctx, "env-file", "ports-file", "config")
		fmt.Fprintf(c.Err, "%s moved: portmoor up%s starts it there, as does docker compose%s $(portmoor env --args%s) up; portmoor reset%s forgets what was found\n", say.Count(moved, "port"), ours, theirs, ours, ours)
	}
	if path != "" {
		if err := c.writeOverride(s, path, outcomes); err != nil {
			return err
		}
	}
	if ctx.String("format") == "json" {
		return c.portsJSON(s, outcomes)
	}
	return c.portsTable(outcomes)
}

// sameFlags are flags that say which project it is, as they were given, for a
// command that is to be about the same one: those of docker compose, or ours too.
func sameFlags(ctx *cli.Context, names ...string) string {
	var flags strings.Builder
	for _, name := range names {
		values := ctx.StringSlice(name)
		if value := ctx.String(name); len(values) == 0 && value != "" && ctx.IsSet(name) {
			values = []string{value}
		}
		for _, value := range values {
			fmt.Fprintf(&flags, " --%s %s", name, say.Visible(value))
		}
	}
	return flags.String()
}

// assignPorts does what detect does for one project, and gives back its lock.
func (c *commands) assignPorts(ctx *cli.Context, s *stack) ([]allocate.Outcome, error) {
	defer s.store.Close() //nolint:errcheck // the lock ends with the process
	if err := c.ask(ctx.Context, s); err != nil {
		return nil, err
	}
	outcomes := s.assignAll()
	if ctx.Bool("prune") {
		s.prune()
	}
	s.remember(outcomes)
	if err := s.store.Save(); err != nil {
		return nil, s.storeProblem(err)
	}
	if err := s.writePortsEnv(); err != nil {
		return nil, err
	}
	return outcomes, nil
}

// remember keeps what was assigned; the environment of the process is for this
// run only.
func (s *stack) remember(outcomes []allocate.Outcome) {
	for _, o := range outcomes {
		if o.Problem != "" || o.Ports.Zero() || o.Unit.Source == allocate.Environment {
			continue
		}
		if o.Unit.Source == allocate.EnvFile && s.store.Assigned[o.Unit.Key].Manual {
			continue // what was chosen by hand is back when the pin is gone
		}
		s.store.Assigned[o.Unit.Key] = allocate.Assignment{
			Key: o.Unit.Key, Port: o.Ports.First, Manual: o.Unit.Source == allocate.Manual, Pinned: o.Unit.Source == allocate.EnvFile || o.Unit.Var == "" && !o.Moved && o.Unit.Source == allocate.Default,
			Sockets: o.Unit.Sockets, Width: o.Ports.Width(),
		}
	}
}

// prune forgets what no mapping has any more.
func (s *stack) prune() {
	for key := range s.store.Assigned {
		if !slices.ContainsFunc(s.units, func(u allocate.Unit) bool { return u.Key == key }) {
			delete(s.store.Assigned, key)
		}
	}
}

// tellStart is tell for what is about to be started: a problem of services that
// the chosen profiles do not start does not stop the others.
func (c *commands) tellStart(s *stack, outcomes []allocate.Outcome) {
	c.tell(slices.DeleteFunc(slices.Clone(outcomes), func(o allocate.Outcome) bool {
		return o.Problem != "" && !slices.ContainsFunc(o.Unit.Services, s.started)
	}))
}

// tell explains every move and every problem, and counts the moves.
func (c *commands) tell(outcomes []allocate.Outcome) (moved int) {
	for _, o := range outcomes {
		switch {
		case o.Problem != "":
			c.say(fmt.Sprintf("%s: %s: %s", o.Unit.Place, o.Unit.Key, o.Problem), o.Hint)
			c.fail(exitFindings)
		case o.Moved:
			moved++
			c.say(fmt.Sprintf("%s: %s moves from %s to %s (%s): %s is held by %s",
				o.Unit.Place, o.Unit.Key, o.Unit.Want, o.Ports, cmp.Or(o.Unit.Var, "by the override file"), o.Unit.Want, o.Owner), "")
		}
	}
	return moved
}

func (c *commands) portsTable(outcomes []allocate.Outcome) error {
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PORT OF\tPORT\tVARIABLE\tFROM")
	for _, o := range outcomes {
		port := cmp.Or(o.Ports.String(), "-")
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", say.Visible(o.Unit.Key), port, o.Unit.Var, sourceName(o))
	}
	return t.Flush()
}

func sourceName(o allocate.Outcome) string {
	if o.Moved {
		return "moved"
	}
	return [...]string{"default", "assigned", "assigned by hand", "env file", "environment"}[o.Unit.Source]
}

// portReport is the JSON of detect and validate, version 1.
type portReport struct {
	Version int         `json:"version"`
	Ports   []portEntry `json:"ports"`
}

type portEntry struct {
	Project  string `json:"project"`
	Service  string `json:"service"`
	Key      string `json:"key"`
	HostPort string `json:"host_port"`
	Wanted   string `json:"wanted"`
	Variable string `json:"variable"`
	Source   string `json:"source"`
	Moved    bool   `json:"moved"`
	Holder   string `json:"holder"`
	Problem  string `json:"problem"`
}

func (c *commands) portsJSON(s *stack, outcomes []allocate.Outcome) error {
	r := portReport{Version: 1, Ports: []portEntry{}}
	for _, o := range outcomes {
		e := portEntry{
			Project: s.project.Name, Service: o.Unit.Service, Key: o.Unit.Key, HostPort: o.Ports.String(), Wanted: o.Unit.Want.String(),
			Variable: o.Unit.Var, Source: sourceName(o), Moved: o.Moved, Problem: o.Problem,
		}
		if o.Owner != (allocate.Owner{}) {
			e.Holder = o.Owner.String()
		}
		r.Ports = append(r.Ports, e)
	}
	return say.JSON(c.Out, r, true)
}
