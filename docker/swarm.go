package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/swarm"

	"github.com/portmoor/portmoor/say"
)

// The labels that a swarm gives its containers, and docker stack deploy its services.
const (
	labelStack        = "com.docker.stack.namespace"
	labelSwarmService = "com.docker.swarm.service.name"
)

// Role is what a container is in a swarm; "" for one that no swarm has made.
type Role string

// The roles in a swarm. A service stands for all of its tasks: every node listens on
// the ports that it publishes in mode ingress, and leads to one of them.
const (
	SwarmService Role = "service"
	SwarmTask    Role = "task"
)

// ingress is the address of what a swarm publishes on every node: its routing mesh has IPv4
// alone.
const ingress = "0.0.0.0"

// errNoManager is why an engine can't say what a swarm has.
var errNoManager = errors.New("it is no manager of a swarm")

// Stack lists what a stack of a swarm has, as docker stack deploy has made it: each service,
// with the ports that it publishes on every node, and the tasks that should run, with those
// of their nodes. None for a name that no stack has; an engine that is no manager of a swarm
// is an error.
func (e *Engine) Stack(ctx context.Context, name string) ([]Container, error) {
	containers, err := e.stack(ctx, name)
	if errors.Is(err, errNoManager) {
		return nil, &Error{Problem: say.Problem{Place: "docker endpoint " + e.Host, Message: errNoManager.Error(), Hint: "name one that is with DOCKER_HOST or DOCKER_CONTEXT; to make it one: docker swarm init"}}
	}
	return containers, err
}

// Up lists the containers of a compose project; where none of them runs, what the stack of
// its name has, if there is one.
func (e *Engine) Up(ctx context.Context, name string) ([]Container, error) {
	own, err := e.Project(ctx, name)
	if err != nil || slices.ContainsFunc(own, Container.Running) {
		return own, err
	}
	deployed, err := e.stack(ctx, name)
	switch {
	case errors.Is(err, errNoManager):
		return own, nil
	case err != nil || len(deployed) > 0:
		return deployed, err
	}
	return own, nil
}

