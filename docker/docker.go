// Package docker asks the Docker engine what it has bound, and gives services
// the files that tell them their own ports. It knows nothing of compose files:
// package live joins the answers with projects.
//
// The model: an [Engine] is an endpoint found as the docker command finds it; a
// [Container] has a [Binding] for each of its host ports. Every call has a
// deadline, since an engine that stalls must not stall a command.
//
//	engine, err := docker.Connect(environ)
//	defer engine.Close()
//	containers, err := engine.Project(ctx, "shop")
package docker

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"
	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
)

// Timeout is how long an engine is waited for, unless its Timeout says else.
const Timeout = 30 * time.Second

// The labels that Compose gives its containers.
const (
	labelProject    = "com.docker.compose.project"
	labelService    = "com.docker.compose.service"
	labelNumber     = "com.docker.compose.container-number"
	labelOneOff     = "com.docker.compose.oneoff"
	labelWorkingDir = "com.docker.compose.project.working_dir"
)

// Engine is a Docker engine. Close it.
type Engine struct {
	// Host is the endpoint, such as unix:///var/run/docker.sock.
	Host string
	// Remote reports an endpoint on another machine, whose ports say nothing
	// about this one.
	Remote bool
	// By is which setting of Podman it is from, such as "named by podman connection dev"; ""
	// where it is the one that the docker command would take.
	By string
	// Settings are variables by which a docker command gets to it, NAME=value; nil where it
	// does by itself.
	Settings []string
	// Timeout is how long an answer may take; 0 for [Timeout].
	Timeout time.Duration

	api    *client.Client
	agreed bool       // on a version of the API
	talk   sync.Mutex // while that is not so
}

// Container is a container of the engine.
type Container struct {
	ID   string
	Name string
	// Project, Service and WorkingDir are those of Compose's labels; "" for a
	// container that Compose has not made.
	Project, Service, WorkingDir string
	// Number tells the replicas of a service apart, from 1; 0 if Compose has not
	// made it.
	Number int
	// Stack is the stack of a swarm that it belongs to, "" for none; Service is then the name in
	// the stack's file, and Number that of the task.
	Stack string
	// Role is what it is in a swarm, "" for nothing.
	Role Role
	// Tasks is how many tasks of a swarm's service run, and Wanted how many should.
	Tasks, Wanted int
	// OneOff reports a container of docker compose run.
	OneOff bool
	// State is the engine's word: running, paused, restarting, exited, created, dead.
	State string
	// Health is what its health check says: healthy, unhealthy or starting; "" without one.
	Health string
	// HostNetwork reports that it has the network of its host, so that each port
	// it listens on is one of the host.
	HostNetwork bool
	// Bindings are the host ports that it has, or, from [Engine.Containers], those
	// that it would have when it starts; sorted, IPv4 first.
	Bindings []Binding
}

// Running reports that it has its ports; one that is paused has.
func (c Container) Running() bool {
	return c.State == container.StateRunning || c.State == container.StatePaused
}

// Of reports a container of the compose project, or of the stack, that has a name.
func (c Container) Of(name string) bool { return name != "" && (c.Project == name || c.Stack == name) }

// Compare orders containers by project, service and number, those of docker
// compose run behind the others.
func (c Container) Compare(o Container) int {
	return cmp.Or(cmp.Compare(c.Project, o.Project), cmp.Compare(c.Service, o.Service), lists.Behind(c.OneOff)-lists.Behind(o.OneOff),
		cmp.Compare(c.Number, o.Number), cmp.Compare(c.Name, o.Name), cmp.Compare(c.ID, o.ID))
}

// Binding is a host port of a container.
type Binding struct {
	HostIP        string // "" for every interface
	HostPort      int
	ContainerPort int
	Protocol      string
}

// Close ends the connection.
func (e *Engine) Close() error { return e.api.Close() }

// Greet begins to agree with the engine on a version of its API, so that the
// first question need not wait for that.
func (e *Engine) Greet(ctx context.Context) {
	go func() {
		ctx, cancel := context.WithTimeout(ctx, cmp.Or(e.Timeout, Timeout))
		defer cancel()
		_ = say.Guard(func() { _ = e.agree(ctx) }) // the first question asks again
	}()
}

