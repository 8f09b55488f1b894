package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/say"
)

func (c *commands) port() *cli.Command {
	return &cli.Command{
		Name:      "port",
		Usage:     "tell which host ports Docker has bound",
		ArgsUsage: "[SERVICE [PORT]]",
		Description: `With a service and its container port it prints what docker compose port does: the
address and port of the host. Without, it lists the ports of the service, or of the project.`,
		Flags: oneProjectFlags(
			&cli.IntFlag{Name: "index", Usage: "ask the replica `N` of the service, from 1", DefaultText: "the first that runs"},
			&cli.StringFlag{Name: "protocol", Value: "tcp", Usage: "ask for the port of `PROTOCOL`, tcp, udp or sctp"},
			&cli.DurationFlag{Name: "wait", Usage: "ask again for `DURATION` while the port is not there yet, such as 30s"},
			&cli.BoolFlag{Name: "watch", Usage: "go on, and print again whenever something changes", DisableDefaultText: true},
			&cli.StringFlag{Name: "format", Value: "table", Usage: "how to print the ports, `FORMAT` is " + say.Or(portFormats)},
		),
		Action: c.runPort,
	}
}

var portFormats = []string{"table", "json", "env", "url"}

// grace is how long a container that runs may take to have its ports, which the
// engine sometimes tells a moment later.
const grace = 2 * time.Second

// pause is what an answer that is not there yet is left alone for.
const pause = 100 * time.Millisecond

// runPort asks the engine until there is an answer, and prints it.
func (c *commands) runPort(ctx *cli.Context) error {
	q, err := readQuestion(ctx)
	if err != nil {
		return err
	}
	engine, err := c.connect()
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	if q.wait > 0 {
		engine.Timeout = min(cmp.Or(engine.Timeout, docker.Timeout), max(q.wait, time.Second))
	}
	engine.Greet(ctx.Context)
	s, err := c.openStack(ctx, reading)
	if err != nil {
		return err
	}
	if ctx.Bool("watch") {
		return c.watchPorts(ctx, q, s, engine)
	}
	ports, err := c.waitFor(ctx.Context, q, s, engine)
	if err != nil {
		return err
	}
	return c.printPorts(q, s, ports)
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
		Question: live.Question{Service: ctx.Args().First(), Protocol: strings.ToLower(ctx.String("protocol")), Index: ctx.Int("index")},
		wait:     ctx.Duration("wait"), format: ctx.String("format"), watch: ctx.Bool("watch"),
	}
	if err := oneOf(ctx, "format", portFormats); err != nil {
		return q, err
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

// waitFor asks until the answer is there, or the time is over.
func (c *commands) waitFor(ctx context.Context, q question, s *stack, engine *docker.Engine) ([]live.Port, error) {
	if err := q.known(s); err != nil {
		return nil, err
	}
	over, patience, soon := time.After(q.wait), time.After(grace), time.After(time.Second)
	for {
		found, err := c.lookUp(ctx, engine, s)
		if err != nil {
			return nil, err
		}
		ports, err := q.answer(s, found)
		if err == nil && q.wait > 0 {
			err = unbound(ports)
		}
		missing, ok := errors.AsType[*live.Missing](err)
		switch {
		case !ok && (err != nil || unbound(ports) == nil):
			return ports, err
		case !ok:
			return c.judged(ctx, engine, s, q, found)
		}
		over := over
		if q.wait == 0 && missing.Starting {
			over = patience
		}
		select {
		case <-over:
			if _, judged := c.judged(ctx, engine, s, q, found); judged != nil {
				return nil, judged
			}
			return nil, err
		case <-soon:
			if terminal(c.Err) > 0 {
				c.say("waiting: "+err.Error(), "")
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// judged is the answer with the states of what is not bound.
func (c *commands) judged(ctx context.Context, engine *docker.Engine, s *stack, q question, found livePorts) ([]live.Port, error) {
	found, err := c.judge(ctx, engine, s, found)
	if err != nil {
		return nil, err
	}
	return q.answer(s, found)
}

// watchPorts prints whenever the answer has changed. The project is read again
// each time; while its files can't be read it is what it was.
func (c *commands) watchPorts(ctx *cli.Context, q question, s *stack, engine *docker.Engine) error {
	if err := q.known(s); err != nil {
		return err
	}
	until, stop := signal.NotifyContext(ctx.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	last := ""
	return engine.Follow(until, s.project.Name, func([]string) error {
		if fresh, err := c.openStack(ctx, reading); err == nil {
			s = fresh
		}
		found, err := c.lookUp(until, engine, s)
		if err != nil {
			return err
		}
		if found, err = c.judge(until, engine, s, found); err != nil {
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
	})
}

// rendered is what is printed of an answer, and what is said beside it.
func (c *commands) rendered(q question, s *stack, found livePorts) (out, notes string) {
	var printed, said bytes.Buffer
	to := *c
	to.Out, to.Err = &printed, &said
	ports, err := q.answer(s, found)
	if err == nil {
		err = to.printPorts(q, s, ports)
	}
	if err != nil {
		to.say(err.Error(), "")
		if q.format == "json" { // who reads only that has to hear that it is over
			_ = to.livePortsJSON(q, s, nil)
		}
	}
	return printed.String(), said.String()
}

// known refuses a service that the project does not have.
func (q question) known(s *stack) error {
	var names []string
	for _, svc := range s.project.Services {
		names = append(names, svc.Name)
	}
	if q.Service == "" || slices.Contains(names, q.Service) {
		return nil
	}
	hint := "there are " + strings.Join(names, ", ")
	if near := say.Nearest(q.Service, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	return say.Usagef(hint, "project %s has no service %q", s.project.Name, q.Service)
}

// answer chooses what was asked for. Of services that the chosen profiles do not
// start, only what runs is told.
func (q question) answer(s *stack, found livePorts) ([]live.Port, error) {
	ports, err := q.Answer(s.project.Name, found.containers, found.ports)
	if q.Service == "" {
		return slices.DeleteFunc(slices.Clone(ports), func(p live.Port) bool { return p.HostPort == 0 && !s.started(p.Service) }), err
	}
	missing, ok := errors.AsType[*live.Missing](err)
	switch {
	case !ok || found.runs(q.Service):
	case s.service(q.Service).Scale == 0:
		missing.Hint = "it is scaled to 0: portmoor up -- --scale " + q.Service + "=1"
	case !s.started(q.Service):
		missing.Hint = "none of its profiles is chosen: portmoor up --profile " + s.service(q.Service).Profiles[0]
	}
	return ports, err
}

// unbound is why not all ports are there yet, nil when they are.
func unbound(ports []live.Port) error {
	for _, p := range ports {
		if p.HostPort == 0 {
			return live.Lacks(fmt.Sprintf("port %s of service %s is not bound", p.Target(), p.Service), "docker compose ps -a shows what there is")
		}
	}
	return nil
}
