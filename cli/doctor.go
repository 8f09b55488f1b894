package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/checkouts"
	"github.com/portmoor/portmoor/child"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/doctor"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

func doctorCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "say what is seen of machine and project, and what is wrong",
		Description: `Changes nothing, and exits with 1 when something is wrong. The JSON is for reports of bugs: no value
of a variable is in it.`,
		Flags:  oneProjectFlags(formatFlag("how to print what is seen", formatNames...)),
		Action: physician{c}.runDoctor,
	}
}

// physician is the program at work for doctor.
type physician struct{ *program }

// runDoctor looks at one thing after the other, whatever the others are like.
func (c physician) runDoctor(ctx *cli.Context) error {
	r := c.request(ctx)
	r.Paths = nil
	engine, checks := c.engineChecks(ctx.Context)
	checks = append(checks, c.composeCheck(ctx.Context))
	checks = append(checks, c.ledgerChecks(engine)...)
	checks = append(checks, c.gitCheck())
	checks = doctor.Short(append(checks, c.projectChecks(r, engine)...), c.variable("HOME"), c.variable("DOCKER_HOST"))
	if doctor.Sick(checks) {
		c.fail(exitFindings)
	}
	if ctx.String("format") == "json" {
		return say.JSON(c.Out, doctor.ReportOf(version(), checks), true)
	}
	return doctor.Write(c.Out, checks)
}

// engineChecks are where the engine is looked for, and whether it answers this user.
func (c physician) engineChecks(ctx context.Context) (stack.Engine, []doctor.Check) {
	named := "the default context, or the one that docker context use chose"
	for _, variable := range []string{"DOCKER_CONTEXT", "DOCKER_HOST"} { // the latter counts
		if c.variable(variable) != "" {
			named = "named by " + variable
		}
	}
	engine, err := c.connect()
	if err != nil {
		return stack.Engine{}, []doctor.Check{doctor.Of("context", err, "")}
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	where := "this machine"
	if engine.Remote {
		where = "another machine, whose sockets are not seen"
	}
	checks := []doctor.Check{doctor.Of("context", nil, cmp.Or(engine.By, named)+": on "+where)}
	all, err := engine.Containers(ctx)
	if err != nil {
		return stack.Engine{}, append(checks, doctor.Of("engine", err, ""))
	}
	running := lists.Only(all, docker.Container.Running)
	checks = append(checks, doctor.Of("engine", nil, fmt.Sprintf("answers: %s, %d of them running", say.Count(len(all), "container"), len(running))))
	return stack.Engine{Answered: true, Host: engine.Machine(), Remote: engine.Remote, Containers: all}, checks
}

func (c physician) composeCheck(ctx context.Context) doctor.Check {
	path, err := starter(c).composeCommand(ctx)
	if err != nil {
		return doctor.Of("compose", err, "")
	}
	var out bytes.Buffer
	_, err = child.Program{Path: path, Args: []string{"compose", "version", "--short"}, Environ: starter(c).composing(), Out: &out}.Run(ctx)
	text, _, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
	return doctor.Of("compose", err, "version "+cmp.Or(text, "unknown"))
}

// ledgerChecks are the ledger, the checkouts of the machine, and its sockets.
func (c physician) ledgerChecks(engine stack.Engine) []doctor.Check {
	path, err := workspace.Ledger(c.dir, c.environ())
	if err != nil {
		return []doctor.Check{doctor.Of("ledger", err, "")}
	}
	remembered, err := allocate.All(path)
	all := checkouts.List(remembered, engine)
	up := lists.Only(all, func(one checkouts.Checkout) bool { return one.Running() > 0 })
	gone := lists.Only(all, func(one checkouts.Checkout) bool { return one.Gone })
	others := doctor.Of("others", nil, fmt.Sprintf("%s, %d up", say.Count(len(all), "checkout"), len(up)))
	if len(gone) > 0 {
		others = doctor.Of("others", say.Findingf("to forget them: portmoor list --prune", "%s of a folder that is gone", say.Count(len(gone), "checkout")), "")
	}
	return []doctor.Check{
		doctor.Of("ledger", err, fmt.Sprintf("%s: %s", path, say.Count(len(remembered), "project"))), others,
		doctor.Of("sockets", nil, say.Count(len(allocate.Listeners()), "socket")+" that programs listen on"),
	}
}

func (c physician) gitCheck() doctor.Check {
	if !tree.InGit(c.dir) {
		return doctor.Nothing("git", "the folder is in no repository")
	}
	return doctor.Of("git", nil, fmt.Sprintf("%s, on %s", tree.Root(c.dir), cmp.Or(tree.Branch(c.dir), "no branch that is known")))
}

// projectChecks are the project of the folder, its env files and who has its ports.
func (c physician) projectChecks(r workspace.Request, engine stack.Engine) []doctor.Check {
	w, project, err := workspace.OpenOne(r)
	if _, absent := errors.AsType[*workspace.Absent](err); absent {
		return []doctor.Check{doctor.Nothing("project", "no compose file is here or above")}
	}
	var s *stack.Stack
	if err == nil {
		s, err = stack.Open(w, project, stack.Options{})
	}
	if err != nil {
		return []doctor.Check{doctor.Of("project", err, "")}
	}
	checks := []doctor.Check{
		doctor.Of("project", nil, fmt.Sprintf("%s in %s: %s of %s", project.Name, project.Dir, say.Count(len(project.Services), "service"), say.Count(len(project.Files), "file"))),
		doctor.Of("env", nil, say.Count(len(project.Env.Files()), "env file")),
	}
	outcomes, err := s.Check(engine)
	if err != nil {
		return append(checks, doctor.Of("ports", err, ""))
	}
	held := lists.Only(outcomes, func(o allocate.Outcome) bool { return o.Problem != "" })
	for _, o := range held {
		checks = append(checks, doctor.Of("ports", say.Findingf(o.Hint, "%s: %s", o.Unit.Key, o.Problem), ""))
	}
	return append(checks, doctor.Of("ports", nil, fmt.Sprintf("%d of %s can be bound", len(outcomes)-len(held), say.Count(len(outcomes), "port"))))
}