// ready makes a context that ends when the engine has had its time. The first
// one agrees on a version of the API.
func (e *Engine) ready(ctx context.Context) (context.Context, context.CancelFunc, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(e.Timeout, Timeout))
	if err := e.agree(ctx); err != nil {
		cancel()
		return nil, nil, e.explain(err)
	}
	return ctx, cancel, nil
}

func (e *Engine) agree(ctx context.Context) error {
	e.talk.Lock()
	defer e.talk.Unlock()
	if e.agreed {
		return nil
	}
	ping, err := e.api.Ping(ctx)
	if err != nil {
		return err
	}
	e.api.NegotiateAPIVersionPing(ping)
	err = e.spoken(ping.APIVersion)
	e.agreed = err == nil
	return err
}

// Project lists the containers of a compose project, running or not, with the
// ports that they have now: one call, whatever their number.
func (e *Engine) Project(ctx context.Context, name string) ([]Container, error) {
	ctx, cancel, err := e.ready(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	return e.list(ctx, filters.NewArgs(filters.Arg("label", labelProject+"="+name)))
}

// Containers lists all containers. For one that does not run, which the engine
// has no ports for, its bindings are those that it asks for when it starts.
func (e *Engine) Containers(ctx context.Context) ([]Container, error) {
	ctx, cancel, err := e.ready(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	all, err := e.list(ctx, filters.Args{})
	if err != nil {
		return nil, err
	}
	return e.inspected(ctx, all)
}

// Holders lists the containers, and the services of a swarm, that have one of some ports of
// the host, and those that do not run and may want one when they start: of the latter the
// thousand newest. Hosts may have a hundred thousand others.
func (e *Engine) Holders(ctx context.Context, ports []Binding) ([]Container, error) {
	if len(ports) == 0 {
		return nil, nil
	}
	ctx, cancel, err := e.ready(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	var all []Container
	for some := range slices.Chunk(ports, 100) { // which are written into the address of the question
		which := filters.NewArgs()
		for _, p := range some {
			which.Add("publish", strconv.Itoa(p.HostPort)+"/"+p.Protocol)
		}
		summaries, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: which})
		if errdefs.IsInternal(err) || errdefs.IsInvalidArgument(err) { // Podman has no such filter: then all that run
			if all, err = e.list(ctx, filters.NewArgs(filters.Arg("status", container.StateRunning), filters.Arg("status", container.StatePaused))); err != nil {
				return nil, err
			}
			break
		}
		if err != nil {
			return nil, e.explain(err)
		}
		all = append(all, lists.Map(summaries, read)...)
	}
	stopped, err := e.stopped(ctx)
	if err != nil {
		return nil, err
	}
	found, err := e.inspected(ctx, append(all, stopped[:min(len(stopped), maxStopped)]...))
	if err != nil {
		return nil, err
	}
	services, err := e.published(ctx)
	return append(found, lists.Only(services, func(c Container) bool {
		return slices.ContainsFunc(c.Bindings, func(b Binding) bool {
			return slices.ContainsFunc(ports, func(p Binding) bool { return p.HostPort == b.HostPort && p.Protocol == b.Protocol })
		})
	})...), err
}

// stopped are the containers that do not run, the newest of them. Podman has fewer states,
// and refuses those that it does not know: then they are looked for among all.
func (e *Engine) stopped(ctx context.Context) ([]Container, error) {
	options := container.ListOptions{All: true, Limit: maxStopped, Filters: filters.NewArgs()}
	for _, state := range []string{container.StateCreated, container.StateExited, container.StateRestarting, container.StateDead} {
		options.Filters.Add("status", state)
	}
	summaries, err := e.api.ContainerList(ctx, options)
	if errdefs.IsInternal(err) || errdefs.IsInvalidArgument(err) {
		all, err := e.list(ctx, filters.Args{})
		return lists.Only(all, func(c Container) bool { return !c.Running() }), err
	}
	if err != nil {
		return nil, e.explain(err)
	}
	return lists.Map(summaries, read), nil
}

// inspected adds to containers that do not run the ports that they ask for, and takes
// out what is there twice, or no more.
func (e *Engine) inspected(ctx context.Context, all []Container) ([]Container, error) {
	slices.SortStableFunc(all, Container.Compare)
	all = slices.CompactFunc(all, func(a, b Container) bool { return a.ID == b.ID })
	gone := make([]bool, len(all))
	var g errgroup.Group
	g.SetLimit(8)
	for i, c := range all {
		if c.Running() {
			continue
		}
		g.Go(func() (err error) {
			bug := say.Guard(func() {
				var inspected container.InspectResponse
				inspected, err = e.api.ContainerInspect(ctx, c.ID)
				if gone[i] = errdefs.IsNotFound(err); gone[i] { // removed meanwhile
					err = nil
				} else if err == nil {
					all[i].Bindings = asked(inspected)
				}
			})
			return cmp.Or(bug, err)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, e.explain(err)
	}
	var there []Container
	for i, c := range all {
		if !gone[i] {
			there = append(there, c)
		}
	}
	return there, nil
}

func (e *Engine) list(ctx context.Context, which filters.Args) ([]Container, error) {
	return e.listed(ctx, container.ListOptions{All: true, Filters: which})
}

func (e *Engine) listed(ctx context.Context, options container.ListOptions) ([]Container, error) {
	all, err := e.api.ContainerList(ctx, options)
	if err != nil {
		return nil, e.explain(err)
	}
	if len(all) > maxContainers {
		return nil, &Error{Problem: say.Problem{Place: "docker endpoint " + e.Host, Message: fmt.Sprintf("it lists more than %d containers", maxContainers), Hint: "remove some: docker container prune"}}
	}
	containers := lists.Map(all, read)
	slices.SortFunc(containers, Container.Compare)
	return containers, nil
}

func read(summary container.Summary) Container {
	c := Container{
		ID: summary.ID, Name: summary.ID[:min(len(summary.ID), 12)],
		Project: summary.Labels[labelProject], Service: summary.Labels[labelService], WorkingDir: summary.Labels[labelWorkingDir],
		OneOff: summary.Labels[labelOneOff] == "True", State: summary.State, HostNetwork: summary.HostConfig.NetworkMode == "host",
	}
	if len(summary.Names) > 0 {
		c.Name = strings.TrimPrefix(summary.Names[0], "/")
	}
	if name := summary.Labels[labelSwarmService]; name != "" {
		c.Stack, c.Role = summary.Labels[labelStack], SwarmTask
		c.Service = inStack(c.Stack, name)
	}
	if n, err := strconv.Atoi(summary.Labels[labelNumber]); err == nil {
		c.Number = n
	}
	if words, rest, found := after(summary.Status, healthOf); found && rest == "" {
		c.Health = strings.Trim(strings.TrimPrefix(words, "(health: "), "()")
	}
	if !c.Running() {
		return c
	}
	for _, p := range summary.Ports {
		if _, err := netip.ParseAddr(p.IP); p.PublicPort != 0 && (err == nil || p.IP == "") {
			c.Bindings = append(c.Bindings, Binding{HostIP: p.IP, HostPort: int(p.PublicPort), ContainerPort: int(p.PrivatePort), Protocol: p.Type})
		}
	}
	c.Bindings = sorted(c.Bindings)
	return c
}

// asked are the ports that a container asks for when it starts.
func asked(inspected container.InspectResponse) (bindings []Binding) {
	if inspected.ContainerJSONBase == nil || inspected.HostConfig == nil {
		return nil
	}
	for port, hosts := range inspected.HostConfig.PortBindings {
		for _, h := range hosts {
			first, last, isRange := strings.Cut(h.HostPort, "-")
			if isRange && last != first {
				continue // the engine picks one of them when it starts
			}
			if n, err := strconv.Atoi(first); err == nil && n != 0 {
				bindings = append(bindings, Binding{HostIP: h.HostIP, HostPort: n, ContainerPort: port.Int(), Protocol: port.Proto()})
			}
		}
	}
	return sorted(bindings)
}

// sorted sorts bindings by container port, IPv4 before IPv6, and drops what the
// engine says twice.
func sorted(bindings []Binding) []Binding {
	slices.SortFunc(bindings, func(a, b Binding) int {
		return cmp.Or(cmp.Compare(a.ContainerPort, b.ContainerPort), cmp.Compare(a.Protocol, b.Protocol),
			cmp.Compare(Family(a.HostIP), Family(b.HostIP)), cmp.Compare(a.HostIP, b.HostIP), cmp.Compare(a.HostPort, b.HostPort))
	})
	return slices.Compact(bindings)
}

// Family is that of an address, 4 or 6; 4 for "", which is every interface.
func Family(address string) int {
	if ip, err := netip.ParseAddr(address); err == nil && !ip.Unmap().Is4() {
		return 6
	}
	return 4
}