// Everything lists all containers, and the services of a swarm, each with the ports that it
// has on every node.
func (e *Engine) Everything(ctx context.Context) ([]Container, error) {
	all, err := e.Containers(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel, err := e.ready(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	published, err := e.published(ctx)
	return append(all, published...), err
}

// published are the services of a swarm that have ports of its nodes; none where there is no
// swarm.
func (e *Engine) published(ctx context.Context) (all []Container, err error) {
	services, err := e.services(ctx, filters.Args{})
	for _, s := range services {
		c := readService(s)
		for _, p := range s.Endpoint.Ports {
			if p.PublishedPort != 0 {
				c.Bindings = append(c.Bindings, Binding{HostPort: int(p.PublishedPort), ContainerPort: int(p.TargetPort), Protocol: string(p.Protocol)})
			}
		}
		if c.State, c.Bindings = running, sorted(c.Bindings); len(c.Bindings) > 0 {
			all = append(all, c)
		}
	}
	if errors.Is(err, errNoManager) {
		err = nil
	}
	return all, err
}

// stack fails with errNoManager where there is no swarm.
func (e *Engine) stack(ctx context.Context, name string) ([]Container, error) {
	ctx, cancel, err := e.ready(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	of := filters.Arg("label", labelStack+"="+name)
	services, err := e.services(ctx, filters.NewArgs(of))
	if err != nil || len(services) == 0 {
		return nil, err
	}
	tasks, err := e.api.TaskList(ctx, swarm.TaskListOptions{Filters: filters.NewArgs(of, filters.Arg("desired-state", string(swarm.TaskStateRunning)))})
	if err != nil {
		return nil, e.explain(err)
	}
	slices.SortFunc(tasks, func(a, b swarm.Task) int { return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.ID, b.ID)) })
	nodes := map[string]string{}
	if slices.ContainsFunc(tasks, func(t swarm.Task) bool { return len(t.Status.PortStatus.Ports) > 0 }) {
		if nodes, err = e.nodes(ctx); err != nil {
			return nil, err
		}
	}
	var containers []Container
	for _, s := range services {
		c := readService(s)
		for _, t := range tasks {
			if t.ServiceID != s.ID {
				continue
			}
			c.Wanted++
			task := readTask(c, t, nodes[t.NodeID])
			if task.Running() {
				c.Tasks++
				c.State = running
			}
			containers = append(containers, task)
		}
		if r := s.Spec.Mode.Replicated; r != nil && r.Replicas != nil {
			c.Wanted = int(min(*r.Replicas, maxContainers))
		}
		for _, p := range s.Endpoint.Ports {
			if p.PublishMode != swarm.PortConfigPublishModeHost && p.PublishedPort != 0 {
				c.Bindings = append(c.Bindings, Binding{HostIP: ingress, HostPort: int(p.PublishedPort), ContainerPort: int(p.TargetPort), Protocol: string(p.Protocol)})
			}
		}
		c.Bindings = sorted(c.Bindings)
		containers = append(containers, c)
	}
	slices.SortFunc(containers, Container.Compare)
	return containers, nil
}

// services fails with errNoManager where there is no swarm, or this engine has no say in it.
// What else than Docker speaks its API has no services at all.
func (e *Engine) services(ctx context.Context, which filters.Args) ([]swarm.Service, error) {
	services, err := e.api.ServiceList(ctx, swarm.ServiceListOptions{Filters: which})
	switch {
	case errdefs.IsUnavailable(err) || errdefs.IsNotFound(err) || errdefs.IsNotImplemented(err):
		return nil, errNoManager
	case err != nil:
		return nil, e.explain(err)
	}
	return services, nil
}

// nodes are the addresses of a swarm's nodes, by their ids.
func (e *Engine) nodes(ctx context.Context) (map[string]string, error) {
	nodes, err := e.api.NodeList(ctx, swarm.NodeListOptions{})
	if err != nil {
		return nil, e.explain(err)
	}
	addresses := map[string]string{}
	for _, n := range nodes {
		address := n.Status.Addr
		if ip, err := netip.ParseAddr(address); (err != nil || ip.IsUnspecified()) && n.ManagerStatus != nil { // as old managers have it
			if host, _, err := net.SplitHostPort(n.ManagerStatus.Addr); err == nil {
				address = host
			}
		}
		if _, err := netip.ParseAddr(address); err == nil {
			addresses[n.ID] = address
		}
	}
	return addresses, nil
}

// running and created are the engine's words.
const (
	running = "running"
	created = "created"
)

// Replicas are, of a swarm's service, how many tasks run of how many that should, such as 2/3;
// "" for every other container.
func (c Container) Replicas() string {
	if c.Role != SwarmService {
		return ""
	}
	return fmt.Sprintf("%d/%d", c.Tasks, c.Wanted)
}

// Title is its name, with the replicas of a swarm's service; "" for none.
func (c Container) Title() string {
	if r := c.Replicas(); r != "" {
		return c.Name + " (" + r + ")"
	}
	return c.Name
}

func readService(s swarm.Service) Container {
	name := s.Spec.Name
	stack := s.Spec.Labels[labelStack]
	return Container{ID: s.ID, Name: name, Stack: stack, Service: inStack(stack, name), Role: SwarmService, State: created}
}

// inStack is the name that a service has in the file of its stack.
func inStack(stack, name string) string { return strings.TrimPrefix(name, stack+"_") }

// readTask is a task of a service on a node with an address. Tasks of a global service have
// no slot, and are numbered as they come.
func readTask(of Container, t swarm.Task, node string) Container {
	c := Container{ID: t.ID, Stack: of.Stack, Service: of.Service, Role: SwarmTask, Number: cmp.Or(t.Slot, of.Wanted), State: string(t.Status.State)}
	if c.Name = of.Name + "." + strconv.Itoa(t.Slot); t.Slot == 0 {
		c.Name = of.Name + "." + t.NodeID
	}
	if s := t.Status.ContainerStatus; s != nil && s.ContainerID != "" {
		c.ID = s.ContainerID
	}
	for _, p := range t.Status.PortStatus.Ports { // once for each family
		if p.PublishedPort != 0 {
			c.Bindings = append(c.Bindings, Binding{HostIP: node, HostPort: int(p.PublishedPort), ContainerPort: int(p.TargetPort), Protocol: string(p.Protocol)})
		}
	}
	c.Bindings = sorted(c.Bindings)
	return c
}
