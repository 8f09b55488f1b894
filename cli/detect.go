package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/checkout/follow"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/registry/announce"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

func detectCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "detect",
		Usage: "give every host port of the project a free one, and remember it",
		Description: `A port that is free, or held by the project's own containers, is kept; else the lowest
free one of the range takes its place. The second run changes nothing. Pass what was found
to Compose with: docker compose $(portmoor env --args) up`,
		Flags: oneProjectFlags(
			&cli.StringFlag{Name: "override", Usage: "move literal ports too, and write `FILE`, which overrides the ports of their services", TakesFile: true},
			isolateFlag(),
			&cli.BoolFlag{Name: "dry-run", Usage: "show what would be assigned, and write nothing", DisableDefaultText: true},
			&cli.BoolFlag{Name: "dotenv", Usage: "have docker compose by itself follow: keep a block in .env with the project's name, its ports and what env derives", DisableDefaultText: true},
			&cli.BoolFlag{Name: "prune", Usage: "forget the ports of mappings that are gone", DisableDefaultText: true},
			formatFlag("how to print the ports", formatNames...),
		),
		Action: c.runDetect,
	}
}

// runDetect asks the machine, assigns, remembers and tells what has moved.
func (c *program) runDetect(ctx *cli.Context) error {
	override := ctx.String("override")
	r, o := c.requestOne(ctx), stack.Options{Access: stack.Writing, Override: override}
	if ctx.Bool("dry-run") {
		o.Access = stack.Reading
	}
	s, err := openRequest(r, o)
	if err != nil {
		return err
	}
	if override != "" {
		if err := s.MayOverride(override); err != nil {
			return err
		}
	}
	dotenv := ctx.Bool("dotenv")
	if dotenv && follow.Refused(s) != nil {
		return follow.Refused(s)
	}
	facts := c.ask(ctx.Context)
	printed := func(outcomes []allocate.Outcome) error {
		if ctx.String("format") == "json" {
			return say.JSON(c.Out, portReportOf(s, outcomes), true)
		}
		return c.portsTable(outcomes)
	}
	if o.Access == stack.Reading {
		outcomes, err := stack.Preview(s, facts)
		if err != nil {
			return err
		}
		c.reportMoves(s, outcomes)
		return printed(outcomes)
	}
	if s, err = (isolator{c}).begin(ctx.Context, r, s, o, facts); err != nil {
		return err
	}
	outcomes, err := s.Detect(facts, ctx.Bool("prune"))
	if err != nil {
		return err
	}
	moved := c.reportMoves(s, outcomes)
	c.tellAll(announce.Project(ctx.Context, s, facts))
	c.tellUnignored(s.Workspace, stack.Unignored(s))
	if s, err = (isolator{c}).write(r, s, nil, true); err != nil {
		return err
	}
	switch {
	case override != "":
		if err := c.writeOverride(s, override, outcomes); err != nil {
			return err
		}
		override = tree.Absolute(c.dir, override)[0]
	case moved > 0:
		c.tellMoved(moved, s)
	}
	isolator{c}.follow(s, dotenv, lists.Only([]string{override}, tree.Exists)...)
	return printed(outcomes)
}

// tellMoved says how to start what was moved, and how to undo it.
func (c *program) tellMoved(moved int, s *stack.Stack) {
	fmt.Fprintf(c.Err, "%s moved. To start the project on its new ports: %s, or %s. To undo: %s\n",
		say.Count(moved, "port"), say.Visible(s.About.Portmoor("up")), say.Visible(stack.Start(s, s.About)), say.Visible(s.About.Portmoor("reset")))
}

// tellUnignored says which new files Git does not ignore, and what to do.
func (c *program) tellUnignored(w *workspace.Workspace, made []string) {
	if len(made) > 0 {
		c.say("Git does not ignore what was written: "+strings.Join(w.Few(made, false), ", "), "to have such files ignored: "+say.About{}.Portmoor("init"))
	}
}

// writeOverride writes the override file, and says how to pass it on.
func (c *program) writeOverride(s *stack.Stack, path string, outcomes []allocate.Outcome) error {
	files, removed, err := s.WriteOverride(path, outcomes)
	switch {
	case err != nil:
		return err
	case removed:
		fmt.Fprintf(c.Err, "no literal port has to move: %s is removed; leave it out of -f and COMPOSE_FILE\n", say.Visible(path))
		return nil
	case files == nil:
		fmt.Fprintln(c.Err, "no literal port has to move: no override file is needed")
		return nil
	}
	about := s.AboutFiles(files)
	fmt.Fprintf(c.Err, "written to %s. To start the project with it: %s, or %s\n", say.Visible(files[len(files)-1]), say.Visible(about.Portmoor("up")), say.Visible(stack.Start(s, about)))
	return nil
}

// reportMoves explains every move and every problem, says what still has the old
// ports, and counts the moves.
func (c *program) reportMoves(s *stack.Stack, outcomes []allocate.Outcome) (moved int) {
	var all []say.Problem
	for _, o := range outcomes {
		switch {
		case o.Problem != "":
			all = append(all, say.Problem{Kind: say.Finding, Place: o.Unit.Place, Message: o.Unit.Key + ": " + o.Problem, Hint: o.Hint})
		case o.Moved:
			moved++
			all = append(all, say.Problem{Kind: say.Note, Place: o.Unit.Place, Message: fmt.Sprintf("%s moves from %s to %s (%s): %s is %s",
				o.Unit.Key, o.Unit.Want, o.Ports, cmp.Or(o.Unit.Var, "by the override file"), o.Unit.Want, o.Owner.Has())})
		case o.Note != "":
			all = append(all, say.Problem{Kind: say.Note, Place: o.Unit.Place, Message: o.Unit.Key + ": " + o.Note, Hint: o.Hint})
		}
	}
	c.tellAll(slices.Concat(s.Notes(), all, stack.Stale(s, outcomes)))
	return moved
}

func (c *program) portsTable(outcomes []allocate.Outcome) error {
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PORT OF\tPORT\tVARIABLE\tFROM")
	for _, o := range outcomes {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", say.Visible(o.Unit.Key), cmp.Or(o.Ports.String(), "-"), o.Unit.Var, o.From())
	}
	return t.Flush()
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

func portReportOf(s *stack.Stack, outcomes []allocate.Outcome) portReport {
	return portReport{1, lists.Map(outcomes, func(o allocate.Outcome) portEntry {
		e := portEntry{
			Project: s.Project.Name, Service: o.Unit.Service, Key: o.Unit.Key, HostPort: o.Ports.String(), Wanted: o.Unit.Want.String(),
			Variable: o.Unit.Var, Source: o.From(), Moved: o.Moved, Problem: o.Problem,
		}
		if o.Owner != (allocate.Owner{}) {
			e.Holder = o.Owner.String()
		}
		return e
	})}
}
