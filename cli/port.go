package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/child"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/live/names"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
)

func portCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:      "port",
		Usage:     "print the host ports that Docker has bound",
		ArgsUsage: "[SERVICE [PORT]]",
		Description: `With a service and its container port it prints what docker compose port does: the
address and port of the host. Without, it lists the ports of the service, or of the project.`,
		Flags: oneProjectFlags(
			&cli.StringFlag{Name: "stack", Usage: "ask for the stack `NAME` of a swarm, which needs no compose file", DefaultText: "the one of the project's name, where that is not up"},
			&cli.IntFlag{Name: "index", Usage: "ask the replica `N` of the service, from 1", DefaultText: "the first that runs"},
			&cli.StringFlag{Name: "protocol", Value: "tcp", Usage: "ask for the port of `PROTOCOL`, tcp, udp or sctp"},
			&cli.DurationFlag{Name: "wait", Usage: "ask again for `DURATION` while the port is not there yet, such as 30s"},
			&cli.BoolFlag{Name: "watch", Usage: "keep running, and print again whenever something changes", DisableDefaultText: true},
			formatFlag("how to print the ports", portFormats...),
		),
		Action: c.runPort,
	}
}

var portFormats = slices.Concat([]string{"table", "json", "env", "url", "port"}, names.Formats)

// runPort asks the engine until there is an answer, and prints it.
func (c *program) runPort(ctx *cli.Context) error {
	q, err := readQuestion(ctx)
	if err != nil {
		return err
	}
	engine, unconnected := c.connect()
	if unconnected == nil {
		defer engine.Close() //nolint:errcheck // nothing is left to be sent
		if q.wait > 0 {
			engine.Timeout = min(cmp.Or(engine.Timeout, docker.Timeout), max(q.wait, time.Second))
		}
		engine.Greet(ctx.Context)
	}
	open := func() (*stack.Stack, error) { return c.openOne(ctx, stack.Options{Swarm: q.Stack}) }
	s, err := open()
	if err != nil {
		return err
	}
	if err := cmp.Or(s.Knows(q.Service), unconnected); err != nil {
		return err
	}
	if q.watch {
		return porter{c}.watchPorts(ctx.Context, q, s, engine, open)
	}
	ports, err := s.On(engine).Wait(ctx.Context, q.Question, q.wait, porter{c}.waiting)
	if err != nil {
		return err
	}
	return porter{c}.printPorts(q, s, ports)
}

// question is what port is asked, and how it should answer.
type question struct {
	live.Question

	wait   time.Duration
	format string
	watch  bool
}

func readQuestion(ctx *cli.Context) (q question, err error) {
	q = question{
		Question: live.Question{Service: ctx.Args().First(), Protocol: strings.ToLower(ctx.String("protocol")), Index: ctx.Int("index"), Stack: ctx.String("stack") != ""},
		wait:     ctx.Duration("wait"), format: ctx.String("format"), watch: ctx.Bool("watch"),
	}
	if ctx.Args().Len() > 2 {
		return q, say.Usagef("write portmoor port [SERVICE [PORT]]", "portmoor port: want a service and a port at most")
	}
	if slices.Contains(ctx.Args().Slice(), "") {
		return q, say.Usagef("is a variable of the script unset?", "portmoor port: an argument is empty")
	}
	port := ctx.Args().Get(1)
	if port == "" { // as the keys of show have it
		q.Service, port, _ = strings.Cut(q.Service, ":")
	}
	if port != "" {
		number, protocol, given := strings.Cut(port, "/")
		if given {
			q.Protocol = strings.ToLower(protocol)
		}
		if q.Port, err = strconv.Atoi(number); err != nil || q.Port < 1 || q.Port > 65535 {
			return q, say.Usagef("it is the port inside the container, such as 80 or 53/udp", "portmoor port: %q is not a port", port)
		}
	}
	switch {
	case !slices.Contains([]string{"tcp", "udp", "sctp"}, q.Protocol):
		return q, say.Usagef("choose tcp, udp or sctp", "portmoor port: protocol %q is unknown", q.Protocol)
	case q.Index < 0 || q.wait < 0:
		return q, say.Usagef("leave it out, or give a higher one", "portmoor port: --index and --wait can't be negative")
	case q.Index > 0 && q.Service == "":
		return q, say.Usagef("write portmoor port --index N SERVICE [PORT]", "portmoor port: --index is about one service")
	}
	return q, nil
}

// porter is the program at work for port.
type porter struct{ *program }

// waiting says on a terminal what is waited for.
func (c porter) waiting(err error) {
	if terminal(c.Err) > 0 {
		c.say("waiting: "+err.Error(), "")
	}
}

// watchPorts prints whenever the answer has changed. The project is read again
// each time; while its files can't be read it is what it was.
func (c porter) watchPorts(ctx context.Context, q question, s *stack.Stack, engine *docker.Engine, open func() (*stack.Stack, error)) error {
	until, stop := signal.NotifyContext(ctx, child.Endings()...)
	defer stop()
	last := ""
	return engine.Follow(until, s.Project.Name, func([]string) error {
		if fresh, err := open(); err == nil {
			s = fresh
		}
		found, err := s.On(engine).Look(until)
		if err != nil {
			return err
		}
		if found, err = s.On(engine).Judge(until, found); err != nil {
			return err
		}
		out, notes := c.rendered(q, s, found)
		if out+notes == last {
			return nil
		}
		if last != "" && out != "" && q.format == "table" && q.Port == 0 {
			out = "\n" + out
		}
		fmt.Fprint(c.Err, notes)
		fmt.Fprint(c.Out, out)
		last = strings.TrimPrefix(out, "\n") + notes
		return c.written()
	}, c.lost)
}

// lost says that the engine is waited for.
func (c *program) lost(err error) { c.say(err.Error()+": waiting until it is back", "") }

// rendered is what is printed of an answer, and what is said beside it.
func (c porter) rendered(q question, s *stack.Stack, found stack.Found) (out, notes string) {
	var printed, said bytes.Buffer
	defer func(out, err io.Writer) { c.Out, c.Err = out, err }(c.Out, c.Err)
	c.Out, c.Err = &printed, &said
	ports, err := s.Answer(q.Question, found)
	if err == nil {
		err = c.printPorts(q, s, ports)
	}
	if err != nil {
		c.say(err.Error(), "")
		if q.format == "json" { // who reads only that has to hear that it is over
			_ = c.livePortsJSON(q, s, nil)
		}
	}
	return printed.String(), said.String()
}
